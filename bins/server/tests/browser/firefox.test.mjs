// Firefox and Chromium in one call.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { closeAtEnd } from '../e2e/lib/remains.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { context, launch } from './lib/browser.mjs';
import { Person } from './lib/person.mjs';

const TIMEOUT = { timeout: 120_000 };
/** Made-up devices without a question, addresses that are not hidden, and the loopback: as for Chromium. */
const PREFERENCES = {
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
};
let server;
let chromium;
let firefox;
before(async () => {
  firefox = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', timeout: 60_000, extraPrefsFirefox: PREFERENCES });
  closeAtEnd(() => firefox.process()?.kill('SIGKILL'));
  [server, chromium] = await Promise.all([Server.start(), launch()]);
});
after(() => Promise.all([firefox.close(), chromium.close(), server.stop('SIGKILL')]));

for (const first of ['firefox', 'chromium']) {
  test(`they see, hear and write to each other; ${first} was there first`, TIMEOUT, async () => {
    const page = await firefox.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${server.url}/`);
    const awaits = (probe, ...given) => page.waitForFunction(probe, { timeout: 20_000, polling: 50 }, ...given);
    const reaches = (state) => awaits((wanted) => document.body.dataset.state === wanted, state);
    const bob = await Person.arrive(await context(chromium), server);
    const starts = { firefox: () => page.click('#start').then(() => reaches('searching')), chromium: () => bob.press('Start').then(() => bob.reaches('searching')) };
    await starts[first]();
    await (first === 'firefox' ? bob.press('Start') : page.click('#start'));
    await Promise.all([reaches('in-call'), bob.reaches('in-call')]);

    await bob.watches();
    await bob.listens();
    await awaits(() => document.getElementById('remote').videoWidth > 0 && document.getElementById('remote').currentTime > 1);
    await awaits(() => document.getElementById('route').textContent === 'Direct');
    await bob.write('from Chromium');
    await awaits(() => document.getElementById('chat').textContent.includes('from Chromium'));
    await page.type('#message', 'from Firefox');
    await page.click('#send');
    await bob.reads('#chat', 'from Firefox');
    assert.ok(await page.evaluate(() => performance.getEntriesByType('resource').every(({ name }) => !name.includes('transport=polling'))), 'by WebSocket');
    await page.click('#next');
    await bob.reaches('idle');
    assert.deepEqual([...complaints, ...bob.complaints], []);
    await page.close();
    await bob.leave();
  });
}
