import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsResume, endedForBoth, endsAreExplained, peersHear } from './ends.mjs';
import { call, down, fault, found, joins, matched, opens, record } from './sample.mjs';

const heard = (t, d, k, fields) => record(t, d, k, { c: 1, s: 'S', ...fields });
const ends = [heard(4_000, 1, 'end'), heard(4_005, 1, 'ended')];
const gone = (t, reason) => heard(t, 2, 'gone', { reason });

test('who ends a call ends it for both', () => {
  assert.deepEqual(found(endedForBoth, [call(), ends, gone(4_010, 'ended')]), []);
  assert.match(found(endedForBoth, [call(), ends])[0], /for device 2 not/);
  assert.equal(found(endedForBoth, [call(), ends, gone(20_000, 'ended')]).length, 1);
  assert.deepEqual(found(endedForBoth, [call(), ends, down(4_100, 2, 'cut')]), []);
  assert.deepEqual(found(endedForBoth, [call(), ends, gone(20_000, 'ended')], { faults: [fault(3_000, 9_000, { redis: true })] }), []);
});

test('who closes and is back before that is known has ended nothing', () => {
  const back = [down(4_000, 1, 'close'), opens(4_100, 1, { c: 2, node: 0, s: 'S' })];
  assert.deepEqual(found(endedForBoth, [call(), back]), []);
  const again = [record(9_000, 1, 'end', { c: 2, s: 'S' }), record(9_005, 1, 'ended', { c: 2, s: 'S' })];
  assert.equal(found(endedForBoth, [call(), back, again]).length, 1);
  const lapsed = [down(4_000, 1, 'cut'), opens(4_100, 1, { c: 2, node: 0 }), opens(5_000, 1, { c: 3, node: 0, s: 'S' })];
  assert.match(found(callsResume, [call(), lapsed])[0], /its call was not there/);
});

test('who closed at a node that noticed late, and came back elsewhere, has ended the call for the peer', () => {
  const forgets = [down(4_000, 1, 'cut'), opens(4_500, 1, { c: 2, node: 0 })];
  const closes = [down(3_500, 2, 'close'), opens(3_600, 2, { c: 2, node: 0, s: 'S' })];
  assert.deepEqual(found(callsResume, [call(), closes, forgets]), []);
  assert.match(found(callsResume, [call(), [down(3_500, 2, 'cut'), closes[1]], forgets])[0], /its call was not there/);
});

test('a node that dies before it could say so has ended a call for one only', () => {
  const closes = down(4_000, 1, 'close');
  const faults = [fault(3_000, 5_000, { kind: 'redis-stop', redis: true }), fault(5_100, 6_000, { node: 1, lethal: true })];
  assert.deepEqual(found(endedForBoth, [call(), closes], { faults }), []);
  assert.equal(found(endedForBoth, [call(), closes], { faults: faults.slice(0, 1) }).length, 1);
  assert.equal(found(endedForBoth, [call(), closes], { faults: [fault(3_000, 3_500, { redis: true }), faults[1]] }).length, 1);
});

test('when one vanishes the other hears', () => {
  const cut = down(4_000, 1, 'cut');
  assert.match(found(peersHear, [call(), cut])[0], /did not hear/);
  assert.deepEqual(found(peersHear, [call(), cut, heard(4_020, 2, 'away')]), []);
  assert.deepEqual(found(peersHear, [call(), cut, opens(4_500, 1, { c: 2, s: 'S' })]), []);
});

test('of a node that died within ten seconds and the time of a busy machine', () => {
  const lost = down(4_000, 1, 'lost', { by: 'server' });
  const faults = [fault(4_000, 5_000, { node: 1, lethal: true })];
  const late = 5_000 + 10_000 + 10_000 + 11_500;
  assert.deepEqual(found(peersHear, [call(), lost, gone(late - 10, 'timeout')], { faults }), []);
  assert.equal(found(peersHear, [call(), lost, gone(late + 10, 'timeout')], { faults }).length, 1);
});

