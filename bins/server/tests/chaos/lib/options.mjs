// The command line of a run.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KINDS } from './schedule.mjs';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

const USAGE = `usage: node run.mjs [options]
  --seed TEXT       what the run is drawn from (drawn itself when absent)
  --clients N       simulated devices (2000)
  --seconds N       how long faults go on (60); settling and the last look come after that
  --nodes N         server processes (3); 1 runs in memory unless --redis is given
  --redis KIND      single | sentinel | cluster | none (single, none for one node)
  --threads N       threads of devices (2)
  --stock SHARE     share of devices on socket.io-client, the others are lean (0.02)
  --talk FACTOR     how much they say (1)
  --only A,B        only these faults: ${Object.keys(KINDS).join(' ')}
  --dump FILE       write all that was seen there, for check/judge.mjs
  --keep            keep the nodes' logs, also when all is well`;

const OPTIONS = {
  seed: { type: 'string' },
  clients: { type: 'string', default: '2000' },
  seconds: { type: 'string', default: '60' },
  nodes: { type: 'string', default: '3' },
  redis: { type: 'string' },
  threads: { type: 'string', default: '2' },
  stock: { type: 'string', default: '0.02' },
  talk: { type: 'string', default: '1' },
  only: { type: 'string' },
  dump: { type: 'string' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** The options of this run; ends the process over a wrong one. */
export function options(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (values.help) exit(0, USAGE);
    for (const key of ['clients', 'seconds', 'nodes', 'threads', 'stock', 'talk']) values[key] = number(key, values[key]);
    values.redis ??= values.nodes === 1 ? 'none' : 'single';
    if (!['none', 'single', 'sentinel', 'cluster'].includes(values.redis)) throw new Error(`--redis ${values.redis}`);
    if (values.redis === 'none' && values.nodes !== 1) throw new Error('several nodes need Redis');
    values.only = values.only?.split(',');
    const unknown = values.only?.find((kind) => KINDS[kind] === undefined);
    if (unknown !== undefined) throw new Error(`--only ${unknown}`);
    values.seed = values.seed || String(Math.floor(Math.random() * 1e9));
    return values;
  } catch (error) {
    return exit(2, `${error.message}\n${USAGE}`);
  }
}

function number(key, text) {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${key} ${text}`);
  return value;
}

function exit(code, text) {
  console.error(text);
  process.exit(code);
}

/** The binary under test: `SERVER_BIN`, else the one built in release, else in dev. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  const built = ['release', 'debug'].map((profile) => path.join(target, profile, 'video-chat-server'));
  const found = process.env.SERVER_BIN ?? built.find(existsSync);
  if (found === undefined) exit(2, 'no binary to test: build it, or set SERVER_BIN');
  return path.resolve(found);
}
