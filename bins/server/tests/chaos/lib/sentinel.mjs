// A master with a replica, and three Sentinels that make the replica the master when it is gone.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts, pause, until } from './processes.mjs';
import { RedisServer, startAll } from './redis-server.mjs';

/** The name the Sentinels know the master by. */
export const MASTER = 'video-chat';
const SENTINELS = 3;
/** A master that does not answer for so long is gone, in ms. */
const DOWN_AFTER = 2_000;

/** A redis-server that watches. */
export class Sentinel extends RedisServer {
  /** It writes what it learns into its configuration file. */
  async start() {
    const lines = [
      `port ${this.port}`,
      'bind 127.0.0.1',
      `sentinel monitor ${MASTER} 127.0.0.1 ${this.settings.watches} 2`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER}`,
      `sentinel failover-timeout ${MASTER} ${DOWN_AFTER * 5}`,
    ];
    const file = path.join(this.folder, 'sentinel.conf');
    writeFileSync(file, lines.join('\n'));
    await this.run([file, '--sentinel']);
  }

  /** The port of the master it knows. */
  async master() {
    const [, port] = (await this.cli('sentinel', 'get-master-addr-by-name', MASTER)).trim().split('\n');
    return Number(port);
  }
}

/** Starts them all: the master, the replica, then the Sentinels. */
export async function startSentinels(folder) {
  const [master, replica] = await startAll(folder, 2);
  await replica.cli('replicaof', '127.0.0.1', String(master.port));
  const ports = await freePorts(SENTINELS);
  const sentinels = ports.map((port, i) => {
    return new Sentinel(port, path.join(folder, `sentinel-${i}`), { settings: { watches: master.port } });
  });
  await Promise.all(sentinels.map((sentinel) => sentinel.start()));
  const known = (text) => text.includes('num-slaves\n1\n') && text.includes(`num-other-sentinels\n${SENTINELS - 1}\n`);
  for (const sentinel of sentinels) await until(() => sentinel.cli('sentinel', 'master', MASTER).then(known), 'they know each other');
  await until(() => replica.cli('info', 'replication').then((text) => text.includes('master_link_status:up')), 'it has a replica');
  return [master, replica, ...sentinels];
}

/** Makes the replica the master, by the Sentinels' own doing, and waits until all know. */
export async function failOver(servers) {
  const before = await reigning(servers);
  await sentinelsOf(servers)[0].cli('sentinel', 'failover', MASTER);
  await succeeded(servers, before);
}

/** Kills the master, waits until another has its place, and at least so many ms, then starts it again. */
export async function killMaster(servers, ms) {
  const before = await reigning(servers);
  const began = Date.now();
  await before.kill();
  await succeeded(servers, before);
  await pause(began + ms - Date.now());
  await before.start();
}

const sentinelsOf = (servers) => servers.filter((server) => server instanceof Sentinel);

async function reigning(servers) {
  const port = await sentinelsOf(servers)[0].master();
  return servers.find((server) => server.port === port);
}

async function succeeded(servers, before) {
  for (const sentinel of sentinelsOf(servers)) await until(async () => (await sentinel.master()) !== before.port, 'there is a new master');
}
