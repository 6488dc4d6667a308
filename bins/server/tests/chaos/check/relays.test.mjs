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
  const older = [relay(2_000, 1, 1, { c: 2, by: 1, heard: 2_060 }), relay(2_050, 1, 2, { by: 1, heard: 2_055 })];
  assert.deepEqual(found(relaysInOrderOnce, [call(), again, older]), []);
});

const lost = relay(2_000, 1, 1, { heard: null });

test('twice only on an older connection, too, whose node could not hear of the newer one', () => {
  const again = (c) => relay(2_000, 1, 1, { by: c, heard: 4_000 + c });
  const history = [call(), opens(3_000, 2, { c: 2, node: 0, s: 'S' }), again(1), again(2)[1]];
  const judged = (...faults) => found(relaysInOrderOnce, history, { faults });
  assert.match(judged()[0], /came twice/);
  assert.deepEqual(judged(fault(2_500, 3_900, { node: 2, redis: true })), []);
  assert.deepEqual(judged(fault(2_500, 3_900, { node: 2, kind: 'hiccup' })), []);
  assert.equal(judged(fault(2_500, 3_900, { node: 1, redis: true })).length, 1, 'another node');
  const same = found(relaysInOrderOnce, [...history.slice(0, 2), again(2), again(2)[1]], { faults: [fault(2_500, 3_900, { redis: true })] });
  assert.equal(same.length, 1, 'on one connection');
});

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

test('what the sender said after it had ended or left the call is nobody\'s', () => {
  const asked = record(1_900, 1, 'end', { c: 1, s: 'S' });
  assert.deepEqual(found(noRelayLost, [call(), asked, lost]), []);
  const left = record(2_500, 2, 'gone', { c: 1, s: 'S', reason: 'left' });
  const again = [down(1_800, 1, 'close'), opens(1_850, 1, { c: 2, s: 'S' }), relay(2_000, 1, 1, { c: 2, heard: null }), left];
  assert.deepEqual(found(noRelayLost, [call(), again]), []);
  assert.equal(found(noRelayLost, [call(), lost, left]).length, 1);
});

test('what was said on a node that cannot speak is too late when the sender ends the call on another', () => {
  const moves = opens(2_100, 1, { c: 2, node: 0, s: 'S' });
  const ended = (t) => [record(t, 1, 'end', { c: 2, s: 'S' }), record(t + 10, 2, 'gone', { c: 1, s: 'S', reason: 'ended' })];
  const mute = { faults: [fault(1_900, 5_000, { kind: 'redis-hole', node: 1, redis: true })] };
  assert.deepEqual(found(noRelayLost, [call(), lost, moves, ended(4_000)], mute), []);
  assert.equal(found(noRelayLost, [call(), lost, moves, ended(9_000)], mute).length, 1);
  assert.equal(found(noRelayLost, [call(), lost, ended(4_000)], mute).length, 1, 'it stayed there');
  assert.equal(found(noRelayLost, [call(), lost, moves, ended(4_000)]).length, 1);
});

test('what is kept for one who comes back too late is nobody\'s', () => {
  const kept = relay(8_000, 1, 1, { heard: null });
  const away = [down(4_000, 2, 'cut'), opens(9_000, 2, { c: 2, s: 'S' })];
  const ended = (t) => [record(t, 1, 'end', { c: 1, s: 'S' }), record(9_500, 2, 'gone', { c: 2, s: 'S', reason: 'ended' })];
  assert.deepEqual(found(noRelayLost, [call(), kept, away, ended(8_900)]), []);
  assert.equal(found(noRelayLost, [call(), kept, away, ended(9_200)]).length, 1);
  const breaksAgain = down(10_000, 2, 'cut', { c: 2 });
  assert.deepEqual(found(noRelayLost, [call(), kept, away, breaksAgain, opens(20_000, 2, { c: 3, s: 'S' })]), []);
  const mute = (to, node) => ({ faults: [fault(8_000, 9_100, { redis: true, node: 1 }), fault(9_100, to, { kind: 'redis-stop', redis: true, node })] });
  assert.deepEqual(found(noRelayLost, [call(), kept, away, ended(14_000)], mute(15_000)), []);
  assert.equal(found(noRelayLost, [call(), kept, away, ended(14_000)], mute(12_000)).length, 1);
  assert.equal(found(noRelayLost, [call(), kept, away, ended(14_000)], mute(15_000, 0)).length, 1, 'another node');
  const expires = record(8_100, 1, 'gone', { c: 1, s: 'S', reason: 'timeout' });
  assert.deepEqual(found(noRelayLost, [call(), kept, away, expires]), []);
  assert.deepEqual(found(noRelayLost, [call(), kept, away], { faults: [fault(8_500, 9_900, { node: 1, lethal: true })] }), []);
});

test('a node that stands still does not notice that a connection breaks', () => {
  const broken = [down(500, 2, 'cut'), opens(2_500, 2, { c: 2, node: 0, s: 'S' })];
  const kept = relay(2_100, 1, 1, { heard: null });
  const faults = (kind, node) => ({ faults: [fault(400, 2_200, { kind, node })] });
  const before = call().filter(({ k, d }) => !(k === 'matched' && d === 2));
  const told = matched(450, 2, 'answerer');
  assert.deepEqual(found(noRelayLost, [before, told, broken, kept], faults('hiccup', 2)), []);
  assert.equal(found(noRelayLost, [before, told, broken, kept], faults('hiccup', 1)).length, 1);
});

