// Puts the page together. session.js says what happens when, call.js and negotiation.js hold the WebRTC.

import { Chat } from './chat.js';
import { offerDevices } from './devices.js';
import { element } from './dom.js';
import { Tokens, deviceOfTab } from './identity.js';
import { Media } from './media.js';
import { offerOptions } from './options.js';
import { offerReports } from './report.js';
import { createSession } from './session.js';
import { Signaling } from './signaling.js';
import { View } from './view.js';
import { LACKS } from './words.js';

const view = new View();
const tokens = new Tokens(deviceOfTab());
const { media, session } = createSession({ options: offerOptions(), show, hear, mediaChanged: showSelf });
const signaling = new Signaling(tokens, (event, payload) => session.hear(event, payload));
session.use(signaling);
const chat = new Chat((event, payload) => session.say(event, payload));

offerDevices(media);
offerReports({ tokens, whom: () => session.last, done: (notice) => view.show({ notice }) });

element('start').addEventListener('click', () => session.start());
element('next').addEventListener('click', () => session.next());
element('stop').addEventListener('click', () => session.stop());
element('mute').addEventListener('click', () => media.turn('audio', pressed('mute')));
element('camera').addEventListener('click', () => media.turn('video', !pressed('camera')));

// Whoever has allowed it before sees themself at once; nobody is asked before they press anything.
if (await Media.isGranted()) await media.open();

function show(facts) {
  if (facts.state === 'connecting') {
    chat.clear();
    chat.note(LACKS[media.lack] ?? 'Say hello.');
  }
  if (facts.ended) chat.note(facts.notice);
  view.show(facts);
}

function hear(event, { message, emoji }) {
  if (event === 'message') chat.message(message);
  else chat.reaction(emoji);
}

function showSelf() {
  const local = element('local');
  if (local.srcObject !== media.stream) local.srcObject = media.stream;
  document.body.classList.toggle('has-camera', media.isOn('video'));
  element('mute').setAttribute('aria-pressed', String(!media.willBeOn('audio')));
  element('camera').setAttribute('aria-pressed', String(media.willBeOn('video')));
}

/** Whether the switch is on. */
function pressed(id) {
  return element(id).getAttribute('aria-pressed') === 'true';
}
