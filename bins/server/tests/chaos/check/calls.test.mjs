import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchedOnlyWhoWaits, oneCallAtATime, toldToBothOrNeither, twoDistinctDevices } from './calls.mjs';
import { call, down, fault, found, joins, matched, opens, record } from './sample.mjs';

const over = (t, d, k = 'gone', fields = { reason: 'ended' }) => record(t, d, k, { c: 1, s: 'S', ...fields });

test('one call at a time', () => {
  const next = [...joins(5_000, 1), matched(6_000, 1, 'offerer', { s: 'T' })];
  assert.deepEqual(found(oneCallAtATime, [call(), over(4_000, 1), next]), []);
  assert.deepEqual(found(oneCallAtATime, [call(), next]), ['device 1 is matched again while in a call']);
});

test('a device that comes back without its call is not in it any more', () => {
  const back = [down(2_000, 1, 'cut'), ...opens(3_000, 1, { c: 2 }), ...joins(4_000, 1, { c: 2 })];
  assert.deepEqual(found(oneCallAtATime, [call(), back, matched(5_000, 1, 'offerer', { c: 2, s: 'T' })]), []);
});

test('a match told to a connection that was taken over is nobody\'s call', () => {
  const newer = opens(980, 1, { c: 2 });
  const next = [...joins(5_000, 1, { c: 2 }), matched(6_000, 1, 'offerer', { c: 2, s: 'T' })];
  assert.deepEqual(found(oneCallAtATime, [call(), newer, next]), []);
  const resumed = opens(980, 1, { c: 2, s: 'S' });
  assert.equal(found(oneCallAtATime, [call(), resumed, next]).length, 1, 'that one knows of the call');
});

test('who is told of a call on a connection given up for a newer one is not in it', () => {
  const back = [down(2_000, 1, 'cut'), record(2_100, 1, 'dial', { c: 2, node: 0 }), ...opens(3_000, 1, { c: 3 }), record(3_500, 1, 'up', { c: 2, s: 'S', peer: 'peer-of-1', role: 'offerer' })];
  const next = [...joins(4_000, 1, { c: 3 }), matched(5_000, 1, 'offerer', { c: 3, s: 'T' })];
  assert.deepEqual(found(oneCallAtATime, [call(), back, next]), []);
});

test('two devices, which fit, with two roles', () => {
  assert.deepEqual(found(twoDistinctDevices, [call()]), []);
  const third = [...opens(0, 3), ...joins(900, 3), matched(1_000, 3, 'answerer')];
  assert.match(found(twoDistinctDevices, [call(), third])[0], /more than two/);
  const strangers = [opens(0, 1), opens(0, 2), joins(900, 1), joins(900, 2, { language: 'fr' })];
  assert.match(found(twoDistinctDevices, [strangers, matched(1_000, 1, 'offerer'), matched(1_000, 2, 'answerer')])[0], /do not fit/);
  const twins = [opens(0, 1), opens(0, 2), joins(900, 1), joins(900, 2)];
  assert.match(found(twoDistinctDevices, [twins, matched(1_000, 1, 'offerer'), matched(1_000, 2, 'offerer')])[0], /roles/);
});

test('a match is told to both', () => {
  assert.deepEqual(found(toldToBothOrNeither, [call()]), []);
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer')];
  assert.match(found(toldToBothOrNeither, [alone, over(2_000, 1)])[0], /nobody who fitted was going/);
});

test('or the other was just going, and who heard is told so', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer')];
  const goes = [opens(0, 2), joins(500, 2), down(990, 2, 'cut')];
  const told = over(7_100, 1, 'gone', { reason: 'timeout' });
  assert.deepEqual(found(toldToBothOrNeither, [alone, goes, told]), []);
  assert.match(found(toldToBothOrNeither, [alone, goes])[0], /still in it/);
  const elsewhere = [opens(0, 2), joins(500, 2, { language: 'fr' }), down(990, 2, 'cut')];
  assert.match(found(toldToBothOrNeither, [alone, elsewhere, told])[0], /nobody who fitted/);
});

