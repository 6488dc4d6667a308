// Engine.IO by hand: frames exactly as given, and the bytes of what comes back.

import WebSocket from 'ws';
import { device, request, token } from './http.mjs';
import { closeAtEnd } from './remains.mjs';

const PATIENCE = 8_000;

/** A raw WebSocket session that answers pings and remembers every frame. */
export class Raw {
  static async open(server, { headers = {}, query = '' } = {}) {
    const raw = new Raw(
      new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket${query}`, { headers }),
    );
    raw.handshake = JSON.parse((await raw.frame((text) => text.startsWith('0'))).slice(1));
    return raw;
  }

  /** Opens a session and joins the namespace as a fresh device. */
  static async join(server, { deviceId = device('raw'), namespace = '/signaling' } = {}) {
    const raw = await Raw.open(server);
    raw.prefix = namespace === '/' ? '' : `${namespace},`;
    raw.deviceId = deviceId;
    raw.send(`40${raw.prefix}${JSON.stringify({ token: token(deviceId) })}`);
    await raw.frame((text) => text.startsWith(`40${raw.prefix}`));
    raw.greeting = await raw.event('connected');
    return raw;
  }

  constructor(ws) {
    this.ws = ws;
    this.frames = [];
    this.unread = [];
    this.waiting = new Set();
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    closeAtEnd(() => ws.terminate());
    ws.on('error', (error) => (this.error = error));
    ws.on('message', (data, binary) => this.#hear(binary ? data : String(data)));
  }

  #hear(frame) {
    if (frame === '2') {
      this.ws.send('3');
      return;
    }
    this.frames.push(frame);
    for (const waiter of this.waiting) {
      if (waiter.wants(frame)) {
        this.waiting.delete(waiter);
        waiter.give(frame);
        return;
      }
    }
    this.unread.push(frame);
  }

  send(frame, options) {
    this.ws.send(frame, options);
    return this;
  }

  /** The next unread frame for which `wants` holds. */
  frame(wants, within = PATIENCE) {
    const found = this.unread.findIndex(wants);
    if (found >= 0) return Promise.resolve(this.unread.splice(found, 1)[0]);
    return new Promise((resolve, reject) => {
      const waiter = { wants };
      const late = setTimeout(() => {
        this.waiting.delete(waiter);
        reject(new Error(`no such frame within ${within} ms; got:\n  ${this.frames.join('\n  ')} ${this.error ?? ''}`));
      }, within);
      waiter.give = (frame) => {
        clearTimeout(late);
        resolve(frame);
      };
      this.waiting.add(waiter);
    });
  }

  /** The next event of that name: its text exactly as it came, and parsed. */
  async event(name) {
    const head = `42${this.prefix}["${name}"`;
    const text = await this.frame((frame) => typeof frame === 'string' && frame.startsWith(head));
    return { text, payload: JSON.parse(text.slice(2 + this.prefix.length))[1] };
  }

  /** Sends an event whose payload is the JSON text given, byte by byte. */
  emit(name, json) {
    return this.send(`42${this.prefix}["${name}",${json}]`);
  }

  /** Cuts the connection without a close frame. */
  cut() {
    this.ws._socket.resetAndDestroy();
  }

  close() {
    this.ws.close();
  }
}

/** Two raw sessions in one call. */
export async function rawCall(server, language) {
  const [a, b] = await Promise.all([Raw.join(server), Raw.join(server)]);
  a.emit('join-queue', JSON.stringify({ language }));
  await a.event('queue-joined');
  b.emit('join-queue', JSON.stringify({ language }));
  [a.match, b.match] = (await Promise.all([a.event('matched'), b.event('matched')])).map((event) => event.payload);
  return [a, b];
}

/** A polling session, request by request. */
export class Polling {
  static async open(server, { headers } = {}) {
    const answer = await request(server, 'GET', '/socket.io/?EIO=4&transport=polling', { headers });
    if (answer.status !== 200) throw Object.assign(new Error(`refused: ${answer.status}`), { answer });
    return new Polling(server, JSON.parse(answer.text.slice(1)), headers);
  }

  constructor(server, handshake, headers) {
    Object.assign(this, { server, handshake, headers });
    this.path = `/socket.io/?EIO=4&transport=polling&sid=${handshake.sid}`;
  }

  poll() {
    return request(this.server, 'GET', this.path, { headers: this.headers });
  }

  send(body, contentType = 'text/plain;charset=UTF-8') {
    return request(this.server, 'POST', this.path, { body, headers: { ...this.headers, 'content-type': contentType } });
  }
}
