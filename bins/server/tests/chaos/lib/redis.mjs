// Redis: one server, or a cluster of three masters with a replica each.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { alive, freePorts, run, start, until } from './processes.mjs';

/** One redis-server process. */
export class RedisServer {
  constructor(port, folder, busPort) {
    Object.assign(this, { port, folder, busPort });
    mkdirSync(folder, { recursive: true });
  }

  async start() {
    const cluster = this.busPort && [
      ['--cluster-enabled', 'yes'],
      ['--cluster-port', this.busPort],
      ['--cluster-node-timeout', 2_000],
      ['--cluster-require-full-coverage', 'no'],
    ];
    const settings = [['--port', this.port], ['--bind', '127.0.0.1'], ['--save', ''], ['--appendonly', 'no'], ...(cluster || [])];
    this.child = start('redis-server', settings.flat().map(String), { cwd: this.folder, stdio: 'ignore' });
    await until(() => this.cli('ping').then((text) => text.includes('PONG'), () => false), 'redis-server answers');
  }

  cli(...args) {
    return run('redis-cli', ['-p', String(this.port), ...args]);
  }

  signal(name) {
    if (alive(this.child)) this.child.kill(name);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.child.exited;
  }
}

/** Starts what `mode` says, `single` or `cluster`, below `folder`. */
export async function startRedis(mode, folder) {
  const count = mode === 'cluster' ? 6 : 1;
  const ports = await freePorts(count * 2);
  const servers = Array.from({ length: count }, (_, i) => {
    return new RedisServer(ports[i], path.join(folder, `redis-${i}`), mode === 'cluster' ? ports[count + i] : undefined);
  });
  await Promise.all(servers.map((server) => server.start()));
  if (mode === 'cluster') {
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
    const whole = (server) => server.cli('cluster', 'info').then((text) => text.includes('cluster_state:ok'));
    for (const server of servers) await until(() => whole(server), 'the cluster is whole');
  }
  return servers;
}

/** The cluster's masters and replicas as `{ id, server, master }`, as one living server sees them. */
export async function topology(servers) {
  const seen = await servers.find((server) => alive(server.child)).cli('cluster', 'nodes');
  return seen
    .trim()
    .split('\n')
    .map((line) => {
      const [id, address, flags, master] = line.split(' ');
      const server = servers.find(({ port }) => address.startsWith(`127.0.0.1:${port}@`));
      return { id, server, master: flags.includes('master') ? undefined : master, failed: flags.includes('fail') };
    });
}
