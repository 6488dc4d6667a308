// A call as two people have it: tabs of one browser, and two browsers.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { get, moderator } from '../e2e/lib/http.mjs';
import { total, scrape } from '../e2e/lib/metrics.mjs';
import { Server, until } from '../e2e/lib/server.mjs';
import { context, launch, picture } from './lib/browser.mjs';
import { Person, meet } from './lib/person.mjs';

const TIMEOUT = { timeout: 120_000 };
let server;
let browser;
let bareBrowser;
let tabs;
before(async () => {
  [server, browser, bareBrowser] = await Promise.all([Server.start({ REMATCH_AFTER_MS: 500 }), launch(), launch({ camera: false })]);
});
after(() => Promise.all([browser.close(), bareBrowser.close(), server.stop('SIGKILL')]));
beforeEach(async () => {
  tabs = await context(browser);
});
// Whatever a test left open goes with it, and waits for nobody any more.
afterEach(() => tabs.close());

test('two tabs see, hear and write to each other', TIMEOUT, async () => {
  const [ann, bob] = await Promise.all([Person.arrive(tabs, server), Person.arrive(tabs, server)]);
  assert.equal(await ann.state(), 'idle');
  await picture(ann.page, 'desk-light-idle');
  await ann.press('Start');
  await ann.reaches('searching');
  await ann.reads('#detail', /^\d+:\d\d · number 1 in line$/);
  await picture(ann.page, 'desk-light-searching');
  await bob.press('Start');
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  for (const person of [ann, bob]) {
    await person.watches();
    await person.listens();
    await person.reads('#route', 'Direct');
    assert.ok((await person.timeToMedia()) > 0);
    assert.ok(await person.page.locator('#local').evaluate((video) => video.videoWidth > 0 && video.muted));
  }

  await ann.write('Hello, is anybody there? <b>&amp;');
  await bob.reads('#chat', 'Hello, is anybody there? <b>&amp;');
  await bob.write('Добрий день 👋🏽');
  await ann.reads('#chat', 'Добрий день 👋🏽');
  await bob.press('love');
  await ann.reads('#chat', '❤️');
  await picture(ann.page, 'desk-light-call');

  const counted = await scrape(server);
  assert.equal(total(counted, 'video_chat_connection_success_total', { connection_type: 'p2p' }), 2);
  assert.deepEqual([...ann.complaints, ...bob.complaints], []);
});

test('mute and camera are told to the other', TIMEOUT, async () => {
  const [ann, bob] = await Promise.all([Person.arrive(tabs, server), Person.arrive(tabs, server)]);
  await meet(ann, bob);
  const track = (person, kind) => person.page.locator('#local').evaluate((video, kind) => video.srcObject.getTracks().find((one) => one.kind === kind).enabled, kind);
  await ann.press('Mute');
  await ann.press('Camera');
  await bob.reads('#peer-off', /no camera, no microphone/);
  assert.deepEqual([await track(ann, 'audio'), await track(ann, 'video')], [false, false]);
  assert.equal(await ann.page.getByRole('button', { name: 'Mute' }).getAttribute('aria-pressed'), 'true');
  await ann.press('Mute');
  await bob.reads('#peer-off', 'Their camera is off');
  await ann.press('Camera');
  await until(() => bob.page.locator('#peer-off').isHidden(), 'the picture is back');
  await bob.watches();

  await ann.press('Devices');
  await until(() => ann.page.locator('#devices').isVisible(), 'the dialog');
  const cameras = await ann.page.locator('#videoinput option').count();
  assert.ok(cameras >= 1 && (await ann.page.locator('#audioinput option').count()) >= 1);
  const choice = ann.page.locator('#videoinput');
  await choice.selectOption({ index: cameras - 1 });
  await choice.dispatchEvent('change');
  await ann.press('Done');
  await bob.watches();
});