test('or it has taken its place over at a node without Redis', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer'), over(1_100, 1, 'gone', { reason: 'left' })];
  const taken = (node) => [opens(0, 2), joins(500, 2), opens(980, 2, { c: 2, node })];
  const judged = (node, faults) => found(toldToBothOrNeither, [alone, taken(node)], { faults }).length;
  const away = [fault(400, 700, { redis: true, node: 0 })];
  assert.equal(judged(0, away), 0);
  assert.equal(judged(0, []), 1, 'it had Redis');
  assert.equal(judged(2, [fault(400, 700, { redis: true, node: 2 })]), 1, 'at its own node');
});

test('or it waited on a node that died', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer'), over(9_000, 1)];
  const waits = [opens(0, 2), joins(500, 2)];
  assert.equal(found(toldToBothOrNeither, [alone, waits]).length, 1);
  const judged = (from, node) => found(toldToBothOrNeither, [alone, waits], { faults: [fault(from, 9_000, { node, lethal: true })] }).length;
  assert.equal(judged(600, 2), 0);
  assert.equal(judged(1_001, 2), 0, 'before it could tell');
  assert.equal(judged(600, 1), 1, 'another');
});

test('or nobody could be told before it was over, or they had gone', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer'), over(5_000, 1)];
  const waits = [opens(0, 2), joins(500, 2)];
  const judged = (to, more = []) => found(toldToBothOrNeither, [alone, waits, more], { faults: [fault(950, to, { redis: true })] }).length;
  assert.equal(judged(6_000), 0);
  assert.equal(judged(1_500), 1);
  assert.equal(judged(1_500, down(3_000, 2, 'cut')), 0);
});

test('or Redis was emptied while the match was being made', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer'), over(5_000, 1)];
  const waits = [opens(0, 2), joins(500, 2)];
  const judged = (kind, other = waits) => found(toldToBothOrNeither, [alone, other], { faults: [fault(600, 800, { kind, redis: true })] }).length;
  assert.equal(judged('redis-empty'), 0);
  assert.equal(judged('redis-cut'), 1);
  assert.equal(judged('redis-empty', []), 1, 'with nobody');
  assert.equal(judged('redis-empty', [opens(0, 2, { node: 1 }), joins(500, 2)]), 1, 'with somebody of its own node');
});

test('or its node stood still until it was over', () => {
  const alone = [opens(0, 1), joins(900, 1), matched(1_000, 1, 'offerer'), over(5_000, 1)];
  const waits = [opens(0, 2), joins(500, 2)];
  const judged = (node, to) => found(toldToBothOrNeither, [alone, waits], { faults: [fault(950, to, { kind: 'hiccup', node })] }).length;
  assert.equal(judged(2, 6_000), 0);
  assert.equal(judged(1, 6_000), 1, 'not its own');
  assert.equal(judged(2, 1_900), 1, 'it had the time');
});

test('only who waits is matched', () => {
  assert.deepEqual(found(matchedOnlyWhoWaits, [call()]), []);
  const left = record(950, 1, 'left', { c: 1 });
  assert.deepEqual(found(matchedOnlyWhoWaits, [call(), left]), ['device 1 is matched without waiting']);
});

test('one that comes back into its call may be told of the match on the older connection, later', () => {
  const newer = (s) => opens(980, 1, { c: 2, s });
  assert.deepEqual(found(matchedOnlyWhoWaits, [call(), newer('S')]), []);
  assert.equal(found(matchedOnlyWhoWaits, [call(), newer()]).length, 1);
  const faults = [fault(500, 2_000, { node: 1, redis: true })];
  assert.deepEqual(found(matchedOnlyWhoWaits, [call(), newer()], { faults }), [], 'its older connection still waits elsewhere');
  const both = [newer(), joins(992, 1, { c: 2 }), matched(1_100, 1, 'offerer', { c: 2, s: 'T' })];
  assert.deepEqual(found(matchedOnlyWhoWaits, [call(), both], { faults }), [], 'it waits on both');
  const more = matched(1_200, 1, 'offerer', { c: 2, s: 'U' });
  assert.equal(found(matchedOnlyWhoWaits, [call(), both, more], { faults }).length, 1, 'once on each');
});
