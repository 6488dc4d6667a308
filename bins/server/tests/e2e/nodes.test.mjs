// Several nodes on one Redis: invariants 1 to 9 where two processes have a part in them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, match, unique } from './lib/client.mjs';
import { Cluster, move } from './lib/cluster.mjs';
import { get, moderator, post } from './lib/http.mjs';
import { pause, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 120_000 };

/** Sends numbered messages and awaits that each was taken. */
async function say(from, session, first, count) {
  for (let n = first; n < first + count; n += 1) {
    const answer = await from.ask('send-offer', { sessionId: session, data: n });
    assert.equal(answer.ok, true, JSON.stringify(answer));
  }
}

/** The numbers heard so far. */
const numbers = (client) => client.all('offer').map(({ offer }) => offer);

const range = (first, count) => Array.from({ length: count }, (_, at) => first + at);

async function apart(cluster) {
  const [a, b] = await Promise.all([Client.connect(cluster.nodes[0]), Client.connect(cluster.nodes[1])]);
  const pair = await match(a, b);
  return [...pair, pair[0].match.sessionId];
}

test('two on different nodes meet, talk, chat and hang up', TIMEOUT, async () => {
  const cluster = await Cluster.start(2);
  const [a, b, sessionId] = await apart(cluster);
  assert.equal(b.match.sessionId, sessionId);
  assert.deepEqual([a.match.role, b.match.role].sort(), ['answerer', 'offerer']);
  await say(a, sessionId, 0, 20);
  assert.deepEqual(await b.ask('send-answer', { sessionId, data: { sdp: 'x' } }), { ok: true });
  assert.deepEqual((await a.next('answer')).answer, { sdp: 'x' });
  b.emit('send-message', { sessionId, message: 'привет', sender: 'b' });
  const message = await a.next('message');
  assert.deepEqual([message.message, message.from, message.sender], ['привет', a.match.peerId, 'b']);
  a.emit('send-reaction', { sessionId, emoji: '👋' });
  assert.equal((await b.next('reaction')).emoji, '👋');
  assert.deepEqual(numbers(b), range(0, 20));
  a.emit('end-call', { sessionId });
  await a.next('call-ended');
  assert.equal((await b.next('peer-disconnected')).reason, 'ended');
  const { text } = await get(cluster.nodes[0], '/metrics');
  assert.match(text, /video_chat_relay_remote_total [1-9]/);
  // Both are free again, and may meet others at once.
  const c = await Client.connect(cluster.nodes[0]);
  await match(c, b);
  await cluster.stop();
});

test('a node that dies: the peers hear within 10 s, and its waiting clients meet elsewhere', TIMEOUT, async () => {
  const cluster = await Cluster.start(2, { RECONNECT_GRACE_MS: '3000' });
  const [a, b, sessionId] = await apart(cluster);
  const language = unique();
  const waiting = await Client.connect(cluster.nodes[1]);
  waiting.emit('join-queue', { language });
  await waiting.next('queue-joined');
  await pause(1_500);
  const killed = Date.now();
  await cluster.nodes[1].stop('SIGKILL');
  assert.equal((await a.next('peer-reconnecting', { within: 12_000 })).sessionId, sessionId);
  assert.ok(Date.now() - killed < 10_000, `heard after ${Date.now() - killed} ms`);
  assert.equal((await a.next('peer-disconnected', { within: 12_000 })).reason, 'timeout');
  b.close();
  // The dead node's ticket is gone: a newcomer is not matched with it.
  const newcomer = await Client.connect(cluster.nodes[0]);
  newcomer.emit('join-queue', { language });
  await newcomer.next('queue-joined');
  const back = await move(waiting, cluster.nodes[0]);
  back.emit('join-queue', { language });
  const [one, other] = await Promise.all([back.next('matched'), newcomer.next('matched')]);
  assert.equal(one.sessionId, other.sessionId);
  await cluster.stop();
});

test('one whose node died resumes the call at another', TIMEOUT, async () => {
  const cluster = await Cluster.start(3, { RECONNECT_GRACE_MS: '15000' });
  const [a, b, sessionId] = await apart(cluster);
  await say(a, sessionId, 0, 5);
  await until(() => numbers(b).length === 5, 'all has come');
  await cluster.nodes[1].stop('SIGKILL');
  const back = await move(b, cluster.nodes[2]);
  assert.equal(back.greeting.session?.sessionId, sessionId);
  await a.next('peer-reconnected', { within: 15_000 }).catch(() => {});
  await until(async () => (await back.ask('send-answer', { sessionId, data: 1 })).ok, 'it may speak', 15_000);
  await a.next('answer', { within: 15_000 });
  await say(a, sessionId, 100, 10);
  await until(() => numbers(back).includes(109), 'it hears', 15_000);
  const heard = numbers(back);
  assert.deepEqual(heard, [...new Set(heard)].sort((x, y) => x - y));
  await cluster.stop();
});

