// Transports and namespaces, with the newest client and the oldest: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENTS, Client, match } from './lib/client.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop('SIGKILL'));

const TRANSPORTS = {
  'polling, then upgraded': { transports: ['polling', 'websocket'], ends: 'websocket' },
  'websocket alone': { transports: ['websocket'], ends: 'websocket' },
  'polling alone': { transports: ['polling'], ends: 'polling' },
};

for (const [clientName, io] of Object.entries(CLIENTS)) {
  for (const [transportName, { transports, ends }] of Object.entries(TRANSPORTS)) {
    for (const namespace of ['/signaling', '/']) {
      test(`a whole call: ${clientName}, ${transportName}, namespace ${namespace}`, TIMEOUT, async () => {
        const options = { io, transports, namespace };
        const [first, second] = await Promise.all([Client.connect(server, options), Client.connect(server, options)]);
        try {
          if (transports.length > 1) await upgraded(first);
          assert.equal(first.socket.io.engine.transport.name, ends);
          const [a, b] = await match(first, second);
          await aWholeCall(a, b);
        } finally {
          first.close();
          second.close();
        }
      });
    }
  }
}

function upgraded({ socket }) {
  const { engine } = socket.io;
  if (engine.transport.name === 'websocket') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no upgrade within 5 s')), 5_000);
    engine.once('upgrade', () => {
      clearTimeout(late);
      resolve();
    });
  });
}

async function aWholeCall(a, b) {
  const { sessionId } = a.match;
  a.emit('send-offer', { sessionId, type: 'offer', data: { type: 'offer', sdp: 'v=0' } });
  assert.deepEqual(await b.next('offer'), { sessionId, offer: { type: 'offer', sdp: 'v=0' }, from: b.match.peerId });
  b.emit('send-answer', { sessionId, type: 'answer', data: { type: 'answer', sdp: 'v=0' } });
  assert.deepEqual(await a.next('answer'), { sessionId, answer: { type: 'answer', sdp: 'v=0' }, from: a.match.peerId });
  for (let i = 0; i < 20; i += 1) a.emit('send-candidate', { sessionId, type: 'candidate', data: { i } });
  for (let i = 0; i < 20; i += 1) assert.deepEqual((await b.next('candidate')).candidate, { i });
  a.emit('send-message', { sessionId, message: 'Grüße 👋', sender: 'Ana', timestamp: 5 });
  assert.deepEqual(await b.next('message'), {
    sessionId,
    message: 'Grüße 👋',
    sender: 'Ana',
    timestamp: 5,
    from: b.match.peerId,
  });
  b.emit('send-reaction', { sessionId, emoji: '🎉', timestamp: 6 });
  assert.deepEqual(await a.next('reaction'), { sessionId, emoji: '🎉', timestamp: 6, from: a.match.peerId });
  a.emit('end-call', { sessionId });
  assert.equal((await a.next('call-ended')).sessionId, sessionId);
  assert.deepEqual(await b.next('peer-disconnected'), { sessionId, reason: 'ended' });
  assert.deepEqual([...a.all('error'), ...b.all('error')], []);
}

test('both namespaces are one gateway: a client of each meet in one call', TIMEOUT, async () => {
  const first = await Client.connect(server, { namespace: '/signaling' });
  const second = await Client.connect(server, { namespace: '/', transports: ['polling'] });
  const [a, b] = await match(first, second);
  await aWholeCall(a, b);
  first.close();
  second.close();
});

test('the default options of socket.io-client work', TIMEOUT, async () => {
  for (const io of Object.values(CLIENTS)) {
    const client = await Client.connect(server, { io, transports: undefined, reconnection: undefined });
    assert.equal(client.greeting.deviceId, client.deviceId);
    assert.equal(client.greeting.session, undefined);
    assert.ok(Math.abs(new Date(client.greeting.timestamp) - Date.now()) < 5_000, JSON.stringify(client.greeting));
    client.close();
  }
});

test('another namespace is refused by name, and the connection lives on', TIMEOUT, async () => {
  const stranger = new Client(server, { namespace: '/elsewhere' });
  const error = await stranger.next('(connect_error)');
  assert.equal(error.message, 'Invalid namespace');
  stranger.close();
});
