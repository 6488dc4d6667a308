// Redis: one server, with or without TLS, a cluster, or a master with a replica that Sentinels watch.

import { alive, freePorts, run, until } from './processes.mjs';
import { startAll } from './redis-server.mjs';
import { startSentinels } from './sentinel.mjs';
import { startTls } from './tls.mjs';

/** Of a cluster; each has a replica. */
const MASTERS = 3;
const CLUSTER = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 2_000, 'cluster-require-full-coverage': 'no' };

/** Starts a `single` server, one that speaks `tls`, a `cluster` of six or a master with `sentinel`s, below `folder`. */
export function startRedis(mode, folder) {
  return KINDS[mode](folder);
}

const KINDS = {
  single: (folder) => startAll(folder, 1),
  tls: startTls,
  sentinel: startSentinels,
  async cluster(folder) {
    const buses = await freePorts(MASTERS * 2);
    const servers = await startAll(folder, MASTERS * 2, (i) => ({ ...CLUSTER, 'cluster-port': buses[i] }));
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
    const whole = (server) => server.cli('cluster', 'info').then((text) => text.includes('cluster_state:ok'));
    for (const server of servers) await until(() => whole(server), 'the cluster is whole');
    return servers;
  },
};

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