test('an end is explained', () => {
  assert.deepEqual(found(endsAreExplained, [call(), ends, gone(4_010, 'ended')]), []);
  assert.match(found(endsAreExplained, [call(), gone(4_010, 'ended')])[0], /heard ended of device 1/);
  assert.deepEqual(found(endsAreExplained, [call(), down(4_000, 1, 'close'), gone(4_010, 'left')]), []);
  assert.equal(found(endsAreExplained, [call(), down(4_000, 1, 'cut'), gone(4_010, 'left')]).length, 1);
  const forgotten = [down(4_000, 1, 'cut'), opens(4_100, 1, { c: 2 })];
  assert.deepEqual(found(endsAreExplained, [call(), forgotten, gone(4_150, 'left')]), []);
  assert.equal(found(endsAreExplained, [call(), forgotten, gone(2_500, 'left')]).length, 1);
  assert.deepEqual(found(endsAreExplained, [call(), down(4_000, 1, 'cut'), gone(10_010, 'timeout')]), []);
  assert.equal(found(endsAreExplained, [call(), down(4_000, 1, 'cut'), gone(6_010, 'timeout')]).length, 1);
  const closed = [down(4_000, 2, 'close'), opens(4_100, 2, { c: 2, s: 'S' }), record(4_200, 2, 'gone', { c: 2, s: 'S', reason: 'left' })];
  assert.deepEqual(found(endsAreExplained, [call(), closed]), []);
  const early = [opens(0, 1), opens(0, 2), joins(900, 1), joins(990, 2), matched(1_000, 1, 'offerer'), down(1_000, 2, 'close')];
  const late = [...early, opens(1_100, 2, { c: 2, s: 'S' }), record(1_900, 2, 'gone', { c: 2, s: 'S', reason: 'left' })];
  assert.deepEqual(found(endsAreExplained, late), [], 'left while the match was being made');
  const heard = record(4_005, 1, 'ended', { c: 1, s: 'S' });
  assert.equal(found(endsAreExplained, [call(), ends, heard, gone(6_000, 'left')]).length, 1);
  const unsaid = [fault(3_900, 5_500, { kind: 'redis-lost', node: 1, redis: true, lethal: true })];
  assert.deepEqual(found(endsAreExplained, [call(), ends, heard, gone(6_000, 'left')], { faults: unsaid }), [], 'its node could not say so');
  const tries = [record(4_000, 1, 'dial', { c: 2, node: 0 }), down(5_000, 1, 'cut', { c: 2 }), gone(6_000, 'left')];
  assert.equal(found(endsAreExplained, [call(), tries]).length, 1);
  assert.deepEqual(found(endsAreExplained, [call(), tries], { faults: [fault(3_900, 5_500, { kind: 'master-stop', redis: true })] }), []);
  const both = (until) => [down(4_000, 2, 'cut'), opens(until, 2, { c: 2, s: 'S' })];
  const told = (t) => record(t, 2, 'gone', { c: 2, s: 'S', reason: 'timeout' });
  assert.deepEqual(found(endsAreExplained, [call(), both(10_050), told(10_080)]), []);
  assert.deepEqual(found(endsAreExplained, [call(), both(9_950), told(9_980)]), [], 'as it came back');
  assert.equal(found(endsAreExplained, [call(), both(9_700), told(9_980)]).length, 1);
  assert.equal(found(endsAreExplained, [call(), both(8_000), told(10_080)]).length, 1);
  assert.equal(found(endsAreExplained, [call(), gone(6_010, 'server')]).length, 1);
  assert.equal(found(endsAreExplained, [call(), gone(6_010, 'blocked')]).length, 1);
  const verdicts = [{ session: 'S', by: 2, decision: 'accepted' }];
  assert.deepEqual(found(endsAreExplained, [call(), gone(6_010, 'blocked')], { verdicts }), []);
});

test('a rolling restart and a killed node drop no call', () => {
  const moves = [down(4_000, 1, 'lost', { by: 'server' }), opens(4_500, 1, { c: 2, node: 0, s: 'S' })];
  const forgets = [down(4_000, 1, 'lost', { by: 'server' }), opens(4_500, 1, { c: 2, node: 0 })];
  for (const faults of [[fault(3_900, 9_000, { kind: 'drain', node: 1 })], [fault(3_900, 9_000, { node: 1, lethal: true })]]) {
    assert.deepEqual(found(callsResume, [call(), moves], { faults }), []);
    assert.match(found(callsResume, [call(), forgets], { faults })[0], /its call was not there/);
    assert.equal(found(endsAreExplained, [call(), moves, gone(12_000, 'timeout')], { faults }).length, 1);
  }
});

test('a Redis that does not answer may make a node forget, one that was emptied may not', () => {
  const forgets = [down(4_000, 1, 'cut'), opens(4_500, 1, { c: 2, node: 0 })];
  const judged = (fields) => found(callsResume, [call(), forgets], { faults: [fault(3_900, 4_600, { redis: true, ...fields })] }).length;
  assert.equal(judged({ kind: 'redis-cut', node: 0 }), 0);
  assert.equal(judged({ kind: 'redis-flush' }), 1);
});

test('after the grace, or when the other ended it, there is nothing to come back to', () => {
  const late = [down(4_000, 1, 'cut'), opens(11_000, 1, { c: 2 })];
  assert.deepEqual(found(callsResume, [call(), late]), []);
  const both = [down(2_000, 2, 'cut'), down(7_500, 1, 'cut'), opens(9_000, 1, { c: 2 })];
  assert.deepEqual(found(callsResume, [call(), both]), []);
  const ended = [down(4_000, 1, 'cut'), heard(4_400, 2, 'end'), opens(4_500, 1, { c: 2 })];
  assert.deepEqual(found(callsResume, [call(), ended]), []);
});
