// Draining and durability: CONTRACT §1 and §3.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, call } from './lib/client.mjs';
import { get, moderator, post } from './lib/http.mjs';
import { Server, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 60_000 };

test('SIGTERM: readiness falls, clients are told to go, the process ends with 0', TIMEOUT, async () => {
  const server = await Server.start({ DRAIN_TIMEOUT_MS: '4000' });
  const [a, b] = await call(server);
  const idle = await Client.connect(server);
  const started = Date.now();
  server.child.kill('SIGTERM');
  const unready = await until(async () => {
    const answer = await get(server, '/health/ready').catch(() => undefined);
    return answer?.status === 503 && answer;
  }, 'readiness falls while the server still answers');
  assert.match(unready.text, /drain/i);
  for (const client of [a, b, idle]) {
    const { reconnectInMs } = await client.next('server-draining');
    assert.ok(reconnectInMs >= 0 && reconnectInMs <= 4_000, String(reconnectInMs));
  }
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  assert.ok(Date.now() - started < 8_000, `ended after ${Date.now() - started} ms`);
  for (const client of [a, b, idle]) client.close();
});

test('calls go on while the server drains, and when the last one is over it ends at once', TIMEOUT, async () => {
  const server = await Server.start({ DRAIN_TIMEOUT_MS: '30000' });
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  const started = Date.now();
  server.child.kill('SIGTERM');
  await b.next('server-draining');
  assert.equal((await a.ask('join-queue')).error.code, 'service_unavailable');
  assert.deepEqual(await a.ask('send-offer', { sessionId, data: 1 }), { ok: true });
  assert.equal((await b.next('offer')).offer, 1);
  const newcomer = new Client(server);
  assert.equal((await newcomer.next('(connect_error)')).data.code, 'service_unavailable');
  a.emit('end-call', { sessionId });
  await b.next('peer-disconnected');
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  assert.ok(Date.now() - started < 15_000, `ended after ${Date.now() - started} ms`);
  for (const client of [a, b, newcomer]) client.close();
});

test('a second signal ends a drain', TIMEOUT, async () => {
  const server = await Server.start({ DRAIN_TIMEOUT_MS: '30000' });
  const [a, b] = await call(server);
  server.child.kill('SIGTERM');
  await a.next('server-draining');
  assert.deepEqual(await server.stop('SIGINT'), { code: 0, signal: null });
  for (const client of [a, b]) client.close();
});

test('a drained client is hung up on in a way that lets it come back elsewhere by itself', TIMEOUT, async () => {
  const server = await Server.start({ DRAIN_TIMEOUT_MS: '1500' });
  const client = await Client.connect(server, { reconnection: true, reconnectionDelay: 50 });
  server.child.kill('SIGTERM');
  const reason = await client.next('(disconnect)');
  assert.notEqual(reason, 'io server disconnect', 'the client would stay away for good');
  await server.exited;
  const successor = await Server.start({ PORT: String(server.port) }, { cwd: server.cwd });
  await client.next('connected');
  client.close();
  await successor.stop('SIGKILL');
});

test('what was acknowledged survives kill -9: reports, verdicts and blocks', TIMEOUT, async () => {
  const server = await Server.start();
  const [a, b] = await call(server);
  const report = (reason) =>
    post(server, '/reports', { reportedPeerId: a.match.peerId, sessionId: a.match.sessionId, reason }, { token: a.token });
  const accepted = (await report('spam')).json.reportId;
  const pending = (await report('other')).json.reportId;
  const verdict = await post(server, '/reports/moderate', { reportId: accepted, decision: 'accepted' }, { token: moderator() });
  assert.equal(verdict.status, 201, verdict.text);
  await server.stop('SIGKILL');

  const successor = await Server.start({}, { cwd: server.cwd });
  const list = (await get(successor, '/reports', { token: moderator() })).json;
  assert.deepEqual(list.map(({ id, status }) => [id, status]), [[pending, 'pending'], [accepted, 'accepted']]);
  const blocked = new Client(successor, { deviceId: b.deviceId });
  assert.equal((await blocked.next('(connect_error)')).data.code, 'device_blocked');
  assert.equal((await post(successor, '/auth/refresh', undefined, { token: b.token })).status, 403);
  for (const client of [a, b, blocked]) client.close();
  await successor.stop('SIGKILL');
});
