// Joining, leaving and who meets whom: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, call, match, unique } from './lib/client.mjs';
import { device } from './lib/http.mjs';
import { Server, pause } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
const REMATCH = 1_200;
let server;
before(async () => {
  server = await Server.start({
    REMATCH_AFTER_MS: String(REMATCH),
    RECONNECT_GRACE_MS: '5000',
    STUN_URLS: 'stun:stun.example.org:3478',
    TURN_SHARED_SECRET: 'the shared secret of the relay, more than 32 bytes',
    TURN_HOST: 'turn.example.org',
  });
});
after(() => server.stop('SIGKILL'));

const connect = (count) => Promise.all(Array.from({ length: count }, () => Client.connect(server)));
const close = (...clients) => clients.forEach((client) => client.close());
const recent = (timestamp) => Math.abs(new Date(timestamp) - Date.now()) < 5_000;

/** Joins and awaits the place in the queue. */
async function join(client, payload) {
  const answer = await client.ask('join-queue', payload);
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return client.next('queue-joined');
}

test('join-queue takes an object, null or nothing, and defaults to global and en', TIMEOUT, async () => {
  for (const args of [[], [null], [{}], [{ region: 'global', language: 'EN', preferences: { a: [1] } }]]) {
    const [a, b] = await connect(2);
    const joined = await a.ask('join-queue', ...args);
    assert.equal(joined.ok, true);
    const { position, timestamp } = await a.next('queue-joined');
    assert.equal(position, 1);
    assert.ok(recent(timestamp));
    b.emit('join-queue');
    const [left, right] = await Promise.all([a.next('matched'), b.next('matched')]);
    assert.equal(left.sessionId, right.sessionId);
    assert.equal(left.region, 'global');
    assert.equal(left.language, 'en');
    close(a, b);
  }
});

test('matched tells both what a call needs', TIMEOUT, async () => {
  const [a, b] = await connect(2);
  const language = unique();
  await join(a, { language: language.toUpperCase(), region: 'EU-West_1' });
  await pause(120);
  await join(b, { language, region: 'eu-west_1' });
  const [left, right] = await Promise.all([a.next('matched'), b.next('matched')]);
  assert.equal(left.sessionId, right.sessionId);
  assert.ok(left.sessionId.length >= 16);
  assert.notEqual(left.peerId, right.peerId);
  assert.deepEqual([left.role, right.role].sort(), ['answerer', 'offerer']);
  for (const side of [left, right]) {
    assert.equal(side.polite, side.role === 'answerer');
    assert.equal(side.language, language);
    assert.equal(side.region, 'eu-west_1');
    assert.ok(recent(side.timestamp));
    const urls = side.iceServers.flatMap((entry) => entry.urls);
    assert.ok(urls.includes('stun:stun.example.org:3478'), JSON.stringify(urls));
    assert.ok(urls.some((url) => url.startsWith('turn:turn.example.org')));
    assert.ok(side.iceServers.some((entry) => entry.username && entry.credential));
  }
  assert.ok(left.waitMs >= 100 && left.waitMs < 5_000, `waited ${left.waitMs} ms`);
  assert.ok(right.waitMs < left.waitMs);
  close(a, b);
});

test('leave-queue leaves; without a place it is not_in_queue', TIMEOUT, async () => {
  const [a, b] = await connect(2);
  const language = unique();
  await join(a, { language });
  const left = await a.ask('leave-queue');
  assert.equal(left.ok, true);
  assert.ok(recent((await a.next('queue-left')).timestamp));
  assert.equal((await join(b, { language })).position, 1);
  await b.fence();
  assert.deepEqual(b.all('matched'), []);
  const again = await a.ask('leave-queue');
  assert.equal(again.ok, false);
  assert.equal(again.error.code, 'not_in_queue');
  const told = await a.fault('leave-queue');
  assert.equal(told.code, 'not_in_queue');
  assert.equal(told.event, 'leave-queue');
  close(a, b);
});

