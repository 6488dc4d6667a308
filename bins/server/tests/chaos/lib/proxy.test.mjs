import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { pause } from './processes.mjs';
import { Proxy } from './proxy.mjs';

const SOON_MS = 150;
const proxies = [];
let echo;
let arrived = '';
before(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      arrived += data;
      socket.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
after(() => {
  for (const proxy of proxies) proxy.close();
  echo.close();
});

/** A proxy, and a connection through it with what came back. */
async function through() {
  const proxy = await Proxy.start(echo.address().port);
  proxies.push(proxy);
  const socket = connect(proxy.port, '127.0.0.1');
  const seen = { text: '', closed: false };
  socket.on('data', (data) => (seen.text += data));
  socket.on('error', () => {});
  socket.on('close', () => (seen.closed = true));
  await once(socket, 'connect');
  return { proxy, socket, seen };
}

test('passes, and passes late in the same order', async () => {
  const { proxy, socket, seen } = await through();
  socket.write('a');
  await pause(SOON_MS);
  assert.equal(seen.text, 'a');
  proxy.set('pass', 300);
  socket.write('b');
  await pause(SOON_MS);
  proxy.set('pass');
  socket.write('c');
  assert.equal(seen.text, 'a');
  await pause(900);
  assert.equal(seen.text, 'abc');
});

test('keeps everything in a hole, until it ends', async () => {
  const { proxy, socket, seen } = await through();
  proxy.set('hole');
  socket.write('a');
  await pause(SOON_MS);
  assert.deepEqual(seen, { text: '', closed: false });
  proxy.set('pass');
  await pause(SOON_MS);
  assert.equal(seen.text, 'a');
});

test('loses the replies, not the requests, and then the connection', async () => {
  const { proxy, socket, seen } = await through();
  proxy.set('deaf');
  arrived = '';
  socket.write('request');
  await pause(SOON_MS);
  assert.deepEqual([arrived, seen.text, seen.closed], ['request', '', false]);
  proxy.set('pass');
  await pause(SOON_MS);
  assert.equal(seen.closed, true);
});

test('cuts those who are there and those who come', async () => {
  const { proxy, seen } = await through();
  proxy.set('cut');
  await pause(SOON_MS);
  assert.equal(seen.closed, true);
  const late = connect(proxy.port, '127.0.0.1');
  late.on('error', () => {});
  await new Promise((resolve) => late.on('close', resolve));
});
