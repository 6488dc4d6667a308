// What the page says when the server says no.

import { after, afterEach, before, beforeEach, test } from 'node:test';
import { get, moderator, post } from '../e2e/lib/http.mjs';
import { Server, until } from '../e2e/lib/server.mjs';
import { context, launch } from './lib/browser.mjs';
import { Person, meet } from './lib/person.mjs';

const TIMEOUT = { timeout: 120_000 };
let browser;
let tabs;
before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  tabs = await context(browser);
});
afterEach(() => tabs.close());

test('too many joins: it says so, waits and goes on by itself', TIMEOUT, async () => {
  const server = await Server.start({ MAX_CALLS_PER_MINUTE: 6 });
  const ann = await Person.arrive(tabs, server);
  for (let joins = 0; joins < 6; joins += 1) {
    await ann.press('Start');
    await ann.reads('#detail', 'in line');
    await ann.press('Stop');
    await ann.reaches('idle');
  }
  await ann.press('Start');
  await ann.reads('#notice', 'That was a little fast.');
  await until(async () => (await ann.text('#notice')) === '', 'a place in the queue after all', 20_000);
  await ann.reads('#detail', 'in line');
  await server.stop('SIGKILL');
});

test('who was blocked is told, and so is the other', TIMEOUT, async () => {
  const server = await Server.start();
  const [ann, bob] = await Promise.all([1, 2].map(() => Person.arrive(tabs, server)));
  await meet(ann, bob);
  await ann.press('Report');
  await ann.page.getByLabel('Nudity').check();
  await ann.press('Submit');
  await ann.reads('#notice', 'Thank you.');
  const { json: reports } = await get(server, '/reports', { token: moderator() });
  await post(server, '/reports/moderate', { reportId: reports[0].id, decision: 'accepted' }, { token: moderator() });
  await Promise.all([ann.reaches('idle'), bob.reaches('idle')]);
  await bob.reads('#notice', 'This device was blocked');
  await ann.reads('#notice', 'They were removed by a moderator.');
  await bob.press('Start');
  await bob.reaches('idle');
  await bob.reads('#notice', 'This device was blocked');
  await server.stop('SIGKILL');
});

test('no server: it goes on trying, and finds it when it is there', TIMEOUT, async () => {
  const server = await Server.start();
  const ann = await Person.arrive(tabs, server);
  await server.stop('SIGKILL');
  await ann.press('Start');
  await ann.reaches('searching');
  await ann.reads('#notice', 'No answer from the server.');
  const next = await Server.start({ PORT: server.port });
  await ann.reads('#detail', 'in line');
  await next.stop('SIGKILL');
});
