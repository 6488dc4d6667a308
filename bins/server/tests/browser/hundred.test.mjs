// A hundred calls straight and a hundred through the relay: how many come about, and how soon there is a picture.
// BROWSER_CALLS: another number of each.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scrape, total } from '../e2e/lib/metrics.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { context, launch } from './lib/browser.mjs';
import { Coturn } from './lib/coturn.mjs';
import { Person, meet } from './lib/person.mjs';

const CALLS = Number(process.env.BROWSER_CALLS ?? 100);
/** Calls at a time: more would measure the machine and not the way to a call. */
const PAIRS = 2;
const TIMEOUT = { timeout: 420_000 };
let browser;
let coturn;
before(async () => {
  [browser, coturn] = await Promise.all([launch(), Coturn.start()]);
});
after(() => browser.close());

for (const [way, query, type] of [['direct', '', 'p2p'], ['relay', '&relay=1', 'turn']]) {
  test(`${CALLS} calls, ${way}: 99 % come about`, TIMEOUT, async (t) => {
    const server = await Server.start(coturn.settings);
    const tabs = await context(browser, { viewport: { width: 480, height: 320 } });
    const times = [];
    const failures = [];
    let left = CALLS;
    const pair = async (number) => {
      // A language of their own keeps the same two together.
      const [ann, bob] = await Promise.all([1, 2].map(() => Person.arrive(tabs, server, `?language=pair-${number}${query}`, { small: true })));
      while (left > 0) {
        left -= 1;
        try {
          await meet(ann, bob, 'tap');
          times.push(...(await Promise.all([ann.timeToMedia(), bob.timeToMedia()])));
        } catch (error) {
          failures.push(error.message);
        }
        await ann.tap('Stop');
        await bob.reaches('idle');
      }
      assert.deepEqual([...ann.complaints, ...bob.complaints], []);
    };
    await Promise.all(Array.from({ length: PAIRS }, (_, number) => pair(number)));
    const counted = await scrape(server);
    const succeeded = total(counted, 'video_chat_connection_success_total', { connection_type: type }) / 2;
    times.sort((a, b) => a - b);
    const percentile = (share) => Math.round(times[Math.ceil(times.length * share) - 1]);
    t.diagnostic(`${way}: ${CALLS - failures.length} of ${CALLS} connected; from matched to the first frame p50 ${percentile(0.5)} ms, p95 ${percentile(0.95)} ms`);
    assert.ok(failures.length <= CALLS * 0.01, failures.join('\n'));
    assert.ok(succeeded >= CALLS * 0.99, `the server counted ${succeeded} calls`);
    await tabs.close();
    await server.stop('SIGKILL');
  });
}
