// A peer that vanishes is held, and comes back or not: CONTRACT §4.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CLIENTS, Client, call } from './lib/client.mjs';
import { device, token } from './lib/http.mjs';
import { Polling } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
const GRACE = 3_000;
let server;
before(async () => {
  server = await Server.start({ RECONNECT_GRACE_MS: String(GRACE), PING_INTERVAL_MS: '1000', PING_TIMEOUT_MS: '1000' });
});
after(() => server.stop('SIGKILL'));

const close = (...clients) => clients.forEach((client) => client.close());

for (const [name, io] of Object.entries(CLIENTS)) {
  test(`a cut client comes back by itself, and nothing sent meanwhile is lost (${name})`, TIMEOUT, async () => {
    const options = { io, reconnection: true, reconnectionDelay: 300, reconnectionDelayMax: 300, randomizationFactor: 0 };
    const [a, b] = await call(server, options, options);
    const { sessionId } = a.match;
    a.cut();
    assert.deepEqual(await b.next('peer-reconnecting'), { sessionId, graceMs: GRACE });
    b.emit('send-offer', { sessionId, data: { sdp: 'restart' } });
    for (let i = 0; i < 10; i += 1) b.emit('send-candidate', { sessionId, data: { i } });
    b.emit('send-message', { sessionId, message: 'are you there?' });
    assert.equal((await b.ask('send-reaction', { sessionId, emoji: '👀' })).ok, true);
    a.forget();
    const { session } = await a.next('connected');
    for (const key of ['sessionId', 'peerId', 'role', 'polite', 'region', 'language']) {
      assert.equal(session[key], a.match[key], key);
    }
    assert.deepEqual(await b.next('peer-reconnected'), { sessionId });
    await a.next('reaction');
    const relayed = ['offer', 'candidate', 'message', 'reaction'];
    const order = a.heard.filter((event) => relayed.includes(event.name)).map((event) => event.name);
    assert.deepEqual(order, ['offer', ...Array(10).fill('candidate'), 'message', 'reaction']);
    assert.deepEqual(a.all('candidate').map((event) => event.candidate.i), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    a.emit('send-message', { sessionId, message: 'back' });
    assert.equal((await b.next('message')).message, 'back');
    close(a, b);
  });
}

test('one that does not come back is a timeout after the grace, not before', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  a.cut();
  await b.next('peer-reconnecting');
  const since = Date.now();
  assert.deepEqual(await b.next('peer-disconnected'), { sessionId, reason: 'timeout' });
  const waited = Date.now() - since;
  assert.ok(waited > GRACE - 500 && waited < GRACE + 2_000, `after ${waited} ms`);
  assert.equal((await b.ask('send-message', { sessionId, message: 'm' })).error.code, 'session_not_found');
  const late = await Client.connect(server, { deviceId: a.deviceId });
  assert.equal(late.greeting.session, undefined);
  close(late, b);
});

test('the other may end the call meanwhile', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  a.cut();
  await b.next('peer-reconnecting');
  assert.equal((await b.ask('end-call', { sessionId })).ok, true);
  assert.equal((await b.next('call-ended')).sessionId, sessionId);
  const again = await Client.connect(server, { deviceId: a.deviceId });
  assert.equal(again.greeting.session, undefined);
  assert.deepEqual(b.all('peer-disconnected'), []);
  close(again, b);
});

test('both cut, both come back to the same call', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  a.cut();
  await b.next('peer-reconnecting');
  b.cut();
  const second = await Client.connect(server, { deviceId: b.deviceId });
  const first = await Client.connect(server, { deviceId: a.deviceId });
  assert.equal(first.greeting.session.sessionId, sessionId);
  assert.equal(second.greeting.session.sessionId, sessionId);
  first.emit('send-message', { sessionId, message: 'together again' });
  assert.equal((await second.next('message')).message, 'together again');
  close(first, second);
});

test('a client that stops answering pings is held, then gone', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { engine } = a.socket.io;
  engine.sendPacket = engine._sendPacket = () => {};
  const { graceMs } = await b.next('peer-reconnecting');
  assert.equal(graceMs, GRACE);
  assert.equal((await b.next('peer-disconnected')).reason, 'timeout');
  close(a, b);
});

test('a polling client that stops polling is held, and resumes over WebSocket', TIMEOUT, async () => {
  const deviceId = device();
  const polling = await Polling.open(server);
  await polling.send(`40/signaling,${JSON.stringify({ token: token(deviceId) })}`);
  await polling.send('42/signaling,["join-queue",{"language":"polling-vanisher"}]');
  const b = await Client.connect(server);
  b.emit('join-queue', { language: 'polling-vanisher' });
  const { sessionId } = await b.next('matched');
  await b.next('peer-reconnecting');
  const again = await Client.connect(server, { deviceId });
  assert.equal(again.greeting.session.sessionId, sessionId);
  await b.next('peer-reconnected');
  close(again, b);
});

test('a client process that dies is a cut: its kernel closes the socket without a close frame', TIMEOUT, async () => {
  const deviceId = device();
  const script = fileURLToPath(new URL('./lib/joiner.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, server.url, token(deviceId), 'dying-process']);
  await once(child.stdout, 'data');
  const b = await Client.connect(server);
  b.emit('join-queue', { language: 'dying-process' });
  const { sessionId } = await b.next('matched');
  child.kill('SIGKILL');
  await b.next('peer-reconnecting');
  const again = await Client.connect(server, { deviceId });
  assert.equal(again.greeting.session.sessionId, sessionId);
  close(again, b);
});

test('what is kept for an absent peer is bounded: beyond it, peer_unavailable', TIMEOUT, async () => {
  const roomy = await Server.start({ MAX_EVENTS_PER_SECOND: '0', RECONNECT_GRACE_MS: '20000' });
  const [a, b] = await call(roomy);
  const { sessionId } = a.match;
  a.cut();
  await b.next('peer-reconnecting');
  const blob = 'x'.repeat(60_000);
  let kept = 0;
  let refused;
  while (refused === undefined && kept < 2_000) {
    const answer = await b.ask('send-candidate', { sessionId, data: { i: kept, blob } });
    if (answer.ok) kept += 1;
    else refused = answer.error;
  }
  assert.equal(refused?.code, 'peer_unavailable', `${kept} kept`);
  assert.ok(kept > 0);
  const again = await Client.connect(roomy, { deviceId: a.deviceId });
  for (let i = 0; i < kept; i += 1) assert.equal((await again.next('candidate')).candidate.i, i);
  close(again, b);
  await roomy.stop('SIGKILL');
});