test('joining in a call is already_in_call, and the call goes on', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const answer = await a.ask('join-queue', {});
  assert.deepEqual([answer.ok, answer.error.code], [false, 'already_in_call']);
  assert.equal((await a.fault('join-queue', {})).code, 'already_in_call');
  b.emit('send-message', { sessionId: b.match.sessionId, message: 'hello' });
  assert.equal((await a.next('message')).message, 'hello');
  close(a, b);
});

test('what join-queue refuses', TIMEOUT, async () => {
  const [a] = await connect(1);
  const refused = [
    'en', 5, true, [], [{}],
    { language: '' }, { language: 'e n' }, { language: 'ü' }, { language: 'x'.repeat(33) }, { language: 5 }, { language: null },
    { region: '' }, { region: 'a/b' }, { region: 'x'.repeat(33) }, { region: {} },
    { preferences: 'no' }, { preferences: [] }, { preferences: null },
  ];
  for (const payload of refused) {
    const answer = await a.ask('join-queue', payload);
    assert.deepEqual([answer.ok, answer.error?.code], [false, 'invalid_payload'], JSON.stringify(payload));
    assert.equal(typeof answer.error.message, 'string');
  }
  assert.equal((await join(a, { language: 'x'.repeat(32), region: 'zh-Hant_TW-9' })).position, 1);
  assert.deepEqual(a.all('error'), []);
  close(a);
});

test('languages do not mix; regions mix through global only', TIMEOUT, async () => {
  const [french, german, eu, us, world] = await connect(5);
  const language = unique();
  await join(french, { language: `${language}-fr` });
  await join(german, { language: `${language}-de` });
  await join(eu, { language, region: 'eu' });
  await join(us, { language, region: 'us' });
  for (const client of [french, german, eu, us]) {
    await client.fence();
    assert.deepEqual(client.all('matched'), []);
  }
  await join(world, { language, region: 'global' });
  const matched = await world.next('matched');
  assert.equal((await eu.next('matched')).sessionId, matched.sessionId);
  await us.fence();
  assert.deepEqual(us.all('matched'), []);
  close(french, german, eu, us, world);
});

test('the longest waiting is met first', TIMEOUT, async () => {
  const waiting = await connect(4);
  const language = unique();
  for (const [i, client] of waiting.entries()) await join(client, { language, region: `r${i}` });
  for (const client of waiting) {
    const next = await Client.connect(server);
    await join(next, { language });
    const { sessionId } = await next.next('matched');
    assert.equal((await client.next('matched')).sessionId, sessionId);
    next.close();
  }
  close(...waiting);
});

test('one never meets oneself', TIMEOUT, async () => {
  const [a] = await connect(1);
  const language = unique();
  await join(a, { language });
  await join(a, { language });
  await join(a, { language });
  assert.equal((await a.ask('leave-queue')).ok, true);
  assert.deepEqual(a.all('matched'), []);
  assert.equal((await a.ask('leave-queue')).error.code, 'not_in_queue');
  close(a);
});

test('joining again keeps the waiting time, unless region or language changed', TIMEOUT, async () => {
  for (const [payload, first] of [[{ region: 'eu', preferences: { now: 'other' } }, 'a'], [{ region: 'asia' }, 'b']]) {
    const clients = await connect(3);
    const [a, b, c] = clients;
    const language = unique();
    await join(a, { language, region: 'eu' });
    await join(b, { language, region: 'us' });
    await pause(20);
    await join(a, { language, ...payload });
    await join(c, { language });
    const { sessionId } = await c.next('matched');
    const winner = first === 'a' ? a : b;
    assert.equal((await winner.next('matched')).sessionId, sessionId);
    close(...clients);
  }
});

