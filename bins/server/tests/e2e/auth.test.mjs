// Who may connect, and what takes over whom: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENTS, Client, call, match, unique } from './lib/client.mjs';
import { device, sign, token } from './lib/http.mjs';
import { Server, pause } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
let server;
before(async () => {
  server = await Server.start({ RECONNECT_GRACE_MS: '2000' });
});
after(() => server.stop('SIGKILL'));

for (const [name, io] of Object.entries(CLIENTS)) {
  test(`the token: bare, with Bearer, or in the Authorization header (${name})`, TIMEOUT, async () => {
    for (const transports of [['websocket'], ['polling']]) {
      const deviceId = device();
      const jwt = token(deviceId);
      const ways = [
        { auth: { token: jwt } },
        { auth: { token: `Bearer ${jwt}` } },
        { auth: { token: `bearer ${jwt}` } },
        { auth: {}, extraHeaders: { authorization: `Bearer ${jwt}` } },
        { auth: undefined, extraHeaders: { authorization: `Bearer ${jwt}` } },
      ];
      for (const way of ways) {
        const client = await Client.connect(server, { io, transports, deviceId, ...way });
        assert.equal(client.greeting.deviceId, deviceId);
        client.close();
      }
    }
  });

  test(`a refusal tells its code (${name})`, TIMEOUT, async () => {
    const now = Math.floor(Date.now() / 1000);
    const fine = { sub: 'd', deviceId: 'd', iat: now, exp: now + 60 };
    const refusals = [
      [{}, 'unauthorized'],
      [{ token: '' }, 'unauthorized'],
      [{ token: 'rubbish' }, 'unauthorized'],
      [{ token: 5 }, 'unauthorized'],
      [{ token: null }, 'unauthorized'],
      [{ token: sign(fine, { secret: 'another secret of more than thirty-two bytes' }) }, 'unauthorized'],
      [{ token: sign({ ...fine, exp: undefined }) }, 'unauthorized'],
      [{ token: sign({ ...fine, role: 'emperor' }) }, 'unauthorized'],
      [{ token: sign(fine, { header: { alg: 'none' } }) }, 'unauthorized'],
      [{ token: token('d', { seconds: -6 }) }, 'token_expired'],
    ];
    for (const [auth, code] of refusals) {
      const client = new Client(server, { io, auth });
      const error = await client.next('(connect_error)');
      assert.equal(error.data?.code, code, JSON.stringify(auth));
      assert.equal(typeof error.message, 'string');
      assert.ok(error.message.length > 0);
      client.close();
    }
  });
}

test('a call outlives its token', TIMEOUT, async () => {
  const deviceId = device();
  const short = { deviceId, auth: { token: token(deviceId, { seconds: 1 }) } };
  const [a, b] = await call(server, short);
  // One second of life and at most five of leeway: after seven it is expired by any reading.
  await pause(7_000);
  a.emit('send-message', { sessionId: a.match.sessionId, message: 'still here' });
  assert.equal((await b.next('message')).message, 'still here');
  a.close();
  b.close();
});

for (const [name, io] of Object.entries(CLIENTS)) {
  test(`a newer connection takes over, and the older does not come back by itself (${name})`, TIMEOUT, async () => {
    const deviceId = device();
    const reconnecting = { io, deviceId, reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 };
    const older = await Client.connect(server, reconnecting);
    const newer = await Client.connect(server, reconnecting);
    const error = await older.next('error');
    assert.equal(error.code, 'superseded');
    assert.equal(await older.next('(disconnect)'), 'io server disconnect');
    await newer.fence();
    assert.equal(older.socket.connected, false);
    assert.deepEqual(newer.all('(disconnect)'), []);
    older.close();
    newer.close();
  });
}

test('a newer connection resumes the call it finds', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  const newer = await Client.connect(server, { deviceId: a.deviceId, transports: ['polling'], namespace: '/' });
  assert.equal((await a.next('error')).code, 'superseded');
  const { session } = newer.greeting;
  for (const key of ['sessionId', 'peerId', 'role', 'polite', 'region', 'language']) {
    assert.equal(session[key], a.match[key], key);
  }
  assert.ok(Array.isArray(session.iceServers));
  b.emit('send-message', { sessionId, message: 'to the newer' });
  assert.equal((await newer.next('message')).message, 'to the newer');
  newer.emit('send-message', { sessionId, message: 'from the newer' });
  const { message, from } = await b.next('message');
  assert.deepEqual({ message, from }, { message: 'from the newer', from: b.match.peerId });
  assert.deepEqual(b.all('peer-disconnected'), []);
  assert.deepEqual(a.all('message'), []);
  for (const client of [a, b, newer]) client.close();
});

test('the ticket of a connection that was taken over is withdrawn', TIMEOUT, async () => {
  const deviceId = device();
  const language = unique();
  const older = await Client.connect(server, { deviceId });
  await older.ask('join-queue', { language });
  const newer = await Client.connect(server, { deviceId });
  await older.next('(disconnect)');
  const other = await Client.connect(server);
  await other.ask('join-queue', { language });
  assert.equal((await other.next('queue-joined')).position, 1);
  assert.equal((await newer.ask('leave-queue')).error.code, 'not_in_queue');
  await newer.ask('join-queue', { language });
  assert.equal((await newer.next('matched')).sessionId, (await other.next('matched')).sessionId);
  for (const client of [older, newer, other]) client.close();
});

test('a device id never reaches the peer, nor a log line', TIMEOUT, async () => {
  const talkative = await Server.start({ LOG_LEVEL: 'trace' });
  const [a, b] = await call(talkative);
  a.emit('send-offer', { sessionId: a.match.sessionId, data: 1 });
  await b.next('offer');
  a.close();
  await b.next('peer-disconnected');
  b.close();
  await talkative.stop();
  const told = JSON.stringify(b.heard.map(({ args }) => args));
  assert.ok(!told.includes(a.deviceId), told);
  assert.notEqual(a.match.peerId, b.match.peerId);
  const log = talkative.output.stdout + talkative.output.stderr;
  assert.ok(log.length > 200, 'tracing says something');
  for (const { deviceId, token: jwt } of [a, b]) {
    assert.ok(!log.includes(deviceId), 'a device id is logged in clear');
    assert.ok(!log.includes(jwt), 'a token is logged');
  }
});

test('pseudonyms are made for one session: the same pair has others next time', TIMEOUT, async () => {
  const quick = await Server.start({ REMATCH_AFTER_MS: '50' });
  const [a, b] = await call(quick);
  const before = new Set([a.match.peerId, b.match.peerId]);
  const first = a.match.sessionId;
  await a.ask('end-call', { sessionId: first });
  await b.next('peer-disconnected');
  await match(a.forget(), b.forget());
  assert.notEqual(a.match.sessionId, first);
  assert.ok(!before.has(a.match.peerId) && !before.has(b.match.peerId));
  a.close();
  b.close();
  await quick.stop('SIGKILL');
});