test('who closed its connection before the match was told, and found the call elsewhere, has left it', () => {
  const begins = (how) => [opens(0, 1), joins(900, 1), down(950, 1, how), opens(1_100, 1, { c: 2, s: 'S' }), relay(1_150, 1, 1, { c: 2, heard: null })];
  const peer = [opens(0, 2), joins(990, 2), matched(1_200, 2, 'answerer'), record(1_300, 2, 'gone', { c: 1, s: 'S', reason: 'left' })];
  assert.deepEqual(found(noRelayLost, [begins('close'), peer]), []);
  assert.equal(found(noRelayLost, [begins('cut'), peer]).length, 1);
});

test('what a node had not read when it stood still arrives when it goes on, unless the call is over by then', () => {
  const sent = relay(2_000, 1, 1, { heard: null });
  const over = (t) => [record(t, 2, 'end', { c: 1, s: 'S' }), record(t + 10, 1, 'gone', { c: 1, s: 'S', reason: 'ended' })];
  const judged = (t, node) => found(noRelayLost, [call(), sent, over(t)], { faults: [fault(1_900, 6_000, { kind: 'hiccup', node })] }).length;
  assert.equal(judged(6_100, 1), 0);
  assert.equal(judged(6_100, 0), 1, 'another node');
  assert.equal(judged(9_100, 1), 1, 'it had the time');
});

test('who is blocked hears no more', () => {
  const blocked = (t) => down(t, 2, 'disconnected', { by: 'server' });
  const away = { faults: [fault(2_010, 9_000, { redis: true })] };
  assert.deepEqual(found(noRelayLost, [call(), relay(2_000, 1, 1, { heard: null }), blocked(2_200)], away), []);
  assert.equal(found(noRelayLost, [call(), relay(2_000, 1, 1, { heard: null }), blocked(25_000)], away).length, 1);
});

test('a mute connection loses what is sent until it is given up', () => {
  const mute = down(1_000 - 10, 2, 'mute');
  assert.deepEqual(found(noRelayLost, [call(), lost, mute, opens(11_000, 2, { c: 2, s: 'S' })]), []);
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
});

test('who has just left a node that cannot speak waits for it', () => {
  const near = [opens(0, 3), opens(0, 7, { node: 1 }), joins(900, 3), joins(990, 7), matched(1_000, 3, 'offerer'), matched(1_000, 7, 'answerer')];
  const moves = [down(1_800, 7, 'cut'), opens(1_850, 7, { c: 2, node: 0, s: 'S' })];
  const slow = relay(2_000, 3, 1, { peer: 7, by: 2, heard: 6_000 });
  const with_ = (...faults) => found(localRelaysGoOn, [near, moves, slow], { faults }).length;
  assert.equal(with_(), 1);
  assert.equal(with_(fault(1_700, 1_750, { node: 1, lethal: true })), 0);
  assert.equal(with_(fault(1_700, 5_000, { node: 1, redis: true })), 0);
  assert.equal(with_(fault(1_700, 5_000, { redis: true })), 0);
  assert.equal(with_(fault(1_700, 5_000, { node: 2, redis: true })), 1, 'another node');
  const tries = [record(1_820, 7, 'dial', { c: 3, node: 2 }), down(1_830, 7, 'lost', { c: 3, by: 'server' })];
  const tried = (...faults) => found(localRelaysGoOn, [near, moves, tries, slow], { faults }).length;
  assert.equal(tried(), 1);
  assert.equal(tried(fault(1_825, 1_900, { node: 2, lethal: true })), 0);
  const again = [down(1_650, 3, 'lost'), opens(1_700, 3, { c: 2, s: 'S' }), relay(2_000, 3, 1, { c: 2, by: 1, peer: 6, heard: 6_000 })];
  const six = [opens(0, 6), joins(990, 6), matched(1_000, 6, 'answerer'), near.slice(0, 1), joins(900, 3), matched(1_000, 3, 'offerer')];
  const life = (...faults) => found(localRelaysGoOn, [six, again], { faults }).length;
  assert.equal(life(), 1);
  assert.equal(life(fault(1_640, 1_690, { node: 0, lethal: true })), 0, 'the same node in its life before');
  const made = [down(800, 7, 'lost'), opens(850, 7, { c: 2, node: 0, s: 'S' })];
  const dies = { faults: [fault(790, 1_500, { node: 1, lethal: true })] };
  assert.equal(found(localRelaysGoOn, [near.slice(0, 3), matched(1_000, 3, 'offerer'), made, slow], dies).length, 0);
});

test('nor by a connection that nobody noticed was given up, as its node had no Redis', () => {
  const given = [record(1_500, 2, 'dial', { c: 2, node: 2 }), down(1_800, 2, 'cut', { c: 2 })];
  const history = [call(), given, relay(6_000, 1, 1, { heard: null })];
  const judged = (to) => found(noRelayLost, history, { faults: [fault(1_200, to, { redis: true })] }).length;
  assert.equal(judged(5_000), 0);
  assert.equal(judged(2_000), 1);
});

test('nor by a receiver that left, and found the call until that was known, or ended it when it was hardly back', () => {
  const lost = relay(5_000, 1, 1, { heard: null });
  const left = (t) => [down(t, 2, 'close'), opens(t + 200, 2, { c: 2, s: 'S' }), record(t + 900, 2, 'gone', { c: 2, s: 'S', reason: 'left' })];
  assert.deepEqual(found(noRelayLost, [call(), lost, left(4_000)]), []);
  assert.equal(found(noRelayLost, [call(), lost, left(20_000)]).length, 1);
  const away = [down(3_200, 2, 'cut'), opens(8_000, 2, { c: 2, s: 'S' })];
  const ends = (t) => [record(t, 2, 'end', { c: 2, s: 'S' }), record(t + 5, 2, 'ended', { c: 2, s: 'S' })];
  assert.deepEqual(found(noRelayLost, [call(), lost, away, ends(9_000)]), []);
  assert.equal(found(noRelayLost, [call(), lost, away, ends(15_000)]).length, 1);
});
