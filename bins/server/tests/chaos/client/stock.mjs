// The client that front ends use, behind the same few calls as the lean one.

import { io } from 'socket.io-client';

/** One connection through socket.io-client; see `LeanLink`. */
export class StockLink {
  #socket;
  #over = false;

  constructor({ port, token, listener, dialTimeoutMs }) {
    this.#socket = io(`http://127.0.0.1:${port}/signaling`, {
      auth: { token },
      forceNew: true,
      reconnection: false,
      timeout: dialTimeoutMs,
    });
    const end = (how) => {
      if (this.#over) return;
      this.#over = true;
      listener.down(how);
      this.#socket.io.engine?.close();
    };
    this.#socket.onAny((event, payload) => !this.#over && listener.heard(event, payload, undefined));
    this.#socket.on('connect_error', (error) => {
      if (this.#over || error.data?.code === undefined) return end('lost');
      this.#over = true;
      listener.refused(error.data.code);
      this.#socket.io.engine?.close();
    });
    this.#socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') end('disconnected');
      else end(reason === 'ping timeout' ? reason : 'lost');
    });
  }

  emit(event, json, ack) {
    if (this.#over) return;
    const args = json === undefined ? [] : [JSON.parse(json)];
    if (ack !== undefined) args.push(ack);
    this.#socket.emit(event, ...args);
  }

  cut() {
    this.#over = true;
    const transport = this.#socket.io.engine?.transport;
    const socket = transport?.ws?._socket;
    if (socket) socket.resetAndDestroy();
    else this.#socket.io.engine?.close();
    return socket ? 'cut' : 'close';
  }

  close() {
    this.#over = true;
    this.#socket.disconnect();
  }

  mute() {
    this.#over = true;
    const { engine } = this.#socket.io;
    if (engine) engine.sendPacket = engine._sendPacket = () => {};
  }
}
