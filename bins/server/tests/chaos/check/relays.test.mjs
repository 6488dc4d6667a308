import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localRelaysGoOn, noRelayLost, relaysFromThePeerOnly, relaysInOrderOnce } from './relays.mjs';
import { call, down, fault, found, joins, matched, opens, record, relay } from './sample.mjs';

test('a relay is one the peer sent, unaltered, under its name', () => {
  const said = relay(2_000, 1, 1);
  assert.deepEqual(found(relaysFromThePeerOnly, [call(), said]), []);
  assert.match(found(relaysFromThePeerOnly, [call(), said[1]])[0], /did not send/);
  assert.match(found(relaysFromThePeerOnly, [call(), relay(2_000, 1, 1, { intact: false })])[0], /altered/);
  assert.match(found(relaysFromThePeerOnly, [call(), relay(2_000, 1, 1, { from: 'another' })])[0], /it is from another/);
  const astray = [opens(0, 3), relay(2_000, 1, 1, { peer: 3 })];
  assert.match(found(relaysFromThePeerOnly, [call(), astray])[0], /not told of the call/);
});

test('in order, once', () => {
  const said = [relay(2_000, 1, 1), relay(2_001, 1, 2)];
  assert.deepEqual(found(relaysInOrderOnce, [call(), said]), []);
  assert.match(found(relaysInOrderOnce, [call(), said, relay(2_000, 1, 1, { heard: 2_100 })[1]])[0], /came twice/);
  const swapped = [relay(2_000, 1, 1, { heard: 2_010 }), relay(2_001, 1, 2, { heard: 2_009 })];
  assert.match(found(relaysInOrderOnce, [call(), swapped])[0], /relay 1 of 1 came after 2/);
});

test('two connections of one sender have an order only as far as it knew', () => {
  const again = opens(1_500, 1, { c: 2, s: 'S' });
  const unacknowledged = [relay(2_000, 1, 1, { by: 1, heard: 2_010 }), relay(2_001, 1, 2, { c: 2, by: 1, heard: 2_009 })];
  assert.deepEqual(found(relaysInOrderOnce, [call(), again, unacknowledged]), []);
  const acknowledged = [relay(2_000, 1, 1, { heard: 2_060 }), relay(2_050, 1, 2, { c: 2, by: 1, heard: 2_055 })];
  assert.equal(found(relaysInOrderOnce, [call(), again, acknowledged]).length, 1);
});

const lost = relay(2_000, 1, 1, { heard: null });

test('none is lost', () => {
  assert.deepEqual(found(noRelayLost, [call(), relay(2_000, 1, 1)]), []);
  assert.match(found(noRelayLost, [call(), lost])[0], /never heard it/);
  assert.deepEqual(found(noRelayLost, [call(), { ...lost[0], code: 'peer_unavailable' }]), []);
});

test('not by the end of the call either, when the sender ended it', () => {
  const ends = (d, k, fields) => record(2_100, d, k, { c: 1, s: 'S', ...fields });
  assert.equal(found(noRelayLost, [call(), lost, ends(1, 'end'), ends(2, 'gone', { reason: 'ended' })]).length, 1);
  assert.deepEqual(found(noRelayLost, [call(), lost, ends(2, 'end'), ends(2, 'ended')]), []);
});

test('on the way to a connection that breaks it may be lost, later it is kept', () => {
  const breaks = (t) => [down(t, 2, 'cut'), opens(t + 2_000, 2, { c: 2, s: 'S' })];
  assert.deepEqual(found(noRelayLost, [call(), lost, breaks(2_050)]), []);
  assert.equal(found(noRelayLost, [call(), lost, breaks(15_000)]).length, 1);
  assert.equal(found(noRelayLost, [call(), relay(8_000, 1, 1, { heard: null }), down(4_000, 2, 'cut'), opens(9_000, 2, { c: 2, s: 'S' })]).length, 1);
  assert.deepEqual(found(noRelayLost, [call(), relay(8_000, 1, 1, { heard: null }), down(4_000, 2, 'cut')]), []);
});

test('with a node that dies it may be lost, with a Redis that is away it waits', () => {
  assert.deepEqual(found(noRelayLost, [call(), lost], { faults: [fault(2_500, 9_000, { node: 2, lethal: true })] }), []);
  assert.equal(found(noRelayLost, [call(), lost], { faults: [fault(2_500, 9_000, { node: 0, lethal: true })] }).length, 1);
  assert.equal(found(noRelayLost, [call(), lost], { faults: [fault(1_900, 9_000, { redis: true })] }).length, 1);
});

test('on one node it takes no time, Redis or no Redis', () => {
  const near = [opens(0, 3), opens(0, 6), joins(900, 3), joins(990, 6), matched(1_000, 3, 'offerer'), matched(1_000, 6, 'answerer')];
  const slow = relay(2_000, 3, 1, { peer: 6, heard: 6_000 });
  const faults = [fault(1_900, 9_000, { redis: true })];
  assert.deepEqual(found(localRelaysGoOn, [near, relay(2_000, 3, 1, { peer: 6 })], { faults }), []);
  assert.match(found(localRelaysGoOn, [near, slow], { faults })[0], /took 4000 ms/);
  assert.deepEqual(found(localRelaysGoOn, [call(), relay(2_000, 1, 1, { heard: 6_000 })], { faults }), []);
  assert.deepEqual(found(localRelaysGoOn, [near, slow], { faults: [fault(1_900, 5_000, { node: 0 })] }), []);
  assert.deepEqual(found(localRelaysGoOn, [near, slow], { faults: [fault(1_900, 1_950, { node: 1, lethal: true })] }), []);
});
