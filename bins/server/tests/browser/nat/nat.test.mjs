// Calls between two homes behind every pair of NATs: directly where there is a way, through coturn where there is none.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';
import { Server, pause } from '../../e2e/lib/server.mjs';
import { context, launch } from '../lib/browser.mjs';
import { Coturn } from '../lib/coturn.mjs';
import { Person, meet } from '../lib/person.mjs';
import { NAMES, PUBLIC, World, inside } from './world.mjs';

const TIMEOUT = { timeout: 120_000 };
const DOCUMENT = fileURLToPath(new URL('../../../../../docs/nat.md', import.meta.url));
let world;
let server;
let url;
let browsers;
before(async () => {
  world = new World();
  const within = inside(world.public);
  await relayIn(within);
  const settings = { HOST: PUBLIC, TURN_HOST: PUBLIC, TURN_PORT: 3478, TURN_TLS_PORT: 0, TURN_SHARED_SECRET: Coturn.SECRET };
  server = await Server.start(settings, { within });
  url = `http://${PUBLIC}:${server.port}`;
  // Cameras are for secure origins; this one stands for an https address.
  const args = [`--unsafely-treat-insecure-origin-as-secure=${url}`];
  browsers = await Promise.all(world.homes.map((home) => launch({ executablePath: world.browserIn(home), args })));
});
after(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await server?.stop('SIGKILL');
  world?.close();
});

/** Who behind what meets whom behind what, by which way: as the table in the documentation has it. */
const table = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| ([^|]+) \| ([^|]+) \| (direct|relay) \|/gm)].map(([, one, other, way]) => [one.trim(), other.trim(), way]);

test('the table in docs/nat.md has every pair', () => {
  const pairs = NAMES.flatMap((one, i) => NAMES.slice(i).map((other) => [one, other]));
  assert.deepEqual(table.map(([one, other]) => [one, other]), pairs);
});

for (const [one, other, way] of table) {
  test(`${one} and ${other}: ${way}`, TIMEOUT, async (t) => {
    world.become(world.homes[0], one);
    world.become(world.homes[1], other);
    const found = await takes(t);
    // On a busy machine the relay may win a race that it loses otherwise: then the direct way shows the next time.
    const again = way === 'direct' && found === 'Relay';
    assert.equal(again ? await takes(t) : found, way === 'relay' ? 'Relay' : 'Direct');
  });
}

/** The way a call takes, as the page shows it. */
async function takes(t) {
  const tabs = await Promise.all(browsers.map((browser) => context(browser)));
  const [ann, bob] = await Promise.all(tabs.map((each) => Person.arrive(each, server, '', { url, small: true })));
  await meet(ann, bob);
  await Promise.all([ann.watches(5), bob.watches(5)]);
  const way = await Promise.any(['Relay', 'Direct'].map((way) => ann.reads('#route', way).then(() => way)));
  const { local, remote } = await ann.media();
  t.diagnostic(`${way}: ${local} to ${remote}, first frame after ${Math.round(await ann.timeToMedia())} ms`);
  await Promise.all(tabs.map((each) => each.close()));
  return way;
}

/** A coturn on the public side. */
async function relayIn(within) {
  const addresses = [`--listening-ip=${PUBLIC}`, `--relay-ip=${PUBLIC}`, '--listening-port=3478'];
  const secret = ['--use-auth-secret', `--static-auth-secret=${Coturn.SECRET}`, '--realm=test.invalid'];
  const rest = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file=stdout', '--pidfile=', '--userdb=:memory:'];
  const [program, ...args] = [...within, 'turnserver', ...rest, ...addresses, ...secret];
  const child = spawn(program, args, { stdio: 'ignore' });
  closeAtEnd(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(() => assert.fail('coturn ended: is the package `coturn` installed?'));
  // It is asked from inside, where its address is.
  const listens = async () => {
    for (;;) {
      const probe = spawn(within[0], [...within.slice(1), 'bash', '-c', `</dev/tcp/${PUBLIC}/3478`], { stdio: 'ignore' });
      if ((await once(probe, 'exit'))[0] === 0) return;
      await pause(50);
    }
  };
  await Promise.race([ended, listens()]);
  ended.catch(() => {});
}
