// The unmodified Socket.IO clients, with a memory of what they heard.

import { io as newest } from 'socket.io-client';
import { io as oldest } from 'socket.io-client-4-0';
import { device, token } from './http.mjs';
import { closeAtEnd } from './remains.mjs';

/** The two ends of the range of clients that must work. */
export const CLIENTS = { 'socket.io-client 4.x': newest, 'socket.io-client 4.0': oldest };

const PATIENCE = 8_000;

export class Client {
  /** A client that is connecting. Options are Socket.IO's, and `deviceId`, `namespace`, `io`. */
  constructor(server, { deviceId = device(), namespace = '/signaling', io = newest, auth, ...options } = {}) {
    this.deviceId = deviceId;
    this.token = token(deviceId);
    this.heard = [];
    this.unread = [];
    this.waiting = new Set();
    this.socket = io(`${server.url}${namespace}`, {
      auth: auth === undefined ? { token: `Bearer ${this.token}` } : auth,
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
      ...options,
    });
    closeAtEnd(() => this.close());
    this.socket.onAny((name, ...args) => this.#hear(name, args));
    this.socket.on('connect', () => this.#hear('(connect)', []));
    this.socket.on('disconnect', (reason) => this.#hear('(disconnect)', [reason]));
    this.socket.on('connect_error', (error) => this.#hear('(connect_error)', [error]));
  }

  /** A client that the server has greeted. */
  static async connect(server, options) {
    const client = new Client(server, options);
    client.greeting = await client.next('connected');
    return client;
  }

  #hear(name, args) {
    const event = { name, args, at: Date.now() };
    this.heard.push(event);
    for (const waiter of this.waiting) {
      if (waiter.wants(event)) {
        this.waiting.delete(waiter);
        waiter.give(event);
        return;
      }
    }
    this.unread.push(event);
  }

  /** The first argument of the next event of that name nobody has read yet. */
  async next(name, { where = () => true, within = PATIENCE } = {}) {
    const wants = (event) => event.name === name && where(event.args[0]);
    const found = this.unread.findIndex(wants);
    if (found >= 0) return this.unread.splice(found, 1)[0].args[0];
    return new Promise((resolve, reject) => {
      const waiter = { wants };
      const late = setTimeout(() => {
        this.waiting.delete(waiter);
        const seen = this.heard.map((event) => `${event.name} ${JSON.stringify(event.args)?.slice(0, 160)}`);
        reject(new Error(`no "${name}" within ${within} ms; heard:\n  ${seen.join('\n  ')}`));
      }, within);
      waiter.give = (event) => {
        clearTimeout(late);
        resolve(event.args[0]);
      };
      this.waiting.add(waiter);
    });
  }

  /** Everything of that name heard so far, read or not. */
  all(name) {
    return this.heard.filter((event) => event.name === name).map((event) => event.args[0]);
  }

  /** Drops what is unread, so that `next` means something new. */
  forget() {
    this.unread.length = 0;
    return this;
  }

  emit(name, ...args) {
    this.socket.emit(name, ...args);
    return this;
  }

  /** Emits and awaits the acknowledgement. */
  ask(name, ...args) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no ack for "${name}" within ${PATIENCE} ms`)), PATIENCE);
      this.socket.emit(name, ...args, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  /** Emits without an ack and awaits the `error` event that must follow. */
  fault(name, ...args) {
    this.emit(name, ...args);
    return this.next('error');
  }

  /** Awaits an answer from the server: whatever it sent this client before has been heard then. */
  async fence() {
    await this.ask('no-such-event');
  }

  /** Tears the TCP connection down as a lost network does: a reset, no close frame. */
  cut() {
    rawSocket(this.socket).resetAndDestroy();
  }

  close() {
    this.socket.io.reconnection(false);
    this.socket.disconnect();
  }
}

/** The TCP socket under a WebSocket transport. */
export function rawSocket(socket) {
  return socket.io.engine.transport.ws._socket;
}

/** Two clients in a call with each other: `[offerer, answerer]`, each with what `matched` told it in `match`. */
export async function call(server, first = {}, second = {}, join = { language: unique() }) {
  const [a, b] = await Promise.all([Client.connect(server, first), Client.connect(server, second)]);
  return match(a, b, join);
}

/** Brings two connected clients into one call, apart from all others by a language of their own. */
export async function match(a, b, join = { language: unique() }) {
  a.emit('join-queue', join);
  await a.next('queue-joined');
  b.emit('join-queue', join);
  [a.match, b.match] = await Promise.all([a.next('matched'), b.next('matched')]);
  await b.next('queue-joined');
  return a.match.role === 'offerer' ? [a, b] : [b, a];
}

let count = 0;
/** A language nobody else waits in. */
export const unique = () => `x-${process.pid.toString(36)}-${(count += 1)}`;
