// The proxies in a process of their own, so that a busy driver does not slow Redis down. A thread would not do: now and then
// one did not end, and neither did the run.

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { start } from './processes.mjs';
import { Proxy } from './proxy.mjs';

const FILE = fileURLToPath(import.meta.url);

export class Proxies {
  /** One proxy a node, all to this port. */
  static async start(count, target) {
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
    const child = start(process.execPath, [FILE, String(count), String(target)], { stdio });
    const [ports] = await once(child, 'message');
    return Object.assign(new Proxies(), { child, ports });
  }

  /** See `Proxy`. */
  set(node, way, ms) {
    this.child.send({ node, way, ms });
  }

  stop() {
    this.child.kill('SIGKILL');
    return this.child.exited;
  }
}

if (process.argv[1] === FILE) {
  const [count, target] = process.argv.slice(2).map(Number);
  const proxies = await Promise.all(Array.from({ length: count }, () => Proxy.start(target)));
  process.on('message', ({ node, way, ms }) => proxies[node].set(way, ms));
  process.send(proxies.map(({ port }) => port));
}