test('who goes on with Next meets somebody else, and the one left behind is told', TIMEOUT, async () => {
  const people = await Promise.all([1, 2, 3].map(() => Person.arrive(tabs, server)));
  const [ann, bob, eve] = people;
  await meet(ann, bob);
  await ann.press('Next');
  await bob.reaches('idle');
  await bob.reads('#notice', 'They moved on.');
  await picture(bob.page, 'desk-light-ended');
  await eve.press('Start');
  await Promise.all([ann.reaches('in-call'), eve.reaches('in-call')]);
  await Promise.all([ann.watches(), eve.watches()]);
  assert.equal((await ann.media()).connections, 2, 'a connection of its own for every call');

  await eve.leave();
  await ann.reaches('idle');
  await ann.reads('#notice', 'They left.');
  await Promise.all([ann.press('Next'), bob.press('Next')]);
  await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
  await ann.press('Stop');
  await Promise.all([ann.reaches('idle'), bob.reaches('idle')]);
});

test('a report reaches the moderators, during the call and after it', TIMEOUT, async () => {
  const [ann, bob] = await Promise.all([Person.arrive(tabs, server), Person.arrive(tabs, server)]);
  await meet(ann, bob);
  await ann.press('Report');
  await picture(ann.page, 'desk-light-report');
  await ann.press('Submit');
  await ann.reads('#report-fault', 'Please choose a reason.');
  await ann.page.getByLabel('Spam or advertising').check();
  await ann.page.getByLabel('More, if it helps').fill('sells things');
  await ann.press('Submit');
  await ann.reads('#notice', 'Thank you.');
  await ann.press('Stop');
  await bob.reaches('idle');
  await bob.press('Report');
  await bob.page.getByLabel('Harassment').check();
  await bob.page.keyboard.press('Enter');
  await bob.reads('#notice', 'Thank you.');
  const { json: reports } = await get(server, '/reports', { token: moderator() });
  assert.deepEqual(reports.map(({ reason, comment }) => [reason, comment]), [['harassment', undefined], ['spam', 'sells things']]);
  assert.deepEqual([...ann.complaints, ...bob.complaints], []);
});

test('two browsers, one without camera: who has none can watch and write', TIMEOUT, async () => {
  const bare = await context(bareBrowser);
  const [ann, bob] = await Promise.all([Person.arrive(bare, server), Person.arrive(tabs, server)]);
  await meet(ann, bob);
  await ann.watches();
  await ann.reads('#chat', 'You can still watch, listen and write.');
  await bob.reads('#peer-off', 'They are here to write');
  await ann.write('no camera here');
  await bob.reads('#chat', 'no camera here');
  await picture(ann.page, 'desk-light-text-only');
  await Promise.all([ann.leave(), bob.leave()]);

  const pair = await Promise.all([Person.arrive(bare, server), Person.arrive(bare, server)]);
  await meet(...pair);
  await pair[0].write('neither of us');
  await pair[1].reads('#chat', 'neither of us');
  await bare.close();
});

test('region, language and relay come from the address', TIMEOUT, async () => {
  const [ann, bob] = await Promise.all([Person.arrive(tabs, server, '?region=eu&language=x-demo'), Person.arrive(tabs, server)]);
  assert.deepEqual(await ann.page.evaluate(() => ['region', 'language'].map((id) => document.getElementById(id).value)), ['eu', 'x-demo']);
  await ann.press('Start');
  await bob.press('Start');
  await Promise.all([ann.reaches('searching'), bob.reaches('searching')]);
  await ann.reads('#detail', 'number 1 in line');
  await bob.reads('#detail', 'number 1 in line');
  await Promise.all([ann.press('Stop'), bob.press('Stop')]);
  await Promise.all([ann.reaches('idle'), bob.reaches('idle')]);
});

test('a duplicated tab is somebody else, a reloaded one is not', TIMEOUT, async () => {
  const ann = await Person.arrive(tabs, server);
  const id = (page) => page.evaluate(() => sessionStorage.getItem('video-chat-device'));
  await until(() => id(ann.page), 'an id');
  const mine = await id(ann.page);
  // What duplicating a tab does: the session storage is copied.
  const copy = await tabs.newPage();
  await copy.addInitScript((value) => sessionStorage.getItem('video-chat-device') ?? sessionStorage.setItem('video-chat-device', value), mine);
  await copy.goto(`${server.url}/`);
  await until(async () => (await id(copy)) !== mine, 'an id of its own');
  await ann.page.reload();
  await until(async () => (await id(ann.page)) === mine, 'the id from before');
});
