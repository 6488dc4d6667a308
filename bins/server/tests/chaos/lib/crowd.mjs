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
  async leave() {
    await this.#ask('leave', 'left');
  }

  /** Ends the threads and answers what all devices did and heard, in the order of time. */
  async history() {
    const parts = await this.#ask('tell', 'history');
    return parts.flat().sort((a, b) => a.t - b.t);
  }

  #ask(question, answer) {
    const answers = this.#workers.map(
      (worker) =>
        new Promise((resolve) => {
          worker.on('message', (message) => message[answer] !== undefined && resolve(message[answer]));
          worker.postMessage(question);
        }),
    );
    return Promise.all(answers);
  }
}
