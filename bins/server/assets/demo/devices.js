// The dialog in which camera, microphone and loudspeaker are chosen.

import { element } from './dom.js';

const KINDS = { videoinput: 'video', audioinput: 'audio' };

export function offerDevices(media) {
  const remote = element('remote');
  element('audiooutput-field').hidden = remote.setSinkId === undefined;
  element('devices-open').addEventListener('click', async () => {
    // The names of devices are told only to pages that may use them.
    await media.open();
    await list(media);
    element('devices').showModal();
  });
  navigator.mediaDevices?.addEventListener('devicechange', () => element('devices').open && list(media));
  for (const [id, kind] of Object.entries(KINDS)) {
    element(id).addEventListener('change', ({ target }) => media.choose(kind, target.value));
  }
  element('audiooutput').addEventListener('change', ({ target }) => remote.setSinkId(target.value).catch(() => list(media)));
}

async function list(media) {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const used = {
    videoinput: media.track('video')?.getSettings().deviceId,
    audioinput: media.track('audio')?.getSettings().deviceId,
    audiooutput: element('remote').sinkId,
  };
  for (const [kind, inUse] of Object.entries(used)) {
    const devices = found.filter((device) => device.kind === kind && device.deviceId !== '');
    const options = devices.map(({ deviceId, label }, i) => new Option(label || `Device ${i + 1}`, deviceId, false, deviceId === inUse));
    element(kind).replaceChildren(...(options.length > 0 ? options : [new Option('None found', '')]));
    element(kind).disabled = options.length === 0;
  }
}