for (const [how, leave] of [
  ['cut', (client) => client.cut()],
  ['closed', (client) => client.close()],
]) {
  test(`a connection that is ${how} loses its ticket, and has its waiting time again within the grace`, TIMEOUT, async () => {
    const deviceId = device();
    const language = unique();
    const a = await Client.connect(server, { deviceId });
    const [b, c, d] = await connect(3);
    await join(a, { language, region: 'eu' });
    await join(b, { language, region: 'us' });
    leave(a);
    await a.next('(disconnect)');
    await pause(150);
    const probe = { language, region: 'eu' };
    await join(c, probe);
    await c.fence();
    assert.deepEqual(c.all('matched'), [], 'the ticket of a gone connection was matched');
    assert.equal((await c.ask('leave-queue')).ok, true);
    const again = await Client.connect(server, { deviceId });
    assert.equal(again.greeting.session, undefined);
    await join(again, { language, region: 'eu' });
    await join(d, { language });
    const matched = await again.next('matched');
    assert.equal((await d.next('matched')).sessionId, matched.sessionId, 'the one who came back is longest waiting');
    assert.ok(matched.waitMs >= 150, `waitMs ${matched.waitMs}`);
    close(again, b, c, d);
  });
}

test('partners meet again only after both have waited without anybody else', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const language = unique();
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  assert.equal((await join(a, { language })).position, 1);
  assert.equal((await join(b, { language })).position, 2);
  await Promise.all([a.fence(), b.fence()]);
  assert.equal(a.all('matched').length, 1, 'met the last partner at once');
  const [left, right] = await Promise.all([a.next('matched'), b.next('matched')]);
  assert.equal(left.sessionId, right.sessionId);
  for (const side of [left, right]) assert.ok(side.waitMs >= REMATCH, `after ${side.waitMs} ms`);
  close(a, b);
});

test('somebody else who comes goes before the last partner', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const language = unique();
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  await join(a, { language });
  await join(b, { language });
  const c = await Client.connect(server);
  await join(c, { language });
  const { sessionId, waitMs } = await c.next('matched');
  assert.equal((await a.next('matched')).sessionId, sessionId, 'the longer waiting of the two');
  assert.ok(waitMs < REMATCH);
  close(a, b, c);
});

test('the joins of a device are limited, and a refused one does not count', TIMEOUT, async () => {
  const strict = await Server.start({ MAX_CALLS_PER_MINUTE: '3' });
  const client = await Client.connect(strict);
  for (let i = 0; i < 6; i += 1) assert.equal((await client.ask('join-queue', { language: '!' })).error.code, 'invalid_payload');
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await client.ask('join-queue', {})).ok, true, `join ${i}`);
    assert.equal((await client.ask('leave-queue')).ok, true);
  }
  const limited = await client.fault('join-queue', {});
  assert.equal(limited.code, 'rate_limited');
  assert.equal(limited.message, 'Rate limit exceeded. Please wait.');
  assert.equal(limited.event, 'join-queue');
  assert.ok(limited.retryAfterMs > 0 && limited.retryAfterMs <= 60_000, String(limited.retryAfterMs));
  const again = await Client.connect(strict, { deviceId: client.deviceId });
  assert.equal((await again.ask('join-queue', {})).error.code, 'rate_limited', 'the limit is the device’s');
  const other = await Client.connect(strict);
  assert.equal((await other.ask('join-queue', {})).ok, true);
  close(client, again, other);
  await strict.stop('SIGKILL');
});

test('two who race for one meet as pairs: nobody is in two calls', TIMEOUT, async () => {
  const clients = await connect(20);
  const language = unique();
  for (const client of clients) client.emit('join-queue', { language });
  const matches = await Promise.all(clients.map((client) => client.next('matched')));
  const sessions = new Map();
  for (const { sessionId } of matches) sessions.set(sessionId, (sessions.get(sessionId) ?? 0) + 1);
  assert.equal(sessions.size, 10);
  assert.ok([...sessions.values()].every((count) => count === 2));
  await Promise.all(clients.map((client) => client.fence()));
  assert.ok(clients.every((client) => client.all('matched').length === 1));
  close(...clients);
});

test('match again after a call, with fresh fields', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const c = await Client.connect(server);
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await match(a.forget(), c);
  assert.notEqual(a.match.sessionId, b.match.sessionId);
  close(a, b, c);
});
