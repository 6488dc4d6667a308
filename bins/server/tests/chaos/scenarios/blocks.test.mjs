// A block that one node acknowledges, felt at another: with Redis, without it, and after it has forgotten everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { token } from '../client/token.mjs';
import { pause, until } from '../lib/processes.mjs';
import { SECRET, Stage } from './stage.mjs';

const WITHIN_MS = 1_000;
/** What a busy machine may add. */
const SLACK_MS = 500;

/** A call across two nodes, whose one side has reported the other. */
async function reported() {
  const stage = await Stage.open({ nodes: 3 });
  const [judge, accused] = await stage.meet([0, 1]);
  const { session, peer } = judge.call;
  const { reportId } = await post(stage, 0, '/reports', judge.token, { reportedPeerId: peer, sessionId: session, reason: 'spam' });
  return { stage, judge, accused, reportId };
}

async function post(stage, node, resource, bearer, body) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  const { status, text } = await stage.cluster.nodes[node].get(resource, 10_000, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(status, 201, text);
  return JSON.parse(text);
}

/** Has the report accepted at node 0; answers when that was acknowledged. */
async function accept({ stage, reportId }) {
  const moderator = token(SECRET, 'moderator', { role: 'moderator' });
  await post(stage, 0, '/reports/moderate', moderator, { reportId, decision: 'accepted' });
  return Date.now();
}

/** The accused has been sent away in time. */
async function felt({ stage, accused }, acknowledged) {
  await until(() => !accused.connected, 'the connection is closed', 5_000);
  const closed = heard(stage, accused, 'down');
  assert.equal(closed.how, 'disconnected');
  assert.ok(closed.t - acknowledged < WITHIN_MS + SLACK_MS, `after ${closed.t - acknowledged} ms`);
  assert.equal(heard(stage, accused, 'error').code, 'device_blocked');
}

/** Who reported knows that it is over, and why. */
async function told({ stage, judge }, within) {
  await until(() => judge.call === undefined, 'the peer knows', within);
  assert.equal(heard(stage, judge, 'gone').reason, 'blocked');
}

const heard = (stage, device, kind) => stage.history.find(({ d, k }) => d === device.d && k === kind);

/** It may connect nowhere. */
async function shut({ stage, accused }) {
  for (const node of stage.cluster.nodes.keys()) {
    const before = stage.history.length;
    accused.dial(node);
    const answer = await until(() => stage.history.slice(before).find(({ d, k }) => d === accused.d && ['up', 'refused'].includes(k)), 'an answer');
    assert.equal(answer.code, 'device_blocked', `node ${node}: ${JSON.stringify(answer)}`);
  }
}

test('a block closes the connection at another node within a second, and holds when Redis forgets', { timeout: 60_000 }, async () => {
  const it = await reported();
  await felt(it, await accept(it));
  await told(it, WITHIN_MS + SLACK_MS);
  await shut(it);
  await it.stage.cluster.redis[0].cli('flushall');
  await shut(it);
  await pause(2_000);
  const node = it.stage.cluster.nodes[2];
  await node.drain(15_000);
  await node.start();
  await shut(it);
  await it.stage.close();
});

test('a block closes it as soon while Redis is away, and holds when that is back', { timeout: 60_000 }, async () => {
  const it = await reported();
  const [redis] = it.stage.cluster.redis;
  redis.signal('SIGSTOP');
  await pause(3_000);
  await felt(it, await accept(it));
  await shut(it);
  redis.signal('SIGCONT');
  await told(it, 5_000);
  await shut(it);
  await it.stage.close();
});
