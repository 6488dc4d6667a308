// People who move to another node just when the shared records are gone, their node has none, or it is about to be known
// that the one before is dead: their calls go along. Also when that node would end them, had it not looked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause, until } from '../lib/processes.mjs';
import { GRACE_MS, Stage } from './stage.mjs';

const CALLS = 30;
const BACK_WITHIN_MS = 6_000;
/** From the first move to the moment Redis is emptied, and on to the last: longer than from one beat to the next. */
const AROUND_MS = 1_500;
/** When it becomes known everywhere that a node was killed: after its lease, with the next beats. */
const DEAD_MS = [4_500, 7_500];

const moversOf = (stage) => stage.people.filter((_, i) => i % 2 === 0);

/** One of each call goes to the third node, where nobody knows it yet. */
async function move(stage) {
  for (const device of moversOf(stage)) device.dial(2);
  await allAre(stage, 2);
}

async function allAre(stage, at) {
  const movers = moversOf(stage);
  await until(() => movers.every(({ connected, node }) => connected && node === at), 'all have moved', BACK_WITHIN_MS);
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

test(`${CALLS} calls whose people move while Redis, which answers late, is emptied`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [0, 1]);
  const slow = { kind: 'redis-slow', ms: 200, lasts: 2 * AROUND_MS + 1_000 };
  const suffered = [0, 1, 2].map((node) => stage.suffer({ ...slow, node }));
  const emptied = pause(AROUND_MS).then(() => stage.suffer({ kind: 'redis-flush' }));
  // At every moment between a beat, or a question about a device, and its answer.
  for (const device of moversOf(stage)) {
    device.dial(2);
    await pause((2 * AROUND_MS) / moversOf(stage).length);
  }
  await Promise.all([emptied, ...suffered, allAre(stage, 2)]);
  await pause(4_000);
  await stage.judge({ strict: false });
  await stage.close();
});

test(`${CALLS} calls whose people open two connections at once right after Redis was emptied`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [0, 1]);
  await stage.suffer({ kind: 'redis-flush' });
  for (const device of moversOf(stage)) {
    device.dial(2);
    device.dial(1);
  }
  // Either of the two may be the newer.
  await pause(BACK_WITHIN_MS);
  for (const device of moversOf(stage)) {
    assert.notEqual(device.call, undefined, `device ${device.d} finds its call`);
    assert.notEqual(device.node, 0, `device ${device.d} has moved`);
  }
  await stage.judge({ strict: false });
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

test(`${CALLS} calls whose people are back elsewhere when their grace ends at a node that has no Redis`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [0, 1]);
  for (const device of moversOf(stage)) device.go('cut');
  await pause(GRACE_MS - 1_500);
  const suffered = stage.suffer({ kind: 'redis-cut', node: 0, lasts: 3_000 });
  await pause(250);
  await move(stage);
  await suffered;
  await pause(4_000);
  // Not strict: what was being written to a connection when it was cut is lost.
  await stage.judge({ strict: false });
  assert.deepEqual(stage.history.filter(({ k }) => k === 'gone').slice(0, 3), [], 'nobody heard peer-disconnected');
  await stage.close();
});

test(`${CALLS} calls whose people move on while it becomes known that their node is dead`, { timeout: 60_000 }, async () => {
  const stage = await Stage.open({ nodes: 3 });
  await stage.calls(CALLS, () => [2, 1]);
  // Nodes beat in the order of their start: this one hears of the death first.
  stage.shunned = 0;
  const killed = Date.now();
  await stage.suffer({ kind: 'kill', node: 2, lasts: 1_000 });
  await allAre(stage, 1);
  const back = Date.now();
  const [from, to] = DEAD_MS;
  await pause(killed + from - Date.now());
  for (const device of moversOf(stage)) {
    device.go('cut');
    await pause((to - from) / CALLS);
    device.dial(0);
  }
  await allAre(stage, 0);
  await pause(2_000);
  await stage.judge({ strict: false });
  const heard = new Set(stage.history.filter(({ k }) => k === 'got').map(({ sender, n }) => `${sender}/${n}`));
  const taken = stage.history.filter(({ k, t, code }) => k === 'sent' && t > back && code === 'ok');
  const lost = taken.filter(({ d, n }) => !heard.has(`${d}/${n}`));
  assert.deepEqual(lost.slice(0, 3), [], `${lost.length} relays of ${taken.length} were lost`);
  await stage.close();
});