test('a device that moves takes its call along; nothing is lost, nothing comes twice', TIMEOUT, async () => {
  const cluster = await Cluster.start(3);
  const [a, b, sessionId] = await apart(cluster);
  let sent = 0;
  let talking = true;
  const talk = (async () => {
    while (talking) {
      await say(a, sessionId, sent, 1);
      sent += 1;
    }
  })();
  const ends = [b];
  for (const at of [2, 0, 1, 2]) {
    await pause(100);
    const before = ends.at(-1);
    const next = await move(before, cluster.nodes[at]);
    assert.equal(next.greeting.session?.sessionId, sessionId, `at node ${at}`);
    await before.next('error', { where: ({ code }) => code === 'superseded' });
    ends.push(next);
    assert.deepEqual(await next.ask('send-answer', { sessionId, data: at }), { ok: true });
  }
  await pause(200);
  talking = false;
  await talk;
  const all = () => ends.flatMap(numbers);
  await until(() => all().length >= sent, 'all has come', 15_000).catch(() => {});
  assert.deepEqual(all(), range(0, sent));
  await until(() => a.all('answer').length === 4, 'what it said has come');
  assert.deepEqual(a.all('answer').map(({ answer }) => answer), [2, 0, 1, 2]);
  await cluster.stop();
});

test('what is said to one that is away waits, and comes in order at another node', TIMEOUT, async () => {
  const cluster = await Cluster.start(3);
  const [a, b, sessionId] = await apart(cluster);
  await say(a, sessionId, 0, 3);
  await until(() => numbers(b).length === 3, 'all has come');
  b.cut();
  await a.next('peer-reconnecting');
  await say(a, sessionId, 3, 50);
  const back = await move(b, cluster.nodes[2]);
  await a.next('peer-reconnected');
  await say(a, sessionId, 53, 10);
  await until(() => numbers(back).length === 60, 'all has come');
  assert.deepEqual(numbers(back), range(3, 60));
  await cluster.stop();
});

test('Redis stands still for 10 s: nothing is lost, joins are refused, all heals', TIMEOUT, async () => {
  const cluster = await Cluster.start(2);
  const [a, b, sessionId] = await apart(cluster);
  const [c, d] = await Promise.all([Client.connect(cluster.nodes[0]), Client.connect(cluster.nodes[0])]);
  await match(c, d);
  cluster.redis.pause();
  await say(a, sessionId, 0, 30);
  assert.deepEqual(await c.ask('send-offer', { sessionId: c.match.sessionId, data: 1 }), { ok: true });
  await d.next('offer');
  const e = new Client(cluster.nodes[1]);
  await e.next('connected', { within: 10_000 });
  assert.equal((await e.ask('join-queue')).error.code, 'service_unavailable');
  const ready = await get(cluster.nodes[0], '/health/ready');
  assert.equal(ready.status, 503);
  assert.equal(ready.json.checks.redis !== 'ok' && 'redis' in ready.json.checks, true, ready.text);
  await pause(5_000);
  cluster.redis.resume();
  await until(() => numbers(b).length === 30, 'all has come', 15_000);
  assert.deepEqual(numbers(b), range(0, 30));
  await until(async () => (await get(cluster.nodes[0], '/health/ready')).status === 200, 'ready again', 15_000);
  await pause(8_000);
  for (const client of [a, b, c, d]) {
    assert.deepEqual(client.all('peer-reconnecting'), []);
    assert.deepEqual(client.all('peer-disconnected'), []);
  }
  const f = await Client.connect(cluster.nodes[0]);
  await match(f, e);
  await cluster.stop();
});

test('Redis forgets everything: calls go on, who waited is matched', TIMEOUT, async () => {
  const cluster = await Cluster.start(2);
  const [a, b, sessionId] = await apart(cluster);
  const language = unique();
  const waiting = await Client.connect(cluster.nodes[0]);
  waiting.emit('join-queue', { language });
  await waiting.next('queue-joined');
  await pause(2_500);
  assert.equal(await cluster.redis.command('FLUSHALL'), '+OK');
  await say(a, sessionId, 0, 20);
  await until(() => numbers(b).length === 20, 'all has come', 15_000);
  assert.deepEqual(numbers(b), range(0, 20));
  await pause(2_500);
  const newcomer = await Client.connect(cluster.nodes[1]);
  newcomer.emit('join-queue', { language });
  await Promise.all([waiting.next('matched'), newcomer.next('matched')]);
  const back = await move(b, cluster.nodes[0]);
  assert.equal(back.greeting.session?.sessionId, sessionId);
  await cluster.stop();
});

