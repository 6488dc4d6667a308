// The connection to the server: kept up, authenticated, replaced when in doubt.

/* global io */

import { OFFLINE } from './network.js';

const RETRY_MS = 1_000;
const ACK_MS = 5_000;
const OPTIONS = {
  forceNew: true,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  reconnectionDelay: 500,
  reconnectionDelayMax: 3_000,
};
/** What ends it for good: trying again would not help. */
const FATAL = new Set(['superseded', 'device_blocked']);
const STALE_TOKEN = new Set(['unauthorized', 'token_expired']);

/** Tells `hear(event, payload)` every event of the server, and its own: `down`, `refused { code }`, `offline`, `online`. */
export class Signaling {
  #tokens;
  #hear;
  #live; // what is used
  #next; // what will replace it once the server has greeted it
  #retry;

  constructor(tokens, hear) {
    this.#tokens = tokens;
    this.#hear = hear;
    addEventListener(OFFLINE, () => hear('offline'));
    addEventListener('online', () => hear('online'));
  }

  /** Whether there is a connection, as far as is known. */
  get up() {
    return this.#live?.connected === true;
  }

  /** Connects, unless it is or is about to be. */
  connect() {
    if (this.#live === undefined && this.#next === undefined) this.#open();
  }

  /**
   * Connects anew and lets go of the older connection when the new one is greeted: the server hands the call over from
   * one to the other, so nothing is lost when the older one turns out to have been well.
   */
  replace() {
    if (this.#next !== undefined) retire(this.#next);
    if (!this.up) this.#drop();
    this.#open();
  }

  /** Says goodbye. */
  close() {
    clearTimeout(this.#retry);
    this.#drop();
    if (this.#next !== undefined) retire(this.#next);
    this.#next = undefined;
  }

  /** Emits an event whose failure, if any, comes back as an `error` event. */
  send(event, payload) {
    this.#live?.emit(event, payload);
  }

  /** Emits an event and answers its acknowledgement; `{ ok: false }` with the code `unreachable` when none comes. */
  async ask(event, payload) {
    try {
      return await this.#live.timeout(ACK_MS).emitWithAck(event, payload);
    } catch {
      return { ok: false, error: { code: 'unreachable', message: 'No answer from the server' } };
    }
  }

  #open() {
    clearTimeout(this.#retry);
    const auth = async (use) => {
      try {
        use({ token: await this.#tokens.get() });
      } catch (refusal) {
        if (FATAL.has(refusal.code)) return this.#end(refusal.code);
        this.#hear('refused', refusal);
        socket.disconnect();
        this.#reconnect(socket, refusal.retryAfterMs ?? RETRY_MS);
      }
    };
    const socket = io('/signaling', { ...OPTIONS, auth });
    this.#next = socket;
    let ending;
    socket.onAny((event, payload) => {
      if (event === 'error' && FATAL.has(payload.code)) {
        ending = payload.code;
        // By our own newer connection: as it should be.
        if (ending === 'superseded' && socket === this.#live && this.#next !== undefined) this.#drop();
        return;
      }
      if (event === 'connected') this.#greeted(socket);
      this.#hear(event, payload);
    });
    socket.on('disconnect', () => {
      if (ending !== undefined) return this.#end(ending);
      this.#hear('down');
      // Two that come back would take over from each other.
      if (socket === this.#live && this.#next !== undefined) return this.#drop();
      // Socket.IO does not come back by itself when it was the server that ended it.
      if (!socket.active) this.#reconnect(socket, RETRY_MS);
    });
    socket.on('connect_error', (error) => {
      const code = error.data?.code;
      if (FATAL.has(code)) return this.#end(code);
      if (STALE_TOKEN.has(code)) this.#tokens.discard();
      else this.#hear('refused', { code: code ?? 'unreachable', retryAfterMs: error.data?.retryAfterMs });
      if (!socket.active) this.#reconnect(socket, RETRY_MS + Math.random() * RETRY_MS);
    });
  }

  #greeted(socket) {
    if (socket === this.#live) return;
    this.#drop();
    this.#live = socket;
    this.#next = undefined;
  }

  #drop() {
    if (this.#live !== undefined) retire(this.#live);
    this.#live = undefined;
  }

  #reconnect(socket, after) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => socket.connect(), after);
  }

  #end(code) {
    this.close();
    this.#hear('refused', { code, fatal: true });
  }
}

function retire(socket) {
  socket.offAny();
  socket.off();
  socket.io.reconnection(false);
  socket.disconnect();
}
