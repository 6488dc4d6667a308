// What a call survives: the network gone for a while, the server cut off, killed or restarted, the way between the two lost.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { value } from '../e2e/lib/metrics.mjs';
import { Server, pause, until } from '../e2e/lib/server.mjs';
import { context, launch, picture } from './lib/browser.mjs';
import { Person, meet } from './lib/person.mjs';
import { Proxy } from './lib/proxy.mjs';

const TIMEOUT = { timeout: 120_000 };
let browsers;
let here;
let there;
let servers;
before(async () => {
  browsers = await Promise.all([launch(), launch()]);
});
after(() => Promise.all(browsers.map((browser) => browser.close())));
beforeEach(async () => {
  servers = [];
  [here, there] = await Promise.all(browsers.map((browser) => context(browser)));
});
afterEach(() => Promise.all([here.close(), there.close(), ...servers.map((server) => server.stop('SIGKILL'))]));

async function serve(settings) {
  const server = await Server.start(settings);
  servers.push(server);
  return server;
}

/** Two people in two browsers, the first behind a network that can be cut. */
async function couple(server) {
  const proxy = await Proxy.to(server);
  const [ann, bob] = await Promise.all([Person.arrive(here, server, '', proxy), Person.arrive(there, server)]);
  await meet(ann, bob);
  return { proxy, ann, bob };
}

async function talk(ann, bob, word) {
  await ann.write(`${word} from ann`);
  await bob.reads('#chat', `${word} from ann`);
  await bob.write(`${word} from bob`);
  await ann.reads('#chat', `${word} from bob`);
}

test('a browser that is offline for a while has its call again', TIMEOUT, async () => {
  const server = await serve();
  const { ann, bob } = await couple(server);
  await here.setOffline(true);
  await ann.reaches('reconnecting');
  await ann.reads('#notice', 'You lost the connection');
  await picture(ann.page, 'desk-light-reconnecting');
  await bob.write('while you were away');
  // Long enough for the way between the two to be lost as well.
  await pause(6_000);
  await here.setOffline(false);
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await ann.reads('#chat', 'while you were away');
  await Promise.all([ann.watches(), bob.watches()]);
  await talk(ann, bob, 'back');
  assert.equal((await ann.media()).connections, 1, 'the same peer connection');
  assert.deepEqual(ann.complaints, []);
});

test('a connection that is cut is resumed, and what was sent meanwhile arrives', TIMEOUT, async () => {
  const server = await serve();
  const { proxy, ann, bob } = await couple(server);
  proxy.cut();
  await Promise.all([ann.reaches('reconnecting'), bob.reaches('reconnecting')]);
  await bob.reads('#notice', 'They lost the connection');
  await bob.write('one');
  await bob.write('two');
  await Promise.all([ann.watches(), bob.watches()]);
  proxy.mend();
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await ann.reads('#chat', /one\s+two/);
  await talk(ann, bob, 'again');
});

test('a peer who does not come back is given up', TIMEOUT, async () => {
  const server = await serve({ RECONNECT_GRACE_MS: 1_000 });
  const { proxy, ann, bob } = await couple(server);
  proxy.cut();
  await ann.reaches('reconnecting');
  await ann.leave();
  await bob.reaches('idle');
  await bob.reads('#notice', 'Their connection was lost.');
});

test('the server is killed and started anew: pictures go on, signing in and the next call work', TIMEOUT, async () => {
  const server = await serve();
  const [ann, bob] = await Promise.all([Person.arrive(here, server), Person.arrive(there, server)]);
  await meet(ann, bob);
  await server.stop('SIGKILL');
  await Promise.all([ann.reaches('reconnecting'), bob.reaches('reconnecting')]);
  await Promise.all([ann.watches(), bob.watches()]);
  // Another secret: the old tokens are worth nothing.
  await serve({ PORT: server.port, JWT_SECRET: 'another secret of more than thirty-two bytes' });
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await ann.reads('#notice', 'Your call goes on directly.');
  await Promise.all([ann.watches(), bob.watches()]);
  await talk(ann, bob, 'direct');
  await ann.press('Next');
  await bob.reaches('idle');
  await bob.press('Next');
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await talk(ann, bob, 'anew');
});

test('the server is stopped: both are told, and the picture stays', TIMEOUT, async () => {
  const server = await serve({ DRAIN_TIMEOUT_MS: 1_000 });
  const [ann, bob] = await Promise.all([Person.arrive(here, server), Person.arrive(there, server)]);
  await meet(ann, bob);
  await server.stop();
  await Promise.all([ann.reaches('reconnecting'), bob.reaches('reconnecting')]);
  await Promise.all([ann.watches(), bob.watches()]);
  await serve({ PORT: server.port });
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await ann.press('Stop');
  await bob.reaches('idle');
  await bob.reads('#notice', 'They left.');
});

test('both look for a new way at once: offers cross, and the call goes on', TIMEOUT, async () => {
  const server = await serve();
  const [ann, bob] = await Promise.all([Person.arrive(here, server), Person.arrive(there, server)]);
  await meet(ann, bob);
  const offers = () => value(server, 'webrtc_offers_total');
  const before = await offers();
  for (let round = 0; round < 5; round += 1) {
    await Promise.all([ann, bob].map(({ page }) => page.evaluate(() => globalThis.connections.at(-1).restartIce())));
    await until(async () => (await offers()) > before + round, 'an offer');
    await until(async () => (await Promise.all([ann, bob].map(({ page }) => page.evaluate(() => globalThis.connections.at(-1).signalingState)))).every((state) => state === 'stable'), 'calm');
  }
  await Promise.all([ann.watches(), bob.watches()]);
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  assert.deepEqual([...ann.complaints, ...bob.complaints], []);
});
