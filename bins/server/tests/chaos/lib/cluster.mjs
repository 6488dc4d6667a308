// Everything a run needs: PostgreSQL, Redis behind a proxy for each node, and the nodes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { atMost, freePorts } from './processes.mjs';
import { ServerNode } from './node.mjs';
import { startPostgres } from './postgres.mjs';
import { Proxies } from './proxies.mjs';
import { startRedis } from './redis.mjs';
import { MASTER, Sentinel } from './sentinel.mjs';

/** Short heartbeats, so that silence is noticed within a run; limits that are not the subject are off. */
const SETTINGS = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  PROMETHEUS_PORT: '0',
  LOG_LEVEL: 'warn',
  LOG_FORMAT: 'json',
  PING_INTERVAL_MS: '4000',
  PING_TIMEOUT_MS: '6000',
  DRAIN_TIMEOUT_MS: '10000',
  RATE_LIMIT_MAX_REQUESTS: '0',
  MAX_CALLS_PER_MINUTE: '0',
  MAX_CONNECTIONS_PER_IP: '0',
  MAX_EVENTS_PER_SECOND: '0',
  ABUSE_DETECTION_ENABLED: 'false',
  WORKERS: '2',
};

const STOP_MS = 10_000;

export class Cluster {
  /** `redis` is `none` (one node in memory), or see `startRedis`; `settings` are the nodes' beside the usual ones. */
  static async start({ nodes, redis, binary, secret, graceMs, settings: own = {} }) {
    const cluster = new Cluster();
    cluster.folder = mkdtempSync(path.join(tmpdir(), 'video-chat-chaos-'));
    const settings = { ...SETTINGS, JWT_SECRET: secret, RECONNECT_GRACE_MS: String(graceMs), ...own };
    if (redis !== 'none') {
      [cluster.postgres, cluster.redis] = await Promise.all([startPostgres(), startRedis(redis, cluster.folder)]);
      settings.DATABASE_URL = cluster.postgres.url;
    }
    if (redis === 'single') cluster.proxies = await Proxies.start(nodes, cluster.redis[0].port);
    if (redis === 'cluster') Object.assign(settings, { REDIS_CLUSTER: 'true', REDIS_URL: urls(cluster.redis) });
    if (redis === 'sentinel') {
      const sentinels = cluster.redis.filter((server) => server instanceof Sentinel);
      Object.assign(settings, { REDIS_SENTINEL_MASTER: MASTER, REDIS_URL: urls(sentinels) });
    }
    if (redis === 'tls') {
      const [{ port, ca }] = cluster.redis;
      Object.assign(settings, { REDIS_URL: `rediss://localhost:${port}`, SSL_CERT_FILE: ca });
    }
    const ports = await freePorts(nodes);
    cluster.nodes = ports.map((port, index) => {
      const own = cluster.proxies && { REDIS_URL: `redis://127.0.0.1:${cluster.proxies.ports[index]}` };
      const folder = path.join(cluster.folder, `node-${index}`);
      return new ServerNode({ index, port, binary, folder, settings: { ...settings, ...own } });
    });
    for (const node of cluster.nodes) await node.start();
    return cluster;
  }

  get ports() {
    return this.nodes.map(({ port }) => port);
  }

  /** Ends every process; the folder with the nodes' logs stays when asked. */
  async stop({ keep }) {
    const parts = [...this.nodes.map((node) => node.kill()), this.proxies?.stop(), ...(this.redis ?? []).map((server) => server.kill())];
    // Word of an end is lost now and then, and they all end with this process.
    await atMost(STOP_MS, Promise.all(parts));
    await atMost(STOP_MS, this.postgres?.stop());
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

const urls = (servers) => servers.map(({ port }) => `redis://127.0.0.1:${port}`).join(',');
