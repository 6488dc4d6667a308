// One simulated device: its connections, the call it believes itself in, and the history of what it did and heard.

import { LeanLink } from './lean.mjs';
import { StockLink } from './stock.mjs';
import { compose, read, RELAYED } from './payload.mjs';
import { token } from './token.mjs';

const DIAL_TIMEOUT_MS = 4_000;

/**
 * `world` gives `{ secret, ports, prefix, log(record) }`; `habits` decides and is told `up`, `refused`, `down`,
 * `matched`, `over`, `unqueued` and `draining`.
 *
 * Records have `t` (ms), `d` (device), `k` (kind) and, where it matters, `c`, the number of the device's connection.
 */
export class Device {
  /** The call it believes itself in: `{ session, peer, role, said }`. */
  call;
  /** Whether it has asked for a partner and not heard that this is over. */
  waiting = false;
  #world;
  #habits;
  #link;
  #coming;
  #dials = 0;
  /** Its calls by session, so that one resumed goes on counting. */
  #calls = new Map();

  constructor(world, d, stock) {
    this.#world = world;
    this.d = d;
    this.Link = stock ? StockLink : LeanLink;
    this.token = token(world.secret, `${world.prefix}-${d}`);
  }

  follow(habits) {
    this.#habits = habits;
  }

  get connected() {
    return this.#link !== undefined;
  }

  get node() {
    return this.#link?.node;
  }

  /** Opens a connection; beside a live one it is a takeover. */
  dial(node) {
    const c = (this.#dials += 1);
    const entry = { c, node, link: undefined };
    this.#record('dial', { c, node });
    this.#coming = entry;
    const listener = {
      heard: (event, payload, text) => this.#heard(entry, event, payload, text),
      refused: (code) => this.#refused(entry, code),
      down: (how) => this.#down(entry, how, 'server'),
    };
    entry.link = new this.Link({ port: this.#world.ports[node], token: this.token, listener, dialTimeoutMs: DIAL_TIMEOUT_MS });
  }

  join(region, language) {
    const record = this.#record('join', { c: this.#link.c, region, language });
    this.waiting = true;
    this.#link.link.emit('join-queue', JSON.stringify({ region, language }), (answer) => {
      Object.assign(record, { answered: Date.now(), code: answer.ok ? 'ok' : answer.error.code });
      if (answer.ok) return;
      this.waiting = false;
      this.#habits.unqueued(answer.error.code);
    });
  }

  leave() {
    this.#record('leave', { c: this.#link.c });
    this.#link.link.emit('leave-queue');
  }

  /** Relays the next numbered thing to the peer. */
  say(event) {
    const n = (this.call.said += 1);
    const { send, json } = compose(event, this.call.session, this.d, n);
    const record = this.#record('sent', { c: this.#link.c, s: this.call.session, n, event });
    this.#link.link.emit(send, json, (answer) => {
      record.answered = Date.now();
      record.code = answer.ok ? 'ok' : answer.error.code;
    });
  }

  end() {
    this.#record('end', { c: this.#link.c, s: this.call.session });
    this.#link.link.emit('end-call', JSON.stringify({ sessionId: this.call.session }));
  }

  /** Ends its connection: `cut`, `close` or `mute`. */
  go(how) {
    if (this.#coming !== undefined) this.#drop(this.#coming, 'cut');
    if (this.#link !== undefined) this.#drop(this.#link, how);
  }


  #drop(entry, how) {
    const t = Date.now();
    this.#down(entry, entry.link[how]() ?? how, 'self', t);
  }

  #heard(entry, event, payload, text) {
    const { c } = entry;
    const s = payload?.sessionId;
    if (RELAYED.includes(event)) {
      this.#record('got', { c, s, event, from: payload.from, ...read(event, payload, text) });
      return;
    }
    switch (event) {
      case 'connected':
        return this.#up(entry, payload.session);
      case 'queue-joined':
        this.#record('queued', { c });
        return;
      case 'queue-left':
        this.#record('left', { c });
        this.waiting = false;
        return this.#habits.unqueued('left');
      case 'matched':
        this.#record('matched', { c, s, ...terms(payload) });
        // A tab that was closed does nothing any more.
        if (entry !== this.#link) return;
        this.waiting = false;
        this.#enter(payload);
        return this.#habits.matched();
      case 'call-ended':
        this.#record('ended', { c, s });
        return this.#over(s);
      case 'peer-disconnected':
        this.#record('gone', { c, s, reason: payload.reason });
        return this.#over(s);
      case 'peer-reconnecting':
      case 'peer-reconnected':
        this.#record(event === 'peer-reconnected' ? 'back' : 'away', { c, s });
        return;
      case 'server-draining':
        this.#record('draining', { c });
        if (entry === this.#link) this.#habits.draining(payload.reconnectInMs);
        return;
      default:
        this.#record('error', { c, code: payload?.code, event: payload?.event ?? event });
        if (payload?.code === 'device_blocked') this.#habits.blocked();
    }
  }

  #up(entry, session) {
    this.#record('up', { c: entry.c, s: session?.sessionId, ...(session && terms(session)) });
    // It has given this one up for a newer one, which was there first.
    if (this.#link?.c > entry.c) return;
    this.#link = entry;
    if (this.#coming === entry) this.#coming = undefined;
    this.waiting = false;
    if (session === undefined) this.call = undefined;
    else this.#enter(session);
    this.#habits.up();
  }

  #enter({ sessionId: session, peerId: peer, role }) {
    if (!this.#calls.has(session)) this.#calls.set(session, { session, peer, role, said: 0 });
    this.call = this.#calls.get(session);
  }

  #over(session) {
    if (this.call?.session !== session) return;
    this.call = undefined;
    if (this.connected) this.#habits.over();
  }

  #refused(entry, code) {
    this.#record('refused', { c: entry.c, code });
    if (this.#coming === entry) this.#coming = undefined;
    this.#habits.refused(code);
  }

  #down(entry, how, by, t = Date.now()) {
    this.#record('down', { t, c: entry.c, how, by });
    const current = this.#link === entry;
    if (current) {
      this.#link = undefined;
      this.waiting = false;
    }
    if (this.#coming === entry) this.#coming = undefined;
    else if (!current || this.#coming !== undefined) return;
    if (by === 'server' && !this.connected) this.#habits.down();
  }

  #record(k, fields) {
    const record = { t: Date.now(), d: this.d, k, ...fields };
    this.#world.log(record);
    return record;
  }
}

function terms({ peerId, role, region, language }) {
  return { peer: peerId, role, region, language };
}
