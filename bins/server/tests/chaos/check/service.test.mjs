import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, down, fault, found, joins, opens, record } from './sample.mjs';
import { everyRequestAnswered, joinsRefusedWithoutRedis, oneConnection, readinessTells } from './service.mjs';

const away = { faults: [fault(10_000, 30_000, { kind: 'redis-stop', redis: true })] };

test('every request is answered', () => {
  assert.deepEqual(found(everyRequestAnswered, [call()]), []);
  const asks = (k) => record(2_000, 1, k, { c: 1, s: 'S', region: 'eu', language: 'en', n: 1 });
  for (const k of ['join', 'sent', 'end']) assert.match(found(everyRequestAnswered, [call(), asks(k)])[0], /no answer/);
  assert.deepEqual(found(everyRequestAnswered, [call(), asks('sent'), down(2_500, 1, 'cut')]), []);
  assert.deepEqual(found(everyRequestAnswered, [call(), asks('end'), record(2_010, 1, 'ended', { c: 1, s: 'S' })]), []);
  assert.equal(found(everyRequestAnswered, [call(), { ...asks('join'), t: 12_000 }], away).length, 1);
});

test('joins are refused without Redis', () => {
  const join = (t, code) => [opens(0, 1), joins(t, 1, { code })];
  assert.deepEqual(found(joinsRefusedWithoutRedis, join(20_000, 'service_unavailable'), away), []);
  assert.deepEqual(found(joinsRefusedWithoutRedis, join(40_000, 'ok'), away), []);
  assert.match(found(joinsRefusedWithoutRedis, join(20_000, 'ok'), away)[0], /had no Redis/);
});

test('readiness tells', () => {
  const said = (t, status) => ({ ...away, readiness: [{ t, node: 0, status, took: 100 }] });
  assert.deepEqual(found(readinessTells, [], said(20_000, 503)), []);
  assert.match(found(readinessTells, [], said(20_000, 200))[0], /says 200 while it has no Redis/);
  assert.deepEqual(found(readinessTells, [], said(50_000, 200)), []);
  assert.match(found(readinessTells, [], said(50_000, 503))[0], /says 503 while nothing/);
});

test('one connection a device', () => {
  const two = [opens(0, 1), opens(5_000, 1, { c: 2, node: 0 })];
  assert.match(found(oneConnection, two)[0], /two connections/);
  assert.deepEqual(found(oneConnection, [two, down(5_020, 1, 'disconnected', { by: 'server' })]), []);
});
