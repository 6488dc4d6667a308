// Limits that answer rather than kill, and the few that close: CONTRACT §3 and §4.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, call } from './lib/client.mjs';
import { UPGRADE, device, get, post, token } from './lib/http.mjs';
import { value } from './lib/metrics.mjs';
import { Polling, Raw } from './lib/raw.mjs';
import { Server, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
const close = (...clients) => clients.forEach((client) => client.close());

async function withServer(settings, body) {
  const server = await Server.start(settings);
  try {
    await body(server);
  } finally {
    await server.stop('SIGKILL');
  }
}

test('events: a burst of 300 passes, more is answered and not relayed', TIMEOUT, () =>
  withServer({}, async (server) => {
    const [a, b] = await call(server);
    const { sessionId } = a.match;
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, i) => a.ask('send-candidate', { sessionId, data: { i } })),
    );
    const refused = answers.filter(({ ok }) => !ok);
    const passed = answers.length - refused.length;
    assert.ok(passed >= 290 && passed <= 380, `${passed} of 400 passed`);
    for (const { error } of refused) {
      assert.deepEqual([error.code, error.message], ['rate_limited', 'Rate limit exceeded. Please wait.']);
    }
    await b.fence();
    assert.equal(b.all('candidate').length, passed);
    assert.equal(a.socket.connected, true);
    assert.ok((await value(server, 'rate_limit_hits_total')) >= refused.length);
    await until(async () => (await a.ask('send-candidate', { sessionId, data: 1 })).ok, 'events pass again');
    close(a, b);
  }));

test('without an ack the event tells of the limit, and when to try again', TIMEOUT, () =>
  withServer({ MAX_EVENTS_PER_SECOND: '2' }, async (server) => {
    const [a, b] = await call(server);
    for (let i = 0; i < 15; i += 1) a.emit('send-candidate', { sessionId: a.match.sessionId, data: i });
    const told = await a.next('error');
    assert.deepEqual([told.code, told.event], ['rate_limited', 'send-candidate']);
    assert.ok(told.retryAfterMs > 0 && told.retryAfterMs <= 5_000, String(told.retryAfterMs));
    close(a, b);
  }));

test('a flood that goes on is closed, and only that connection', TIMEOUT, () =>
  withServer({}, async (server) => {
    const [a, b] = await call(server);
    const payload = { sessionId: a.match.sessionId, data: 1 };
    let closed = false;
    const gone = a.next('(disconnect)', { within: 25_000 }).then(() => (closed = true));
    while (!closed) {
      for (let i = 0; i < 200; i += 1) a.emit('send-candidate', payload);
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    const passed = b.all('candidate').length;
    assert.ok(passed < 3_500, `${passed} of a flood were relayed`);
    assert.equal(b.socket.connected, true);
    close(a, b);
  }));

test('limits are of the connection: joining its namespace anew is no way around them, and limited itself', TIMEOUT, () =>
  withServer({ MAX_EVENTS_PER_SECOND: '10' }, async (server) => {
    const raw = await Raw.join(server);
    const anew = `40/signaling,${JSON.stringify({ token: token(raw.deviceId) })}`;
    const count = (start) => raw.frames.filter((frame) => frame.startsWith(start)).length;
    for (let round = 0; round < 4; round += 1) {
      for (let i = 0; i < 15; i += 1) raw.send('42/signaling,["no-such-event"]');
      raw.send('41/signaling,').send(anew);
    }
    await until(() => count('42/signaling,["error"') === 60, 'an answer to each event');
    const passed = raw.frames.filter((frame) => frame.includes('unknown_event')).length;
    assert.ok(passed >= 30 && passed < 50, `${passed} of 60 passed`);
    const stranger = await Raw.open(server);
    for (let i = 0; i < 400; i += 1) stranger.send('40/signaling,{"token":"rubbish"}');
    await stranger.closed;
    const refused = stranger.frames.filter((frame) => frame.startsWith('44/signaling,') && frame.includes('rate_limited'));
    assert.ok(refused.length > 0, 'told before it is closed');
  }));

test('chat: a burst of 20, then 5 a second', TIMEOUT, () =>
  withServer({}, async (server) => {
    const [a, b] = await call(server);
    const { sessionId } = a.match;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => a.ask('send-message', { sessionId, message: String(i) })),
    );
    const passed = answers.filter(({ ok }) => ok).length;
    assert.ok(passed >= 20 && passed <= 26, `${passed} of 40 passed`);
    assert.ok(answers.filter(({ ok }) => !ok).every(({ error }) => error.code === 'rate_limited'));
    await b.fence();
    assert.deepEqual(b.all('message').map(({ message }) => message), Array.from({ length: passed }, (_, i) => answers[i].ok && String(i)));
    assert.equal((await a.ask('send-candidate', { sessionId, data: 1 })).ok, true, 'signaling is not held up by chat');
    close(a, b);
  }));

