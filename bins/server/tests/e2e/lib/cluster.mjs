// Several nodes on one Redis and one database.

import path from 'node:path';
import { Client } from './client.mjs';
import { Redis } from './redis.mjs';
import { Server, scratch } from './server.mjs';

export class Cluster {
  static async start(count, settings = {}) {
    const redis = await Redis.start();
    const common = {
      REDIS_URL: redis.url,
      MAX_EVENTS_PER_SECOND: '0',
      DATABASE_URL: `sqlite://${path.join(scratch(), 'shared.db')}`,
      ...settings,
    };
    const cluster = new Cluster(redis, common);
    // The first makes the database.
    for (let at = 0; at < count; at += 1) await cluster.add();
    return cluster;
  }

  constructor(redis, settings) {
    this.redis = redis;
    this.settings = settings;
    this.nodes = [];
  }

  async add() {
    const node = await Server.start(this.settings);
    this.nodes.push(node);
    return node;
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop('SIGKILL')));
    await this.redis.stop();
  }
}

/** The same device on another node. */
export function move(client, node, options = {}) {
  return Client.connect(node, { deviceId: client.deviceId, ...options });
}
