import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledgedIsKept, blockedIsGone } from './blocks.mjs';
import { call, down, fault, found, opens, record } from './sample.mjs';

const verdict = { id: 'r', session: 'S', by: 1, decision: 'accepted', t: 3_990, answered: 4_000, status: 201 };
const reports = [{ id: 'r', session: 'S', by: 1, t: 3_000 }];
const stored = (status) => [new Map([['r', status]])];

test('what is acknowledged is kept', () => {
  assert.deepEqual(found(acknowledgedIsKept, [call()], { reports, stored: stored('pending') }), []);
  assert.match(found(acknowledgedIsKept, [call()], { reports, stored: [new Map()] })[0], /is lost/);
  assert.deepEqual(found(acknowledgedIsKept, [call()], { reports, verdicts: [verdict], stored: stored('accepted') }), []);
  assert.match(found(acknowledgedIsKept, [call()], { reports, verdicts: [verdict], stored: stored('pending') })[0], /is pending/);
  const unsure = [{ ...verdict, status: undefined }];
  assert.deepEqual(found(acknowledgedIsKept, [call()], { reports, verdicts: unsure, stored: stored('pending') }), []);
});

test('who is blocked is gone', () => {
  const verdicts = [verdict];
  assert.deepEqual(found(blockedIsGone, [call(), down(4_100, 2, 'disconnected')], { verdicts }), []);
  assert.match(found(blockedIsGone, [call()], { verdicts })[0], /was still connected/);
  assert.equal(found(blockedIsGone, [call(), down(7_000, 2, 'disconnected')], { verdicts }).length, 1);
  const stood = { verdicts, faults: [fault(3_900, 6_000, { node: 2 })] };
  assert.deepEqual(found(blockedIsGone, [call(), down(7_000, 2, 'disconnected')], stood), []);
});

test('and does not come back', () => {
  const again = (t) => [down(4_100, 2, 'disconnected'), opens(t, 2, { c: 2 })];
  assert.match(found(blockedIsGone, [call(), again(9_000)], { verdicts: [verdict] })[0], /connected on node/);
  const refused = [down(4_100, 2, 'disconnected'), record(9_000, 2, 'dial', { c: 2, node: 0 }), record(9_010, 2, 'refused', { c: 2, code: 'device_blocked' })];
  assert.deepEqual(found(blockedIsGone, [call(), refused], { verdicts: [verdict] }), []);
});
