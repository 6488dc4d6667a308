// A node that loses its lease, since it stood still or had no Redis for longer than that, and then goes on as if nothing had been.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause, until } from '../lib/processes.mjs';
import { Stage } from './stage.mjs';

const CALLS = 30;
const STILL = 2;
/** A peer of somebody on the node hears within. */
const HEARD_WITHIN_MS = 10_000;
/** All are connected again within, once the node goes on. */
const BACK_WITHIN_MS = 5_000;

test('who hung up at a node that loses its lease does not find the call again elsewhere', { timeout: 120_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, (i) => [STILL, i % 2]);
  const enders = stage.people.filter(({ node }) => node === STILL).map((device) => ({ device, session: device.call.session }));
  const lost = stage.suffer({ kind: 'redis-lost', node: STILL, lasts: 10_000 });
  await pause(4_000);
  for (const { device } of enders) device.end();
  stage.shunned = STILL;
  const { to } = await lost;
  await until(() => stage.people.every(({ connected, node }) => connected && node !== STILL), 'all are elsewhere', BACK_WITHIN_MS);
  await pause(2_000);
  await stage.judge({ strict: false });
  for (const { device, session } of enders) {
    assert.ok(stage.history.some(({ d, k, s, t }) => d === device.d && k === 'ended' && s === session && t < to), `device ${device.d} ended it`);
    assert.ok(!stage.history.some(({ d, k, s, t }) => d === device.d && k === 'up' && s === session && t > to), `device ${device.d} is not in it again`);
  }
  await stage.close();
});

for (const lasts of [8_500, 20_000]) {
  test(`a node that stands still for ${lasts / 1_000} s starts over`, { timeout: 120_000 }, async () => {
    const stage = await Stage.open({ nodes: 3 });
    await stage.calls(CALLS, (i) => [i % 3, i % 2 === 0 ? STILL : (i + 1) % 3]);
    const side = (device) => ({ device, session: device.call.session, node: device.node });
    const sides = stage.people.map(side);
    await pause(1_000);
    stage.shunned = STILL;
    const { from, to } = await stage.suffer({ kind: 'freeze', node: STILL, lasts });
    stage.shunned = undefined;
    await until(() => stage.people.every(({ connected, node }) => connected && node !== STILL), 'all are elsewhere', BACK_WITHIN_MS);
    await stage.meet([STILL, 0], 5_000);
    await pause(2_000);
    await stage.judge({ strict: false });
    for (const { device, session } of sides.filter(({ node }) => node !== STILL)) {
      const peer = sides.find((other) => other.session === session && other.device !== device);
      if (peer.node !== STILL) continue;
      const told = stage.history.find(({ d, k, s, t }) => d === device.d && s === session && t > from && ['away', 'gone'].includes(k));
      assert.ok(told?.t - from < HEARD_WITHIN_MS, `device ${device.d} heard after ${told?.t - from} ms`);
    }
    const steady = sides.filter(({ session }) => sides.every((other) => other.session !== session || other.node !== STILL));
    assert.ok(steady.length > 0);
    for (const { device, session } of steady) assert.ok(!stage.history.some(({ k, d, t }) => d === device.d && t > from && t < to && ['down', 'away', 'gone'].includes(k)), session);
    await stage.close();
  });
}
