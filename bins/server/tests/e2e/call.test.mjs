// The end of a call: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, call, match } from './lib/client.mjs';
import { token } from './lib/http.mjs';
import { value } from './lib/metrics.mjs';
import { Polling, Raw } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
let server;
before(async () => {
  server = await Server.start({ RECONNECT_GRACE_MS: '6000' });
});
after(() => server.stop('SIGKILL'));

const close = (...clients) => clients.forEach((client) => client.close());

test('end-call tells the one who ended and the peer, once', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  assert.equal((await a.ask('end-call', { sessionId })).ok, true);
  assert.equal((await a.next('call-ended')).sessionId, sessionId);
  assert.deepEqual(await b.next('peer-disconnected'), { sessionId, reason: 'ended' });
  for (const [client, event] of [[a, 'send-offer'], [b, 'send-answer']]) {
    assert.equal((await client.ask(event, { sessionId, data: 1 })).error.code, 'session_not_found');
  }
  assert.deepEqual([a.all('peer-disconnected'), b.all('call-ended')], [[], []]);
  close(a, b);
});

test('both ending at once: each gets call-ended, nobody an error', TIMEOUT, async () => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b] = await call(server);
    const { sessionId } = a.match;
    a.emit('end-call', { sessionId });
    b.emit('end-call', { sessionId });
    assert.equal((await a.next('call-ended')).sessionId, sessionId);
    assert.equal((await b.next('call-ended')).sessionId, sessionId);
    await Promise.all([a.fence(), b.fence()]);
    const faults = [...a.all('error'), ...b.all('error')];
    assert.deepEqual(faults, []);
    close(a, b);
  }
});

test('after a call both may join again at once', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const c = await Client.connect(server);
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  await match(b.forget(), c);
  assert.notEqual(b.match.sessionId, a.match.sessionId);
  close(a, b, c);
});

/** Every clean way to go away, given a raw session. */
const CLEAN = {
  'a Socket.IO DISCONNECT': (raw) => raw.send('41/signaling,'),
  'an Engine.IO close': (raw) => raw.send('1'),
  'a WebSocket close frame': (raw) => raw.ws.close(1000),
  'a WebSocket close frame as a closing tab sends it': (raw) => raw.ws.close(1001),
};

for (const [how, leave] of Object.entries(CLEAN)) {
  test(`gone at once after ${how}`, TIMEOUT, async () => {
    const a = await Raw.join(server);
    const b = await Client.connect(server);
    const language = `clean-${Object.keys(CLEAN).indexOf(how)}`;
    a.emit('join-queue', `{"language":"${language}"}`);
    await a.event('queue-joined');
    b.emit('join-queue', { language });
    const { sessionId } = await b.next('matched');
    const before = Date.now();
    leave(a);
    assert.deepEqual(await b.next('peer-disconnected'), { sessionId, reason: 'left' });
    assert.ok(Date.now() - before < 3_000);
    assert.deepEqual(b.all('peer-reconnecting'), []);
    a.ws.terminate();
    b.close();
  });
}

test('gone at once after disconnect() of the client, over WebSocket and polling', TIMEOUT, async () => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const [a, b] = await call(server, { transports }, { transports });
    a.socket.disconnect();
    assert.deepEqual(await b.next('peer-disconnected'), { sessionId: a.match.sessionId, reason: 'left' });
    assert.deepEqual(b.all('peer-reconnecting'), []);
    b.close();
  }
});

test('gone at once after an Engine.IO close by polling', TIMEOUT, async () => {
  const b = await Client.connect(server);
  const polling = await Polling.open(server);
  await polling.send(`40/signaling,${JSON.stringify({ token: token('polling-leaver') })}`);
  await polling.send('42/signaling,["join-queue",{"language":"polling-leaver"}]');
  b.emit('join-queue', { language: 'polling-leaver' });
  await b.next('matched');
  assert.equal((await polling.send('1')).status, 200);
  assert.equal((await b.next('peer-disconnected')).reason, 'left');
  b.close();
});

test('a device that left has no call to come back to', TIMEOUT, async () => {
  const [a, b] = await call(server);
  a.socket.disconnect();
  await b.next('peer-disconnected');
  const again = await Client.connect(server, { deviceId: a.deviceId });
  assert.equal(again.greeting.session, undefined);
  assert.equal((await again.ask('join-queue', {})).ok, true);
  close(again, b);
});

test('sessions are counted while they live and when they end, by reason', TIMEOUT, async () => {
  const quiet = await Server.start();
  const [a, b] = await call(quiet);
  assert.equal(await value(quiet, 'active_sessions'), 1);
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  assert.equal(await value(quiet, 'active_sessions'), 0);
  assert.equal(await value(quiet, 'sessions_ended_total', { reason: 'ended' }), 1);
  close(a, b);
  await quiet.stop('SIGKILL');
});

test('connection-state is counted once a client, session and state', TIMEOUT, async () => {
  const quiet = await Server.start();
  const [a, b] = await call(quiet);
  const { sessionId } = a.match;
  const report = (client, payload) => client.ask('connection-state', { sessionId, ...payload });
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await report(a, { state: 'connected', candidateType: 'host', timeToConnectMs: 250 })).ok, true);
  }
  await report(b, { state: 'connected', candidateType: 'relay' });
  await report(b, { state: 'failed' });
  await report(b, { state: 'disconnected' });
  assert.equal(await value(quiet, 'connection_success_total', { connection_type: 'p2p' }), 1);
  assert.equal(await value(quiet, 'connection_success_total', { connection_type: 'turn' }), 1);
  assert.equal(await value(quiet, 'connection_failures_total'), 1);
  assert.equal(await value(quiet, 'time_to_connect_seconds_count'), 1);
  assert.equal(await value(quiet, 'time_to_connect_by_route_seconds_count', { route: 'host' }), 1);
  assert.ok(Math.abs((await value(quiet, 'time_to_connect_seconds_sum')) - 0.25) < 1e-6);
  close(a, b);
  await quiet.stop('SIGKILL');
});
