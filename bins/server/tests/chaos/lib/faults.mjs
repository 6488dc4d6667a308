// Doing to the cluster what the schedule says.

import { KINDS } from './schedule.mjs';
import { pause, until } from './processes.mjs';
import { topology } from './redis.mjs';
import { failOver, killMaster } from './sentinel.mjs';

/** A drain that is not over by then does not end by itself. */
const DRAIN_MS = 20_000;

/** Does one fault to its end, and answers it with `from` and `to` (ms since the epoch) for the checker. */
export async function inflict(cluster, { kind, node, lasts, ms }) {
  const from = Date.now();
  const { lethal = false, redis = false } = KINDS[kind];
  const fault = { kind, node, from, to: undefined, lethal, redis };
  fault.notes = await ACTS[kind]({ cluster, node: cluster.nodes[node], index: node, lasts, ms });
  fault.to = Date.now();
  return fault;
}

const ACTS = {
  async kill({ node, lasts }) {
    await node.kill();
    await pause(lasts);
    await node.start();
  },
  freeze: frozen,
  hiccup: frozen,
  drain: ({ node }) => restart(node),
  async rolling({ cluster }) {
    const notes = [];
    for (const node of cluster.nodes) notes.push(...(await restart(node)));
    return notes;
  },
  'redis-slow': ({ cluster, index, lasts, ms }) => network(cluster, [index], 'pass', lasts, ms),
  'redis-cut': ({ cluster, index, lasts }) => network(cluster, [index], 'cut', lasts),
  'redis-hole': ({ cluster, index, lasts }) => network(cluster, [index], 'hole', lasts),
  'redis-lost': ({ cluster, index, lasts }) => network(cluster, [index], 'hole', lasts),
  'redis-deaf': ({ cluster, index, lasts }) => network(cluster, [index], 'deaf', lasts),
  'redis-away': ({ cluster, lasts }) => network(cluster, [...cluster.nodes.keys()], 'cut', lasts),
  'redis-stop': ({ cluster, lasts }) => stopped(cluster.redis[0], lasts),
  'redis-stop-long': ({ cluster, lasts }) => stopped(cluster.redis[0], lasts),
  async 'redis-flush'({ cluster }) {
    await cluster.redis[0].cli('flushall');
  },
  async 'redis-empty'({ cluster, lasts }) {
    await cluster.redis[0].kill();
    await pause(lasts);
    await cluster.redis[0].start();
  },
  async failover({ cluster }) {
    const replica = (await topology(cluster.redis)).find(({ master, failed }) => master !== undefined && !failed);
    await replica.server.cli('cluster', 'failover');
    await until(() => promoted(cluster, replica.server), 'the replica is the master');
  },
  async 'master-kill'({ cluster, lasts }) {
    const nodes = await topology(cluster.redis);
    const master = nodes.find(({ id, failed }) => !failed && nodes.some((other) => other.master === id));
    await master.server.kill();
    await pause(lasts);
    await master.server.start();
    await until(async () => (await topology([master.server])).every(({ failed }) => !failed), 'the cluster is whole again');
  },
  async 'master-stop'({ cluster, lasts }) {
    await stopped((await topology(cluster.redis)).find(({ master }) => master === undefined).server, lasts);
  },
  'sentinel-failover': ({ cluster }) => failOver(cluster.redis),
  'sentinel-kill': ({ cluster, lasts }) => killMaster(cluster.redis, lasts),
  async migrate({ cluster }) {
    const [one, two] = (await topology(cluster.redis)).filter(({ master, failed }) => master === undefined && !failed);
    const words = ['--cluster-from', one.id, '--cluster-to', two.id, '--cluster-slots', '800', '--cluster-yes'];
    await one.server.cli('--cluster', 'reshard', `127.0.0.1:${one.server.port}`, ...words);
  },
};

async function frozen({ node, lasts }) {
  await stopped(node, lasts);
}

/** Stops and continues a process. */
async function stopped(one, lasts) {
  one.signal('SIGSTOP');
  await pause(lasts);
  one.signal('SIGCONT');
}

async function restart(node) {
  const clean = await node.drain(DRAIN_MS);
  await node.start();
  return clean ? [] : [`node ${node.index} did not end with 0 within ${DRAIN_MS} ms of SIGTERM`];
}

async function network(cluster, nodes, way, lasts, ms) {
  for (const node of nodes) cluster.proxies.set(node, way, ms);
  await pause(lasts);
  for (const node of nodes) cluster.proxies.set(node, 'pass');
}

async function promoted(cluster, server) {
  const own = (await topology(cluster.redis)).find((node) => node.server === server);
  return own.master === undefined;
}
