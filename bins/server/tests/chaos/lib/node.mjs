// One server process, started again and again on the same port.

import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { alive, start, until } from './processes.mjs';

export class ServerNode {
  constructor({ index, port, binary, folder, settings }) {
    Object.assign(this, { index, port, binary, folder, settings });
    mkdirSync(folder, { recursive: true });
  }

  /** Starts it and awaits that it listens; its output goes to a file each node has for the whole run. */
  async start() {
    const log = openSync(path.join(this.folder, 'log'), 'a');
    const env = { PATH: process.env.PATH, ...this.settings, PORT: String(this.port) };
    // Not by a pipe: its end, which says that the process has ended, was lost now and then.
    this.child = start(this.binary, [], { cwd: this.folder, env, stdio: ['ignore', log, log] });
    closeSync(log);
    const { child } = this;
    await until(async () => {
      if (!alive(child)) throw new Error(`node ${this.index} ended at its start: see ${this.folder}/log`);
      return (await this.get('/health', 1_000)).status === 200;
    }, `node ${this.index} serves`);
  }

  signal(name) {
    if (alive(this.child)) this.child.kill(name);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.child.exited;
  }

  /** Asks it to end, and kills it when it has not within `ms`; answers whether it ended by itself. */
  async drain(ms) {
    this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), ms);
    const { code } = await this.child.exited;
    clearTimeout(late);
    return code === 0;
  }

  get(resource, ms = 5_000, options = {}) {
    return this.request(resource, { ...options, signal: AbortSignal.timeout(ms) });
  }

  /** Its answer as `{ status, text }`; no status when there was none. */
  async request(resource, options) {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}${resource}`, options);
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: undefined, text: '' };
    }
  }
}