test('a block reaches the other nodes within a second', TIMEOUT, async () => {
  const cluster = await Cluster.start(2);
  const [a, b, sessionId] = await apart(cluster);
  const report = { reportedPeerId: a.match.peerId, sessionId, reason: 'spam' };
  const { json } = await post(cluster.nodes[0], '/reports', report, { token: a.token });
  const verdict = { reportId: json.reportId, decision: 'accepted' };
  const judged = await post(cluster.nodes[0], '/reports/moderate', verdict, { token: moderator() });
  const acknowledged = Date.now();
  assert.equal(judged.status, 201, judged.text);
  assert.equal((await b.next('error')).code, 'device_blocked');
  assert.equal((await a.next('peer-disconnected')).reason, 'blocked');
  assert.ok(Date.now() - acknowledged < 1_000, `after ${Date.now() - acknowledged} ms`);
  const again = new Client(cluster.nodes[1], { deviceId: b.deviceId });
  assert.equal((await again.next('(connect_error)')).data.code, 'device_blocked');
  await cluster.stop();
});

test('a rolling restart of three nodes drops no call and loses no relay', { timeout: 240_000 }, async () => {
  const CALLS = 50;
  const cluster = await Cluster.start(3, { DRAIN_TIMEOUT_MS: '15000' });
  const calls = [];
  for (let at = 0; at < CALLS; at += 1) {
    const nodes = [cluster.nodes[at % 3], cluster.nodes[(at + 1 + (at % 2)) % 3]];
    const clients = await Promise.all(nodes.map((node) => Client.connect(node)));
    await match(...clients);
    const sides = clients.map((client, side) => ({ places: [client], node: nodes[side], sent: 0, taken: [] }));
    calls.push({ sessionId: clients[0].match.sessionId, sides });
  }
  const place = (side) => side.places.at(-1);
  const sides = calls.flatMap((call) => call.sides);
  // A client that is hung up on comes back at a node that takes it.
  const follow = async (side, sessionId) => {
    await place(side).next('(disconnect)', { within: 20_000 });
    side.node = cluster.nodes.at(-1);
    const next = await move(place(side), side.node);
    assert.equal(next.greeting.session?.sessionId, sessionId, JSON.stringify(next.greeting));
    side.places.push(next);
  };
  const speak = async (call) => {
    for (const side of call.sides) {
      if (!place(side).socket.connected) continue;
      const number = side.sent;
      side.sent += 1;
      // The answer may be lost with the connection; then the relay may have been, too.
      const answer = await Promise.race([
        place(side).ask('send-offer', { sessionId: call.sessionId, data: number }).catch(() => undefined),
        new Promise((resolve) => place(side).socket.once('disconnect', resolve)),
      ]);
      if (answer?.ok) side.taken.push(number);
    }
  };
  const speakAll = () => Promise.all(calls.map(speak));
  for (const old of cluster.nodes.slice(0, 3)) {
    await cluster.add();
    await pause(2_500);
    const following = calls.flatMap(({ sessionId, sides }) =>
      sides.filter((side) => side.node === old).map((side) => follow(side, sessionId)),
    );
    old.child.kill('SIGTERM');
    for (let round = 0; round < 10; round += 1) {
      await speakAll();
      await pause(200);
    }
    await Promise.all(following);
    assert.deepEqual(await old.exited, { code: 0, signal: null });
    await speakAll();
  }
  const heard = (side) => side.places.flatMap(numbers);
  const missing = (from, to) => from.taken.filter((number) => !heard(to).includes(number));
  const complete = () => calls.every(({ sides: [a, b] }) => !missing(a, b).length && !missing(b, a).length);
  await until(complete, 'every relay has come', 20_000).catch(() => {});
  for (const { sides: [a, b] } of calls) {
    for (const [from, to] of [[a, b], [b, a]]) {
      assert.deepEqual(missing(from, to), [], 'none is lost');
      assert.deepEqual(heard(to), [...new Set(heard(to))].sort((x, y) => x - y), 'in order, once');
    }
  }
  assert.deepEqual(sides.flatMap(({ places }) => places.flatMap((client) => client.all('peer-disconnected'))), []);
  await cluster.stop();
});
