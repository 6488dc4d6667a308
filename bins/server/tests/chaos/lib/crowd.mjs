// All simulated devices, in a few threads.

import { Worker } from 'node:worker_threads';

export class Crowd {
  #workers;

  /** `onReport({ reported, session, by })` is told of every acknowledged report. */
  constructor({ threads, clients, onReport, ...data }) {
    this.#workers = Array.from({ length: threads }, (_, i) => {
      const count = Math.floor(clients / threads) + (i < clients % threads ? 1 : 0);
      const worker = new Worker(new URL('../client/worker.mjs', import.meta.url), {
        workerData: { ...data, first: i, step: threads, count },
      });
      worker.on('message', (message) => message.reported !== undefined && onReport(message));
      worker.on('error', (error) => {
        throw error;
      });
      return worker;
    });
  }

  /** Every device closes its connection cleanly and stays away. */
  leave() {
    for (const worker of this.#workers) worker.postMessage('leave');
  }

  /** Ends the threads and answers what all devices did and heard, in the order of time. */
  async history() {
    const parts = this.#workers.map(
      (worker) =>
        new Promise((resolve) => {
          worker.on('message', (message) => message.history !== undefined && resolve(message.history));
          worker.postMessage('tell');
        }),
    );
    return (await Promise.all(parts)).flat().sort((a, b) => a.t - b.t);
  }
}
