// Shows the state of the page: the body's `data-state`, the words on the stage, which buttons do something.

import { element, say } from './dom.js';
import { LEVELS, duration } from './words.js';

const HEADLINES = {
  idle: 'Meet somebody new',
  searching: 'Looking for somebody…',
  connecting: 'Found somebody. Connecting…',
};
const WELCOME = element('detail').textContent;

/** Keeps what is shown; `show` takes what changed. */
export class View {
  #facts = { state: 'idle', since: 0, position: undefined, notice: '' };
  #met = false;

  constructor() {
    setInterval(() => this.#tick(), 500);
  }

  show(change) {
    const before = this.#facts.state;
    Object.assign(this.#facts, change);
    if (change.state !== undefined && change.state !== before) this.#enter(change.state, before);
    if (change.ended) say(element('headline'), 'The call is over');
    if (change.notice !== undefined) say(element('notice'), change.notice);
    if (change.stream !== undefined) play(change.stream);
    if (change.quality !== undefined) showQuality(change.quality);
    if (change.peer !== undefined) showPeer(change.peer);
    this.#tick();
  }

  #enter(state, before) {
    document.body.dataset.state = state;
    const inCall = state === 'in-call' || state === 'reconnecting';
    const together = inCall || state === 'connecting';
    this.#met ||= together;
    say(element('headline'), HEADLINES[state] ?? '');
    element('start').hidden = state !== 'idle';
    element('stop').disabled = state === 'idle';
    element('next').disabled = !together && !(state === 'idle' && this.#met);
    element('report-open').disabled = !this.#met;
    for (const control of document.querySelectorAll('#message, #send, #reactions button')) control.disabled = !together;
    if (!together) {
      element('remote').srcObject = null;
      element('peer-off').hidden = true;
      say(element('route'), '');
      element('quality').hidden = true;
    }
    // Where the pressed button went away, the focus goes to the one that undoes it.
    if (document.activeElement === document.body || document.activeElement?.disabled || document.activeElement?.hidden) {
      if (before === 'idle') element('stop').focus();
      else if (state === 'idle') element('start').focus();
    }
  }

  #tick() {
    const { state, since, position } = this.#facts;
    const passed = duration(Date.now() - since);
    if (state === 'searching') say(element('detail'), position === undefined ? passed : `${passed} · number ${position} in line`);
    else if (state === 'connecting') say(element('detail'), passed);
    else if (state === 'idle') say(element('detail'), this.#met ? 'Press Next for somebody else.' : WELCOME);
    const clock = element('clock');
    clock.hidden = state !== 'in-call' && state !== 'reconnecting';
    say(clock, passed);
  }
}

function play(stream) {
  const remote = element('remote');
  if (remote.srcObject === stream) return;
  remote.srcObject = stream;
  remote.requestVideoFrameCallback?.(() => performance.mark('first-frame'));
  remote.play().catch((error) => {
    // Sound may need a click first. Anything else is that the call was over before it played.
    if (error.name !== 'NotAllowedError') return;
    say(element('notice'), 'Click anywhere to hear them.');
    addEventListener('pointerdown', () => remote.play().then(() => say(element('notice'), '')), { once: true });
  });
}

function showQuality({ route, level, roundTripMs }) {
  say(element('route'), route === 'relay' ? 'Relay' : 'Direct');
  element('route').title = route === 'relay' ? 'Picture and sound go through a TURN server' : 'Picture and sound go straight to each other';
  const quality = element('quality');
  quality.hidden = false;
  quality.dataset.level = level;
  say(quality, `${LEVELS[level]} · ${roundTripMs} ms`);
}

function showPeer({ camera, microphone }) {
  const off = element('peer-off');
  off.hidden = camera;
  say(off, microphone ? 'Their camera is off' : 'They are here to write: no camera, no microphone');
}
