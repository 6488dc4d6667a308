// Calls through a real coturn, with the credentials the server makes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { total, scrape } from '../e2e/lib/metrics.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { context, launch, picture } from './lib/browser.mjs';
import { Coturn } from './lib/coturn.mjs';
import { Person, meet } from './lib/person.mjs';

const TIMEOUT = { timeout: 120_000 };
let server;
let browser;
before(async () => {
  const coturn = await Coturn.start();
  [server, browser] = await Promise.all([Server.start(coturn.settings), launch()]);
});
after(() => Promise.all([browser.close(), server.stop('SIGKILL')]));

test('forced through the relay, a call has pictures, and both ends of the way are relays', TIMEOUT, async () => {
  const tabs = await context(browser);
  const [ann, bob] = await Promise.all([1, 2].map(() => Person.arrive(tabs, server, '?relay=1')));
  await meet(ann, bob);
  for (const person of [ann, bob]) {
    await person.watches();
    await person.listens();
    const { local, remote } = await person.media();
    assert.deepEqual([local, remote], ['relay', 'relay']);
    await person.reads('#route', 'Relay');
  }
  await picture(ann.page, 'desk-light-relay');
  const counted = await scrape(server);
  assert.equal(total(counted, 'video_chat_connection_success_total', { connection_type: 'turn' }), 2);
  assert.deepEqual([...ann.complaints, ...bob.complaints], []);
  await tabs.close();
});

test('one who hides their address is met through the relay', TIMEOUT, async () => {
  const tabs = await context(browser);
  const [ann, bob] = await Promise.all([Person.arrive(tabs, server, '?relay=1'), Person.arrive(tabs, server)]);
  await meet(ann, bob);
  assert.equal((await ann.media()).local, 'relay');
  for (const person of [ann, bob]) {
    await person.watches();
    await person.reads('#route', 'Relay');
  }
  await tabs.close();
});
