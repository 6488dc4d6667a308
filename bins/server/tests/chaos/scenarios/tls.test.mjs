// Two nodes that reach Redis by TLS alone.

import { test } from 'node:test';
import { pause } from '../lib/processes.mjs';
import { Stage } from './stage.mjs';

test('calls on a Redis that speaks TLS', { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 2, redis: 'tls' });
  await stage.calls(4, () => [0, 1]);
  await pause(2_000);
  await stage.judge();
  await stage.close();
});
