// docs/asyncapi.yaml is kept true: what is heard in a life with everything in it fits the schemas, and nothing else is heard.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { Client, call } from './lib/client.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
const document = parse(readFileSync(new URL('../../../../docs/asyncapi.yaml', import.meta.url), 'utf8'));
const ajv = new Ajv({ strict: false });
ajv.addSchema({ $id: 'doc', components: document.components });

const names = (operation) => document.operations[operation].messages.map(({ $ref }) => $ref.split('/').at(-1));
const validator = (name) => ajv.compile({ $ref: `doc#/components/messages/${name}/payload` });

test('every event of the server fits its schema', TIMEOUT, async () => {
  const server = await Server.start({ RECONNECT_GRACE_MS: '3000', DRAIN_TIMEOUT_MS: '1500' });
  const heard = new Map();
  const acks = [];
  const remember = (client) => {
    for (const { name, args } of client.heard) {
      if (!name.startsWith('(')) heard.set(name, [...(heard.get(name) ?? []), ...args]);
    }
  };

  const [a, b] = await call(server);
  const { sessionId } = a.match;
  for (const [event, payload] of [
    ['send-offer', { sessionId, data: {} }],
    ['send-answer', { sessionId, data: null }],
    ['send-candidate', { sessionId, data: 'x' }],
    ['send-message', { sessionId, message: 'm', sender: 's' }],
    ['send-reaction', { sessionId, emoji: '👍' }],
    ['connection-state', { sessionId, state: 'connected' }],
    ['send-offer', { sessionId }],
    ['leave-queue'],
  ]) {
    acks.push(await a.ask(event, ...(payload === undefined ? [] : [payload])));
  }
  await a.fault('send-offer', { sessionId: 'nowhere', data: 1 });
  await a.fault('no-such-event');
  a.cut();
  await b.next('peer-reconnecting');
  const again = await Client.connect(server, { deviceId: a.deviceId });
  await b.next('peer-reconnected');
  acks.push(await again.ask('end-call', { sessionId }));
  await b.next('peer-disconnected');
  acks.push(await b.ask('join-queue', {}), await b.ask('leave-queue'));
  await b.next('queue-left');
  server.child.kill('SIGTERM');
  await b.next('server-draining');
  await server.exited;
  for (const client of [a, b, again]) {
    remember(client);
    client.close();
  }

  assert.deepEqual([...heard.keys()].sort(), names('toClients').sort(), 'the events heard are those described');
  for (const [name, payloads] of heard) {
    const valid = validator(name);
    for (const payload of payloads) assert.ok(valid(payload), `${name} ${JSON.stringify(payload)}: ${ajv.errorsText(valid.errors)}`);
  }
  const valid = validator('ack');
  for (const ack of acks) assert.ok(valid(ack), `ack ${JSON.stringify(ack)}: ${ajv.errorsText(valid.errors)}`);
});

test('every event of a client that is described is known to the server', TIMEOUT, async () => {
  const server = await Server.start();
  const client = await Client.connect(server);
  for (const name of names('fromClients')) {
    const { error } = await client.ask(name);
    assert.notEqual(error?.code, 'unknown_event', name);
  }
  client.close();
  await server.stop('SIGKILL');
});
