// What the person does here, from Start to Stop: the states of the page and what leads from one to the other.
//
//   idle ─start→ searching ─matched→ connecting ─media→ in-call ⇄ reconnecting
//     ↖──────────── stop, or the other goes ───────────────────────┘   next: back to searching

import { Call } from './call.js';
import { Media } from './media.js';
import { AWAY, ENDINGS, LACKS, wordsFor } from './words.js';

/** Between two tries to join, when the server does not say how long to wait. */
const AGAIN_MS = 1_500;

/** `show(facts)` is told what changed; `hear(event, payload)` gets what the other says and does. */
export class Session {
  state = 'idle';
  /** The last call's ids, for a report: also after it ended. */
  last;
  #signaling;
  #media;
  #options;
  #show;
  #hear;
  #call;
  #wants = false; // to be in the queue, or about to be
  #away = { self: false, peer: false, media: false }; // who or what is missing from the call
  #timer;

  constructor({ media, options, show, hear }) {
    this.#media = media;
    this.#options = options;
    this.#show = show;
    this.#hear = hear;
  }

  /** The connection to the server; told once, before anything else. */
  use(signaling) {
    this.#signaling = signaling;
  }

  async start() {
    if (this.state !== 'idle') return;
    this.#wants = true;
    this.#enter('searching', { since: Date.now(), position: undefined, notice: 'Please allow camera and microphone, if your browser asks.' });
    await this.#media.open();
    if (!this.#wants) return;
    this.#show({ notice: LACKS[this.#media.lack] ?? '' });
    this.#search();
  }

  next() {
    this.#hangUp();
    this.#enter('idle', {});
    return this.start();
  }

  stop() {
    if (this.state === 'searching') this.#signaling.send('leave-queue');
    this.#hangUp();
    this.#enter('idle', { notice: '' });
  }

  /** Says something to the other. Answers whether it arrived at the server, or directly where there is no server. */
  async say(event, payload) {
    const call = this.#call;
    if (call === undefined) return false;
    if (call.detached) return call.talk({ event, ...payload });
    const answer = await this.#signaling.ask(event, { sessionId: call.sessionId, ...payload });
    if (!answer.ok) this.#show({ notice: wordsFor(answer.error.code) });
    return answer.ok;
  }

  /** A track is another one. */
  trackChanged(kind) {
    this.#call?.useTrack(kind);
  }

  /** An event of the server or of the connection to it. */
  hear(event, payload) {
    const handler = this.#handlers[event];
    // What belongs to an earlier call comes too late.
    const foreign = payload?.sessionId !== undefined && event !== 'matched' && payload.sessionId !== this.#call?.sessionId;
    if (handler !== undefined && !(foreign && event !== 'error')) handler(payload);
  }

  #handlers = {
    connected: ({ session }) => this.#connected(session),
    down: () => this.#missing('self', true),
    offline: () => this.#missing('self', true),
    online: () => this.state !== 'idle' && this.#signaling.replace(),
    refused: ({ code, fatal }) => (fatal ? this.#give(code) : this.#show({ notice: wordsFor(code) })),
    'queue-joined': ({ position }) => this.#show({ position }),
    matched: (match) => this.#begin(match),
    offer: ({ offer }) => this.#call.take('offer', offer),
    answer: ({ answer }) => this.#call.take('answer', answer),
    candidate: ({ candidate }) => this.#call.take('candidate', candidate),
    message: ({ message }) => this.#hear('message', { message }),
    reaction: ({ emoji }) => this.#hear('reaction', { emoji }),
    'peer-reconnecting': () => this.#missing('peer', true),
    'peer-reconnected': () => {
      this.#missing('peer', false);
      this.#call.restart();
    },
    'peer-disconnected': ({ reason }) => {
      // The server is going, the other is not.
      if (reason === 'server' && this.#call.connected) this.#detach();
      else this.#over(ENDINGS[reason] ?? ENDINGS.ended);
    },
    'server-draining': ({ reconnectInMs }) => {
      // Another node takes over. Without another one the connection stays until it is closed.
      setTimeout(() => this.#signaling.replace(), reconnectInMs);
    },
    error: ({ code, event }) => {
      // Both ended it at once, or were matched while leaving: nothing to tell.
      if (code !== 'session_not_found' && event !== 'leave-queue') this.#show({ notice: wordsFor(code) });
    },
  };

  #connected(session) {
    clearTimeout(this.#timer);
    const call = this.#call;
    if (session !== undefined && session.sessionId === call?.sessionId) {
      this.#missing('self', false);
      return call.resume(session.iceServers);
    }
    // A call of this device that this page knows nothing of: its other end is waiting for nobody.
    if (session !== undefined) this.#signaling.send('end-call', { sessionId: session.sessionId });
    if (call?.connected) this.#detach();
    else if (call !== undefined) this.#over(ENDINGS.server);
    else if (this.#wants) this.#search();
  }

  async #search() {
    // `connected` comes back here.
    if (!this.#signaling.up) return this.#signaling.connect();
    const { region, language } = this.#options();
    const answer = await this.#signaling.ask('join-queue', { region, language });
    if (!this.#wants) return;
    this.#show({ notice: answer.ok ? (LACKS[this.#media.lack] ?? '') : wordsFor(answer.error.code) });
    if (!answer.ok) this.#timer = setTimeout(() => this.#search(), answer.error.retryAfterMs ?? AGAIN_MS);
  }

  #begin(match) {
    if (!this.#wants) return this.#signaling.send('end-call', { sessionId: match.sessionId });
    this.#wants = false;
    this.#away = { self: false, peer: false, media: false };
    this.last = { sessionId: match.sessionId, peerId: match.peerId };
    performance.mark('matched');
    const { relayOnly } = this.#options();
    this.#call = new Call(match, { signaling: this.#signaling, media: this.#media, relayOnly, tell: (what, detail) => this.#told(what, detail) });
    this.#enter('connecting', { notice: '', since: Date.now() });
  }

  #told(what, detail) {
    if (what === 'connected') {
      this.#show({ since: Date.now() });
      this.#settle();
    } else if (what === 'interrupted' || what === 'restored') this.#missing('media', what === 'interrupted');
    else if (what === 'hopeless') this.#show({ notice: 'There is no way through for picture and sound. You can write, or press Next.' });
    else if (what === 'talk' && this.#call.detached) this.#hear(detail.event === 'send-reaction' ? 'reaction' : 'message', detail);
    else if (what === 'gone' && this.#call.detached) this.#over(ENDINGS.left);
    else if (what === 'quality' || what === 'stream' || what === 'peer') this.#show({ [what]: detail });
  }

  /** The server lost the call, the two still see each other: they go on without it until one of them goes. */
  #detach() {
    if (this.#call.gone) return this.#over(ENDINGS.left);
    this.#call.detached = true;
    this.#away = { self: false, peer: false, media: false };
    this.#enter('in-call', { notice: 'The server was restarted. Your call goes on directly.' });
  }

  /** Something of the call is missing, or is there again. */
  #missing(what, isMissing) {
    this.#away[what] = isMissing;
    if (this.#call !== undefined) this.#settle();
    else if (this.state === 'searching' && isMissing) this.#show({ notice: wordsFor('unreachable') });
  }

  #settle() {
    const missing = Object.keys(AWAY).find((what) => this.#away[what]);
    const state = !this.#call.connected ? 'connecting' : missing === undefined ? 'in-call' : 'reconnecting';
    this.#enter(state, { notice: AWAY[missing] ?? '' });
  }

  #over(notice) {
    this.#close();
    this.#enter('idle', { notice, ended: true });
  }

  #give(code) {
    this.#close();
    this.#wants = false;
    this.#enter('idle', { notice: wordsFor(code) });
  }

  #hangUp() {
    this.#wants = false;
    clearTimeout(this.#timer);
    if (this.#call !== undefined && !this.#call.detached) this.#signaling.send('end-call', { sessionId: this.#call.sessionId });
    this.#close();
  }

  #close() {
    this.#call?.close();
    this.#call = undefined;
  }

  #enter(state, facts) {
    this.state = state;
    this.#show({ ...facts, state });
  }
}

/** A page's media and session, which need each other. */
export function createSession({ options, show, hear, mediaChanged }) {
  let session;
  const media = new Media((kind) => {
    mediaChanged();
    session.trackChanged(kind);
  });
  session = new Session({ media, options, show, hear });
  return { media, session };
}
