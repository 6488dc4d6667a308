// Calls over three nodes, and a Redis with replicas, one of which takes a master's place.

import { test } from 'node:test';
import { pause } from '../lib/processes.mjs';
import { Stage } from './stage.mjs';

const CALLS = 200;
/** New matches happen again within, once there is a new master. */
const HEALED_WITHIN_MS = 10_000;

for (const [redis, name, fault] of [
  ['cluster', 'a master is killed', { kind: 'master-kill', lasts: 8_000 }],
  ['cluster', 'a failover is asked for', { kind: 'failover' }],
  ['cluster', 'slots move to another master', { kind: 'migrate' }],
  ['sentinel', 'the master is killed', { kind: 'sentinel-kill', lasts: 8_000 }],
  ['sentinel', 'a failover is asked for', { kind: 'sentinel-failover' }],
]) {
  test(`${CALLS} calls on Redis ${redis}: ${name}`, { timeout: 120_000 }, async () => {
    const stage = await Stage.open({ nodes: 3, redis });
    await stage.calls(CALLS, (i) => [i % 3, (i + 1) % 3]);
    await pause(1_000);
    await stage.suffer(fault);
    await Promise.all([stage.meet([0, 1], HEALED_WITHIN_MS), stage.meet([2, 2], HEALED_WITHIN_MS)]);
    await pause(2_000);
    await stage.judge();
    await stage.close();
  });
}