test('connections an address: one too many is refused, one that left makes room', TIMEOUT, () =>
  withServer({ MAX_CONNECTIONS_PER_IP: '2' }, async (server) => {
    const first = await Client.connect(server);
    const second = await Client.connect(server, { transports: ['polling'] });
    for (const transports of [['websocket'], ['polling']]) {
      const third = new Client(server, { transports });
      assert.equal((await third.next('(connect_error)')).data.code, 'rate_limited');
      third.close();
    }
    first.close();
    const admitted = await until(async () => {
      const client = new Client(server);
      const heard = await Promise.race([client.next('connected'), client.next('(connect_error)').then(() => undefined)]);
      if (heard === undefined) client.close();
      return heard && client;
    }, 'room for another');
    close(second, admitted);
  }));

test('connections an address: beyond a margin that serves to tell them why, handshakes are refused', TIMEOUT, () =>
  withServer({ MAX_CONNECTIONS_PER_IP: '2' }, async (server) => {
    let opened = 0;
    let answer;
    while ((answer = await get(server, '/socket.io/?EIO=4&transport=polling')).status === 200 && opened < 200) opened += 1;
    assert.equal(answer.status, 429, `${opened} sessions opened`);
    assert.ok(Number(answer.headers['retry-after']) > 0);
    const upgrade = await get(server, '/socket.io/?EIO=4&transport=websocket', { headers: { ...UPGRADE, 'x-request-id': 'one-more' } });
    assert.deepEqual([upgrade.status, upgrade.headers['x-request-id'], upgrade.headers['x-content-type-options']], [429, 'one-more', 'nosniff']);
    assert.ok(Number(upgrade.headers['retry-after']) > 0);
    assert.ok((await value(server, 'rate_limit_hits_total', { limit: 'connections' })) >= 1);
  }));

test('connections an address: behind a trusted proxy its clients count, IPv6 by /64', TIMEOUT, () =>
  withServer({ MAX_CONNECTIONS_PER_IP: '1', TRUSTED_PROXIES: '127.0.0.1' }, async (server) => {
    const admitted = async (address) => {
      const client = new Client(server, { extraHeaders: { 'x-forwarded-for': address } });
      return Promise.race([client.next('connected').then(() => true), client.next('(connect_error)').then(() => false)]);
    };
    assert.equal(await admitted('2001:db8:1:1::1'), true);
    assert.equal(await admitted('2001:db8:1:1:ffff::2'), false, 'the same /64');
    assert.equal(await admitted('2001:db8:1:2::1'), true);
    assert.equal(await admitted('203.0.113.1'), true);
    assert.equal(await admitted('198.51.100.1, 203.0.113.1'), false, 'the rest of the list is the client’s own invention');
  }));

test('HTTP requests an address: 429 with Retry-After; health and metrics are not limited', TIMEOUT, () =>
  withServer({ RATE_LIMIT_MAX_REQUESTS: '5', RATE_LIMIT_WINDOW_MS: '60000' }, async (server) => {
    const statuses = [];
    for (let i = 0; i < 7; i += 1) statuses.push((await post(server, '/auth/token', {})).status);
    assert.deepEqual(statuses, [201, 201, 201, 201, 201, 429, 429]);
    const limited = await post(server, '/auth/token', {});
    assert.ok(Number(limited.headers['retry-after']) >= 1);
    assert.deepEqual([limited.json.statusCode, limited.json.code], [429, 'rate_limited']);
    for (const path of ['/health', '/health/ready', '/metrics']) {
      for (let i = 0; i < 10; i += 1) assert.equal((await get(server, path)).status, 200, path);
    }
  }));

