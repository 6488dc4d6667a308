// People who move to another node just when the shared records are gone, or their node has none: their calls go along.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause, until } from '../lib/processes.mjs';
import { Stage } from './stage.mjs';

const CALLS = 30;
const BACK_WITHIN_MS = 6_000;

/** One of each call goes to the third node, where nobody knows it yet. */
async function move(stage) {
  const movers = stage.people.filter((_, i) => i % 2 === 0);
  for (const device of movers) device.dial(2);
  await until(() => movers.every(({ connected, node }) => connected && node === 2), 'all have moved', BACK_WITHIN_MS);
  for (const device of movers) assert.notEqual(device.call, undefined, `device ${device.d} finds its call`);
}

test(`${CALLS} calls whose people move right after Redis was emptied`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [0, 1]);
  await stage.suffer({ kind: 'redis-flush' });
  await move(stage);
  await pause(4_000);
  await stage.judge();
  await stage.close();
});

test(`${CALLS} calls whose people move away from a node that has no Redis`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [0, 1]);
  const suffered = stage.suffer({ kind: 'redis-cut', node: 0, lasts: 3_000 });
  await pause(1_500);
  await move(stage);
  await suffered;
  await pause(4_000);
  await stage.judge();
  await stage.close();
});
