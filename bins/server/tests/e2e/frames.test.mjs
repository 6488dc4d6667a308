// Malformed packets close their own connection and no other, and are counted: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, call } from './lib/client.mjs';
import { get, request, token } from './lib/http.mjs';
import { scrape, value } from './lib/metrics.mjs';
import { Polling, Raw } from './lib/raw.mjs';
import { Server, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
let server;
let a;
let b;
before(async () => {
  server = await Server.start();
  [a, b] = await call(server);
});
after(() => {
  a.close();
  b.close();
  return server.stop('SIGKILL');
});

const MALFORMED = {
  'an unknown Engine.IO type': '9',
  'no packet at all': '',
  'an unknown Socket.IO type': '49',
  'an event that is no array': '42/signaling,{}',
  'an event without a name': '42/signaling,[]',
  'an event whose name is a number': '42/signaling,[1]',
  'half a JSON': '42/signaling,["send-offer"',
  'bytes after the JSON': '42/signaling,["leave-queue"]x',
  'no JSON': '42/signaling,abc',
  'a CONNECT without JSON': '40/signaling,{',
  'an attachment count of a billion': '451000000000-/signaling,["send-offer",{"_placeholder":true,"num":0}]',
  'an event to a namespace not joined': '42/elsewhere,["x"]',
  'a reserved name': '42/signaling,["connect_error"]',
  'a ping of the client': '2',
  'a thousand levels and no end': `42/signaling,${'['.repeat(1_000)}`,
};

for (const [what, frame] of Object.entries(MALFORMED)) {
  test(`closed and counted: ${what}`, TIMEOUT, async () => {
    const before = await value(server, 'errors_total', { code: 'parse_error' });
    const raw = await Raw.join(server);
    raw.send(frame);
    await raw.closed;
    const after = await until(
      async () => (await value(server, 'errors_total', { code: 'parse_error' })) - before,
      'the offence is counted',
    );
    assert.equal(after, 1);
    a.emit('send-message', { sessionId: a.match.sessionId, message: what });
    assert.equal((await b.next('message')).message, what);
    await until(async () => (await a.ask('send-reaction', { sessionId: a.match.sessionId, emoji: '👍' })).ok, 'a lives');
  });
}

test('text where an attachment is due, and a binary frame out of nowhere', TIMEOUT, async () => {
  const due = await Raw.join(server);
  due.send('451-/signaling,["send-offer",{"_placeholder":true,"num":0}]').send('42/signaling,["leave-queue"]');
  await due.closed;
  const nowhere = await Raw.join(server);
  nowhere.send(Buffer.from([1, 2, 3]));
  await nowhere.closed;
});

test('deep JSON neither stalls nor stops the server', TIMEOUT, async () => {
  const raw = await Raw.join(server);
  const depth = 60_000;
  raw.send(`42/signaling,["send-offer",${'['.repeat(depth)}${']'.repeat(depth)}]`);
  const started = Date.now();
  assert.equal((await get(server, '/health')).status, 200);
  assert.ok(Date.now() - started < 1_000);
  raw.close();
});

test('a malformed packet by polling ends that session', TIMEOUT, async () => {
  const before = await value(server, 'errors_total', { code: 'parse_error' });
  const polling = await Polling.open(server);
  await polling.send(`40/signaling,${JSON.stringify({ token: token('polling-rubbish') })}`);
  await polling.poll();
  await polling.send('42/signaling,[');
  await until(async () => (await polling.poll()).status === 400, 'the session is gone');
  assert.equal((await value(server, 'errors_total', { code: 'parse_error' })) - before, 1);
});

test('unknown ACK ids are ignored', TIMEOUT, async () => {
  const raw = await Raw.join(server);
  raw.send('43/signaling,999[]');
  raw.emit('leave-queue', 'null');
  assert.equal((await raw.event('error')).payload.code, 'not_in_queue');
  raw.close();
});

test('Engine.IO errors are JSON with their codes', TIMEOUT, async () => {
  const cases = [
    ['GET', '/socket.io/?EIO=4&transport=pigeon', 0, 'Transport unknown'],
    ['GET', '/socket.io/?EIO=4&transport=polling&sid=nobody', 1, 'Session ID unknown'],
    ['POST', '/socket.io/?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['GET', '/socket.io/?EIO=3&transport=polling', 5, 'Unsupported protocol version'],
    ['GET', '/socket.io/?EIO=4', 0, 'Transport unknown'],
  ];
  for (const [method, path, code, message] of cases) {
    const answer = await request(server, method, path);
    assert.equal(answer.status, 400, path);
    assert.deepEqual(answer.json, { code, message }, path);
  }
});

test('several packets of one polling body are handled in order', TIMEOUT, async () => {
  const polling = await Polling.open(server);
  await polling.send(`40/signaling,${JSON.stringify({ token: token('polling-batch') })}`);
  const language = '{"language":"polling-batch"}';
  const posted = await polling.send(
    `42/signaling,1["join-queue",${language}]\x1e42/signaling,2["leave-queue"]\x1e42/signaling,3["leave-queue"]`,
  );
  assert.deepEqual([posted.status, posted.text], [200, 'ok']);
  let heard = '';
  while (!heard.includes('43/signaling,3[')) heard += `${(await polling.poll()).text}\x1e`;
  const acks = heard.split('\x1e').filter((packet) => packet.startsWith('43'));
  assert.deepEqual(acks.map((ack) => ack.slice(0, 15)), ['43/signaling,1[', '43/signaling,2[', '43/signaling,3[']);
  assert.deepEqual(acks.map((ack) => JSON.parse(ack.slice(14))[0].ok), [true, true, false]);
});

test('a client that reads nothing is closed rather than buffered for', TIMEOUT, async () => {
  const roomy = await Server.start({ MAX_EVENTS_PER_SECOND: '0', RECONNECT_GRACE_MS: '500' });
  const sink = await Raw.join(roomy);
  const source = await Client.connect(roomy);
  sink.emit('join-queue', '{"language":"sink"}');
  await sink.event('queue-joined');
  source.emit('join-queue', { language: 'sink' });
  const { sessionId } = await source.next('matched');
  await sink.event('matched');
  sink.ws._socket.pause();
  const blob = 'x'.repeat(100_000);
  let gone = false;
  source.next('peer-disconnected', { within: 30_000 }).then(() => (gone = true), () => {});
  for (let i = 0; i < 400 && !gone; i += 1) await source.ask('send-candidate', { sessionId, data: { i, blob } });
  await until(() => gone, 'the reader that does not read is dropped', 15_000);
  const { samples } = await scrape(roomy);
  const resident = samples.find(({ name }) => name === 'process_resident_memory_bytes').value;
  assert.ok(resident < 150e6, `${resident} bytes resident`);
  source.close();
  sink.ws.terminate();
  await roomy.stop('SIGKILL');
});
