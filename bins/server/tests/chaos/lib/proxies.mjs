// The proxies in a thread of their own, so that a busy driver does not slow Redis down.

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Proxy } from './proxy.mjs';

const FILE = fileURLToPath(import.meta.url);

export class Proxies {
  /** One proxy a node, all to this port. */
  static async start(count, target) {
    const worker = new Worker(FILE, { workerData: { count, target } });
    const [ports] = await once(worker, 'message');
    return Object.assign(new Proxies(), { worker, ports });
  }

  /** See `Proxy`. */
  set(node, way, ms) {
    this.worker.postMessage({ node, way, ms });
  }

  stop() {
    return this.worker.terminate();
  }
}

if (!isMainThread && workerData?.target !== undefined) {
  const proxies = await Promise.all(Array.from({ length: workerData.count }, () => Proxy.start(workerData.target)));
  parentPort.on('message', ({ node, way, ms }) => proxies[node].set(way, ms));
  parentPort.postMessage(proxies.map(({ port }) => port));
}
