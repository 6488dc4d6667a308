// Processes of redis-server.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { alive, freePorts, run, start, until } from './processes.mjs';

const SETTINGS = { bind: '127.0.0.1', save: '', appendonly: 'no', 'repl-diskless-sync-delay': 0 };

/** One redis-server process. */
export class RedisServer {
  /** `settings` are its own beside the usual ones; `cli`, what redis-cli needs to reach it beside the port. */
  constructor(port, folder, { settings = {}, cli = [] } = {}) {
    Object.assign(this, { port, folder, settings: { port, ...SETTINGS, ...settings }, words: cli });
    mkdirSync(folder, { recursive: true });
  }

  async start() {
    await this.run(Object.entries(this.settings).flatMap(([name, value]) => [`--${name}`, String(value)]));
  }

  /** Starts the program with these arguments, and awaits that it answers. */
  async run(args) {
    this.child = start('redis-server', args, { cwd: this.folder, stdio: 'ignore' });
    await until(() => this.cli('ping').then((text) => text.includes('PONG'), () => false), 'redis-server answers');
  }

  cli(...args) {
    return run('redis-cli', ['-p', String(this.port), ...this.words, ...args]);
  }

  signal(name) {
    if (alive(this.child)) this.child.kill(name);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.child.exited;
  }
}

/** Starts so many servers, the `i`th with `settings(i)`. */
export async function startAll(folder, count, settings = () => ({})) {
  const ports = await freePorts(count);
  const servers = ports.map((port, i) => new RedisServer(port, path.join(folder, `redis-${i}`), { settings: settings(i) }));
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}
