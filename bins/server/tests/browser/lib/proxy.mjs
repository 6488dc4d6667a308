// A network between browser and server that can be cut.

import net from 'node:net';
import { once } from 'node:events';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';

export class Proxy {
  #ends = new Set();
  #down = false;

  /** Listens on a port of its own and leads to `server`. */
  static async to(server) {
    const proxy = new Proxy();
    proxy.listener = net.createServer((near) => proxy.#join(near, server.port)).listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.listener.address().port}`;
    closeAtEnd(() => proxy.close());
    return proxy;
  }

  #join(near, port) {
    if (this.#down) return near.resetAndDestroy();
    const far = net.connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#ends.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => this.#ends.delete(one));
    }
  }

  /** Resets what is open and lets nobody through until `mend`. */
  cut() {
    this.#down = true;
    for (const end of this.#ends) end.resetAndDestroy();
  }

  mend() {
    this.#down = false;
  }

  close() {
    this.cut();
    this.listener.close();
  }
}
