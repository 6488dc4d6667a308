// 200 calls over three nodes, which are restarted one after the other.

import { test } from 'node:test';
import { pause } from '../lib/processes.mjs';
import { Stage } from './stage.mjs';

const CALLS = 200;

test('200 calls survive a rolling restart of all three nodes', { timeout: 180_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, (i) => [i % 3, (i + (i % 2)) % 3]);
  await pause(1_000);
  await stage.suffer({ kind: 'rolling' });
  await pause(1_000);
  await stage.judge();
});
