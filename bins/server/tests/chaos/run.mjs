// Many clients on many nodes, faults by a seed, then the question what must have held and did not: see README.md.

import { writeFileSync } from 'node:fs';
import { judge } from './check/judge.mjs';
import { Cluster } from './lib/cluster.mjs';
import { Crowd } from './lib/crowd.mjs';
import { inflict } from './lib/faults.mjs';
import { watchLag } from './lib/lag.mjs';
import { Moderator } from './lib/moderator.mjs';
import { binary, options } from './lib/options.mjs';
import { pause } from './lib/processes.mjs';
import { watchReadiness } from './lib/readiness.mjs';
import { remains } from './lib/remains.mjs';
import { Rng } from './lib/rng.mjs';
import { schedule } from './lib/schedule.mjs';

const SECRET = 'a secret of the chaos tests, longer than thirty-two bytes';
const GRACE_MS = 6_000;
/** All have connected, for the first time, within. */
const RAMP_MS = 5_000;
/** After the last fault everything goes on undisturbed for so long, so that what does not heal is seen. */
const CALM_MS = 18_000;
/** A pool for about so many devices, so that some wait and most meet. */
const DEVICES_A_LANGUAGE = 30;
const LANGUAGES = ['en', 'de', 'fr', 'es', 'pt', 'ru', 'uk', 'pl', 'it', 'nl', 'sv', 'tr', 'ar', 'fa', 'hi', 'bn', 'ja', 'ko', 'zh', 'vi'];
const REGIONS = ['eu', 'us', 'global'];

const given = options(process.argv.slice(2));
const rng = new Rng(given.seed);
console.log(`seed ${given.seed}: ${given.clients} clients, ${given.nodes} nodes, Redis ${given.redis}, ${given.seconds} s of faults`);

const cluster = await Cluster.start({ ...given, binary: binary(), secret: SECRET, graceMs: GRACE_MS });
const observed = await observe();
const model = { ...observed, graceMs: GRACE_MS, mode: given.redis };
if (given.dump) writeFileSync(given.dump, JSON.stringify(model));
const violations = judge(model);
const failed = violations.length > 0;
await cluster.stop({ keep: failed || given.keep });
if (failed || given.keep) console.log(`logs: ${cluster.folder}`);
console.log(failed ? `FAILED: ${violations.length} violations with seed ${given.seed}` : `passed with seed ${given.seed}`);
process.exit(failed ? 1 : 0);

/** Lets it all happen, and answers what was seen. */
async function observe() {
  const faults = [];
  const late = [];
  const lag = watchLag((from, to) => late.push({ t: from, k: 'lag', to }));
  const moderator = new Moderator({ cluster, secret: SECRET, rng: rng.fork('moderator'), every: 3 });
  const readiness = watchReadiness(cluster.nodes);
  const started = Date.now();
  const crowd = new Crowd({
    threads: given.threads,
    clients: given.clients,
    seed: given.seed,
    prefix: `chaos-${given.seed}`,
    secret: SECRET,
    ports: cluster.ports,
    graceMs: GRACE_MS,
    rampMs: RAMP_MS,
    languages: LANGUAGES.slice(0, Math.max(1, Math.ceil(given.clients / DEVICES_A_LANGUAGE))),
    regions: REGIONS,
    talk: given.talk,
    reporting: Math.min(0.05, 4 / given.clients),
    stock: given.stock,
    onReport: (report) => moderator.hear(report),
  });
  for (const fault of schedule({ rng: rng.fork('schedule'), ...given })) {
    await pause(started + fault.at - Date.now());
    const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;
    console.log(`at ${seconds(Date.now() - started)}: ${fault.kind} ${fault.node ?? ''} for ${seconds(fault.lasts)}`);
    faults.push(await inflict(cluster, fault));
  }
  await pause(started + given.seconds * 1_000 - Date.now());
  await pause(CALM_MS);
  await moderator.settle();
  const left = Date.now();
  await crowd.leave();
  const leftovers = await remains(cluster.nodes);
  const stored = await Promise.all(cluster.nodes.map(async (node) => [...(await moderator.stored(node))]));
  const answers = await readiness.stop();
  lag.stop();
  const history = [...(await crowd.history()), ...late].sort((a, b) => a.t - b.t);
  const { reports, verdicts } = moderator;
  return { history, faults, readiness: answers, reports, verdicts, stored, leftovers, started, left };
}
