// A Socket.IO client of a few fields, so that thousands fit into one thread.

import WebSocket from 'ws';

/** By then the server has given up a mute connection. */
const MUTE_MS = 20_000;
const PREFIX = '/signaling,';
const EVENT = /^42\/signaling,(\["((?:[^"\\]|\\.)*)".*)$/s;
const ACK = /^43\/signaling,(\d+)(\[.*)$/s;

/**
 * One connection. `listener` is told `heard(event, payload, text)`, `refused(code)` and, once and last, `down(how)`:
 * `lost`, `ping timeout`, or `disconnected` when the server said so in Socket.IO.
 */
export class LeanLink {
  #ws;
  #listener;
  #acks = new Map();
  #sent = 0;
  #patience;
  #timer;
  #over = false;

  constructor({ port, token, listener, dialTimeoutMs }) {
    this.#listener = listener;
    this.#patience = dialTimeoutMs;
    this.#ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    this.#watch();
    this.#ws.on('message', (data) => this.#read(String(data), token));
    this.#ws.on('error', () => {});
    this.#ws.on('close', () => this.#end('lost'));
  }

  /** Sends an event whose payload is this JSON text; `ack` is told the parsed answer. */
  emit(event, json, ack) {
    if (this.#over) return;
    let id = '';
    if (ack !== undefined) {
      id = this.#sent += 1;
      this.#acks.set(id, ack);
    }
    this.#ws.send(`42${PREFIX}${id}["${event}"${json === undefined ? '' : `,${json}`}]`);
  }

  /** Resets the connection, as a device's kernel does that has lost its network. Answers how it went. */
  cut() {
    const socket = this.#ws._socket;
    this.#end(undefined);
    if (socket) socket.resetAndDestroy();
    else this.#ws.terminate();
    return 'cut';
  }

  /** Leaves as a closed tab does. */
  close() {
    const open = this.#ws.readyState === WebSocket.OPEN;
    this.#end(undefined);
    if (!open) return this.#ws.terminate();
    this.#ws.send(`41${PREFIX}`);
    this.#ws.close();
  }

  /** Reads and answers nothing any more, without the server being told. */
  mute() {
    this.#end(undefined);
    this.#ws.pause();
    setTimeout(() => this.#ws.terminate(), MUTE_MS);
  }

  #read(text, token) {
    if (this.#over) return;
    if (text === '2') {
      this.#watch();
      this.#ws.send('3');
    } else if (text.startsWith('42')) {
      const [, json, event] = EVENT.exec(text);
      this.#listener.heard(event, JSON.parse(json)[1], text);
    } else if (text.startsWith('43')) {
      const [, id, json] = ACK.exec(text);
      this.#acks.get(Number(id))?.(JSON.parse(json)[0]);
      this.#acks.delete(Number(id));
    } else if (text.startsWith('0')) {
      const { pingInterval, pingTimeout } = JSON.parse(text.slice(1));
      this.#patience = pingInterval + pingTimeout;
      this.#watch();
      this.#ws.send(`40${PREFIX}${JSON.stringify({ token })}`);
    } else if (text.startsWith('44')) {
      this.#listener.refused(JSON.parse(text.slice(2 + PREFIX.length)).data?.code);
      this.#end(undefined);
      this.#ws.close();
    } else if (text.startsWith('41')) {
      this.#end('disconnected');
      this.#ws.close();
    }
  }

  /** Silence for longer than the server's heartbeat allows is a lost connection, as stock clients have it. */
  #watch() {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#end('ping timeout');
      this.#ws.terminate();
    }, this.#patience);
  }

  #end(how) {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (how !== undefined) this.#listener.down(how);
  }
}
