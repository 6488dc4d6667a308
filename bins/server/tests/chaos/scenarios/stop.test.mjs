// 200 calls over three nodes, and a Redis that stands still for 30 s.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause } from '../lib/processes.mjs';
import { inCalls, Stage } from './stage.mjs';

const CALLS = 200;
const STILL_MS = 30_000;
/** A join has its refusal within. */
const REFUSED_WITHIN_MS = 4_000;
/** Who went on asking is matched within, once Redis goes on. */
const HEALED_WITHIN_MS = 10_000;

test('200 calls survive a Redis that stands still for 30 s', { timeout: 180_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, (i) => [i % 3, (i + (i % 2)) % 3]);
  const seekers = [stage.pair([0, 1]), stage.pair([2, 2])].flat();
  await pause(1_000);
  const suffered = stage.suffer({ kind: 'redis-stop-long', lasts: STILL_MS });
  await pause(5_000);
  for (const device of seekers) device.habits.seek();
  const fault = await suffered;
  await inCalls(seekers, HEALED_WITHIN_MS);
  await pause(3_000);
  await stage.judge();
  const asked = stage.history.filter(({ k, t }) => k === 'join' && t > fault.from && t < fault.to - REFUSED_WITHIN_MS);
  assert.ok(asked.length > seekers.length, `${asked.length} joins`);
  for (const { t, answered, code } of asked) {
    assert.equal(code, 'service_unavailable');
    assert.ok(answered - t < REFUSED_WITHIN_MS, `after ${answered - t} ms`);
  }
  const during = stage.answers.filter(({ t, took }) => t > fault.from + 5_000 && t + took < fault.to);
  assert.deepEqual([...new Set(during.map(({ status }) => status))], [503]);
});
