import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from './rng.mjs';
import { KINDS, schedule } from './schedule.mjs';

const drawn = (seed, given) => schedule({ rng: new Rng(seed), seconds: 600, nodes: 3, redis: 'single', ...given });

test('a seed repeats, another differs', () => {
  assert.deepEqual(drawn('a'), drawn('a'));
  assert.notDeepEqual(drawn('a'), drawn('b'));
});

test('one after the other, within the time, on nodes there are', () => {
  for (const seed of 'abcdefgh') {
    let last = 0;
    for (const { at, lasts, kind, node } of drawn(seed)) {
      assert.ok(at > last && at + lasts <= 600_000);
      assert.equal(node !== undefined, KINDS[kind].node === true);
      assert.ok(node === undefined || (node >= 0 && node < 3));
      last = at + lasts;
    }
  }
});

test('only what fits this Redis, and what is asked for', () => {
  const kinds = (given) => new Set(drawn('a', given).map(({ kind }) => kind));
  assert.deepEqual([...kinds({ redis: 'none' })].sort(), ['freeze', 'hiccup']);
  assert.ok(kinds({ redis: 'cluster' }).has('failover') && !kinds({ redis: 'cluster' }).has('redis-cut'));
  assert.deepEqual([...kinds({ only: ['redis-stop-long'] })], ['redis-stop-long']);
  assert.ok(!kinds({}).has('redis-stop-long'));
});
