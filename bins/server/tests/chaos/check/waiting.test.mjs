import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, fault, found, joins, matched, opens, record } from './sample.mjs';
import { compatibleDoNotWait, nothingRemains } from './waiting.mjs';

const waiting = (two = {}) => [opens(0, 1), opens(0, 2), joins(1_000, 1), joins(2_000, 2, two)];

test('two who fit do not both wait', () => {
  assert.match(found(compatibleDoNotWait, waiting())[0], /devices 1 and 2 fit/);
  assert.equal(found(compatibleDoNotWait, waiting({ region: 'global' })).length, 1);
  assert.deepEqual(found(compatibleDoNotWait, waiting({ region: 'us' })), []);
  assert.deepEqual(found(compatibleDoNotWait, waiting({ language: 'fr' })), []);
  assert.deepEqual(found(compatibleDoNotWait, [...waiting(), down(4_000, 1, 'cut')]), []);
  assert.deepEqual(found(compatibleDoNotWait, [...waiting(), record(4_000, 2, 'leave', { c: 1 })]), []);
});

test('time in which something was out of order does not count', () => {
  const ends = down(14_000, 1, 'cut');
  assert.equal(found(compatibleDoNotWait, [...waiting(), ends]).length, 1);
  assert.deepEqual(found(compatibleDoNotWait, [...waiting(), ends], { faults: [fault(500, 3_000)] }), []);
  assert.equal(found(compatibleDoNotWait, waiting(), { faults: [fault(500, 3_000)] }).length, 1);
  assert.deepEqual(found(compatibleDoNotWait, [...waiting(), down(6_000, 1, 'cut'), { t: 3_000, k: 'lag', to: 5_000 }]), []);
});

test('last partners may wait longer, not for ever', () => {
  const met = (t, d, role) => [...joins(t - 10, d), matched(t, d, role), record(t + 100, d, 'ended', { c: 1, s: 'S' })];
  const before = [opens(0, 1), opens(0, 2), met(500, 1, 'offerer'), met(500, 2, 'answerer'), joins(1_000, 1), joins(1_000, 2)];
  assert.deepEqual(found(compatibleDoNotWait, [...before, down(6_500, 1, 'cut')]), []);
  assert.equal(found(compatibleDoNotWait, [...before, down(9_000, 1, 'cut')]).length, 1);
});

test('nothing remains when all have left', () => {
  assert.deepEqual(found(nothingRemains, []), []);
  assert.equal(found(nothingRemains, [], { leftovers: [{ node: 1, gauge: 'queue_length', value: 2 }] }).length, 1);
});
