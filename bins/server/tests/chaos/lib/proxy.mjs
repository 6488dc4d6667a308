// A TCP proxy between a node and Redis that can be told to be a bad network.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Ways: `pass` (each way later by `ms`, when given); `cut` (resets all, and whoever comes); `hole` (keeps all, moves nothing);
 * `deaf` (requests arrive, replies are lost: the connections are reset when that ends).
 */
export class Proxy {
  #way = 'pass';
  #delayMs = 0;
  #pairs = new Set();
  #server;
  #target;

  static async start(target) {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  constructor(target) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (near) => this.#accept(near));
  }

  set(way, ms = 0) {
    const before = this.#way;
    this.#way = way;
    this.#delayMs = ms;
    if (way === 'cut' || before === 'deaf') for (const pair of this.#pairs) pair.reset();
    for (const pair of this.#pairs) pair.flow();
  }

  close() {
    this.#server.close();
    for (const pair of this.#pairs) pair.reset();
  }

  #accept(near) {
    if (this.#way === 'cut') {
      near.on('error', () => {});
      return near.resetAndDestroy();
    }
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const pair = {
      reset: () => {
        this.#pairs.delete(pair);
        near.resetAndDestroy();
        far.resetAndDestroy();
      },
      flow: () => {
        for (const socket of [near, far]) this.#way === 'hole' ? socket.pause() : socket.resume();
      },
    };
    this.#pairs.add(pair);
    this.#pump(near, far, pair, false);
    this.#pump(far, near, pair, true);
    pair.flow();
  }

  #pump(from, to, pair, reply) {
    const line = new Line((chunk) => this.#write(to, from, chunk));
    from.on('error', () => pair.reset());
    from.on('end', () => line.push(undefined, this.#delayMs));
    from.on('close', () => this.#pairs.delete(pair));
    from.on('data', (chunk) => {
      if (!reply || this.#way !== 'deaf') line.push(chunk, this.#delayMs);
    });
  }

  #write(to, from, chunk) {
    if (to.destroyed) return;
    if (chunk === undefined) return to.end();
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => this.#way !== 'hole' && from.resume());
  }
}

/** What is pushed comes out in its order, each piece no sooner than its delay. */
class Line {
  #out;
  #waiting = [];

  constructor(out) {
    this.#out = out;
  }

  push(chunk, delayMs) {
    if (delayMs === 0 && this.#waiting.length === 0) return this.#out(chunk);
    this.#waiting.push({ chunk, due: Date.now() + delayMs });
    if (this.#waiting.length === 1) this.#wake();
  }

  #wake() {
    while (this.#waiting.length > 0 && this.#waiting[0].due <= Date.now()) this.#out(this.#waiting.shift().chunk);
    if (this.#waiting.length > 0) setTimeout(() => this.#wake(), this.#waiting[0].due - Date.now());
  }
}
