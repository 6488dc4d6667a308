// What docs/scaling.md says of two nodes as a whole: how long a relay takes to the other node and on one, and what relays
// and calls cost Redis. Everything on this machine; quiet machines only.

import { LeanLink } from './client/lean.mjs';
import { token } from './client/token.mjs';
import { Cluster } from './lib/cluster.mjs';
import { binary } from './lib/options.mjs';
import { pause } from './lib/processes.mjs';

const SECRET = 'a secret of the measurements, longer than thirty-two bytes';
const PAIRS = 20;
/** Each pair relays so often, one after the other. */
const RELAYS = 500;
const EVERY_MS = 20;
const CALLS = 1_000;
/** So many pairs call, end and call again at once. */
const ABREAST = 10;
const IDLE_MS = 5_000;
/** As long as a usual offer. */
const DATA = 'x'.repeat(240);

const cluster = await Cluster.start({ nodes: 2, redis: 'single', binary: binary(), secret: SECRET, graceMs: 6_000, settings: { REMATCH_AFTER_MS: '0' } });
let people = 0;

console.log('| relay | p50, µs | p95, µs | p99, µs |\n| --- | --- | --- | --- |');
const idle = await idleCost();
for (const [name, nodes] of [['on one node', [0, 0]], ['between two nodes', [0, 1]]]) await relays(name, nodes);
await calls();
await cluster.stop({ keep: false });
process.exit(0);

/** Redis, per second, when nobody does anything. */
async function idleCost() {
  await pause(2_000);
  const { cpu, commands } = await measured(() => pause(IDLE_MS));
  return { cpu: (cpu / IDLE_MS) * 1_000, commands: (commands / IDLE_MS) * 1_000 };
}

/** Pairs who relay at a moderate rate. */
async function relays(name, nodes) {
  const pairs = await Promise.all(Array.from({ length: PAIRS }, () => pair(nodes)));
  for (const one of pairs) await meet(one);
  const took = [];
  const cost = await measured(() => Promise.all(pairs.map((one, i) => exchange(one, i, took))));
  took.sort((a, b) => a - b);
  const at = (share) => Math.round(took[Math.floor(took.length * share)] * 1_000);
  console.log(`| ${name} | ${at(0.5)} | ${at(0.95)} | ${at(0.99)} |`);
  tell(`a relay ${name}, ${(PAIRS * 1_000) / EVERY_MS} a second`, cost, took.length);
  for (const { link } of pairs.flat()) link.close();
}

async function exchange([from, to], i, took) {
  const { sessionId } = await from.matched;
  await pause((i * EVERY_MS) / PAIRS);
  for (let n = 0; n < RELAYS; n += 1) {
    const begin = performance.now();
    const heard = to.next('offer');
    from.link.emit('send-offer', JSON.stringify({ sessionId, data: DATA }));
    await heard;
    took.push(performance.now() - begin);
    await pause(EVERY_MS - (performance.now() - begin));
  }
}

/** Pairs across two nodes who meet, end and meet again, each with a language of its own. */
async function calls() {
  const pairs = await Promise.all(Array.from({ length: ABREAST }, () => pair([0, 1])));
  const cost = await measured(() =>
    Promise.all(
      pairs.map(async (one) => {
        for (let n = 0; n < CALLS / ABREAST; n += 1) {
          await meet(one);
          const { sessionId } = await one[0].matched;
          const over = Promise.all([one[0].next('call-ended'), one[1].next('peer-disconnected')]);
          one[0].link.emit('end-call', JSON.stringify({ sessionId }));
          await over;
        }
      }),
    ),
  );
  tell('a call between two nodes', cost, CALLS);
}

/** What Redis and the nodes' clients of it counted while `act` went on. */
async function measured(act) {
  const read = async () => {
    const info = await cluster.redis[0].cli('info', 'cpu');
    const cpu = ['user', 'sys'].reduce((sum, kind) => sum + Number(new RegExp(`used_cpu_${kind}:(\\S+)`).exec(info)[1]), 0);
    const metrics = await Promise.all(cluster.nodes.map((node) => node.get('/metrics')));
    const commands = metrics.reduce((sum, { text }) => sum + Number(/^video_chat_redis_commands_total (\S+)$/m.exec(text)[1]), 0);
    return { cpu, commands, t: performance.now() };
  };
  const before = await read();
  await act();
  const after = await read();
  return { cpu: (after.cpu - before.cpu) * 1e6, commands: after.commands - before.commands, seconds: (after.t - before.t) / 1_000 };
}

function tell(what, { cpu, commands, seconds }, count) {
  const net = (value, perSecond) => (value - perSecond * seconds) / count;
  const each = `${net(commands, idle.commands).toFixed(2)} commands, ${net(cpu, idle.cpu).toFixed(1)} µs of Redis's CPU`;
  console.error(`${what}: ${each} (idle: ${idle.commands.toFixed(0)} commands, ${idle.cpu.toFixed(0)} µs a second)`);
}

/** Two connected people at these nodes, with a language of their own. */
async function pair(nodes) {
  const language = `x-${(people += 2)}`;
  return Promise.all(nodes.map((node, side) => person(node, people + side, language)));
}

async function person(node, number, language) {
  const waiting = new Map();
  const self = { language, next: (event) => new Promise((resolve) => waiting.set(event, resolve)) };
  const listener = {
    heard(event, payload) {
      waiting.get(event)?.(payload);
      waiting.delete(event);
    },
    refused: (code) => console.error(`refused: ${code}`),
    down() {},
  };
  const connected = self.next('connected');
  const port = cluster.ports[node];
  self.link = new LeanLink({ port, token: token(SECRET, `figures-${number}`), listener, dialTimeoutMs: 5_000 });
  await connected;
  return self;
}

/** Joins both, one after the other, and awaits that both are told. */
async function meet(pair) {
  for (const one of pair) {
    one.matched = one.next('matched');
    const queued = one.next('queue-joined');
    one.link.emit('join-queue', JSON.stringify({ region: 'eu', language: one.language }));
    await queued;
  }
  await Promise.all(pair.map(({ matched }) => matched));
}