test('a proxy is believed only when it is trusted', TIMEOUT, async () => {
  const settings = { RATE_LIMIT_MAX_REQUESTS: '2', RATE_LIMIT_WINDOW_MS: '60000' };
  const from = (address) => ({ headers: { 'x-forwarded-for': address } });
  await withServer(settings, async (server) => {
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await post(server, '/auth/token', {}, from(`203.0.113.${i}`))).status);
    assert.deepEqual(statuses, [201, 201, 429, 429], 'an untrusted header gave fresh addresses');
  });
  await withServer({ ...settings, TRUSTED_PROXIES: '127.0.0.0/8, ::1/128, 10.0.0.0/8' }, async (server) => {
    const ask = async (address) => (await post(server, '/auth/token', {}, from(address))).status;
    assert.deepEqual([await ask('203.0.113.1'), await ask('203.0.113.1'), await ask('203.0.113.1')], [201, 201, 429]);
    assert.equal(await ask('203.0.113.2'), 201);
    assert.equal(await ask('198.51.100.9, 203.0.113.1, 10.1.2.3'), 429, 'the last untrusted hop is the client');
    assert.equal(await ask('2001:db8:1:1::1'), 201);
    assert.equal(await ask('2001:db8:1:1::2'), 201);
    assert.equal(await ask('2001:db8:1:1:ffff::3'), 429, 'IPv6 is counted by /64');
    assert.equal(await ask('2001:db8:1:2::1'), 201);
  });
});

test('a payload over MAX_PAYLOAD closes that connection alone', TIMEOUT, () =>
  withServer({ MAX_PAYLOAD: '10000' }, async (server) => {
    const [a, b] = await call(server);
    const raw = await Raw.join(server);
    assert.equal(raw.handshake.maxPayload, 10_000);
    raw.send('x'.repeat(10_001));
    assert.equal((await raw.closed).code, 1009);
    const polling = await Polling.open(server);
    assert.equal((await polling.send('4'.repeat(10_001))).status, 413);
    a.emit('send-message', { sessionId: a.match.sessionId, message: 'unharmed' });
    assert.equal((await b.next('message')).message, 'unharmed');
    close(a, b);
  }));

test('a message of just MAX_PAYLOAD passes', TIMEOUT, () =>
  withServer({}, async (server) => {
    const a = await Raw.join(server);
    assert.equal(a.handshake.maxPayload, 131_072);
    const b = await Client.connect(server);
    a.emit('join-queue', '{"language":"big"}');
    await a.event('queue-joined');
    b.emit('join-queue', { language: 'big' });
    const { sessionId } = await b.next('matched');
    await a.event('matched');
    const frame = (data) => `42/signaling,["send-offer",{"sessionId":"${sessionId}","data":"${data}"}]`;
    a.send(frame('x'.repeat(131_072 - frame('').length)));
    assert.equal((await b.next('offer')).offer.length, 131_072 - frame('').length);
    close(a, b);
  }));

test('one frame is never too much for the peer it is relayed to, however large MAX_PAYLOAD', TIMEOUT, () =>
  withServer({ MAX_PAYLOAD: '4000000' }, async (server) => {
    const [a, b] = await call(server);
    const data = 'x'.repeat(3_900_000);
    a.emit('send-offer', { sessionId: a.match.sessionId, data });
    assert.equal((await b.next('offer')).offer.length, data.length);
    assert.equal(b.socket.connected, true);
    close(a, b);
  }));

test('handshake figures are those configured', TIMEOUT, () =>
  withServer({ PING_INTERVAL_MS: '700', PING_TIMEOUT_MS: '600' }, async (server) => {
    const { handshake } = await Polling.open(server);
    assert.deepEqual(Object.keys(handshake).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.deepEqual([handshake.pingInterval, handshake.pingTimeout, handshake.upgrades], [700, 600, ['websocket']]);
    const raw = await Raw.join(server, { deviceId: device() });
    assert.deepEqual(raw.handshake.upgrades, []);
    raw.close();
  }));
