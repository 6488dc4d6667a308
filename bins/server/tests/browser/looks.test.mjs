// How the page looks and behaves for eyes, fingers, keyboards and screen readers. Keeps the pictures.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, until } from '../e2e/lib/server.mjs';
import { context, launch, picture } from './lib/browser.mjs';
import { Person, meet } from './lib/person.mjs';

const TIMEOUT = { timeout: 120_000 };
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 }, sideways: { width: 844, height: 390 } };
let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(() => Promise.all([browser.close(), server.stop('SIGKILL')]));

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`on a ${size} in ${colorScheme}, everything fits`, TIMEOUT, async () => {
      const tabs = await context(browser, { viewport, colorScheme, reducedMotion: 'reduce', hasTouch: size !== 'desk' });
      const [ann, bob] = await Promise.all([1, 2].map(() => Person.arrive(tabs, server)));
      const keep = async (state) => {
        await fits(ann.page);
        await picture(ann.page, `${size}-${colorScheme}-${state}`);
      };
      await until(() => ann.page.locator('body.has-camera #local').evaluate((video) => video.videoWidth > 0), 'the preview');
      await keep('idle');
      await ann.press('Start');
      await ann.reaches('searching');
      await ann.reads('#detail', 'in line');
      await keep('searching');
      await bob.press('Start');
      await Promise.all([ann.reaches('in-call'), bob.reaches('in-call')]);
      await bob.write('Hello! Where does this find you?');
      await ann.write('In a browser without a window, as it happens.');
      await bob.write('Same here. Funny how one never sees the machine one lives in.');
      await bob.press('wave');
      await ann.reads('#chat', '👋');
      await ann.watches();
      await keep('call');
      await ann.press('Report');
      await ann.page.getByLabel('Spam or advertising').check();
      await keep('report');
      await ann.press('Cancel');
      await bob.press('Stop');
      await ann.reaches('idle');
      await keep('ended');
      await tabs.close();
    });
  }
}

test('it can be used without a mouse', TIMEOUT, async () => {
  const tabs = await context(browser);
  const [ann, bob] = await Promise.all([1, 2].map(() => Person.arrive(tabs, server)));
  const focused = () => ann.page.evaluate(() => document.activeElement?.textContent.trim() || document.activeElement?.id);
  await ann.page.getByRole('button', { name: 'Start' }).focus();
  await ann.page.keyboard.press('Enter');
  await ann.reaches('searching');
  assert.equal(await focused(), 'Stop', 'the focus is where the search is called off');
  await bob.press('Start');
  await ann.reaches('in-call');
  await ann.page.getByLabel('Message').focus();
  await ann.page.keyboard.type('by keyboard');
  await ann.page.keyboard.press('Enter');
  await bob.reads('#chat', 'by keyboard');
  assert.equal(await focused(), 'message', 'the focus stays where one writes');
  await ann.page.getByRole('button', { name: 'Report' }).focus();
  await ann.page.keyboard.press('Enter');
  await until(() => ann.page.getByRole('dialog').isVisible(), 'the dialog');
  await ann.page.keyboard.press('Escape');
  await until(() => ann.page.getByRole('dialog').isHidden(), 'no dialog');
  assert.equal(await focused(), 'Report', 'the focus is back where it was');
  await tabs.close();
});

test('screen readers are told names, states and news', TIMEOUT, async () => {
  const tabs = await context(browser);
  const ann = await Person.arrive(tabs, server);
  for (const name of ['Start', 'Next', 'Stop', 'Report', 'Mute', 'Camera', 'Devices', 'Send']) {
    assert.equal(await ann.page.getByRole('button', { name }).count(), 1, `one button called ${name}`);
  }
  assert.equal(await ann.page.getByLabel('Message').getAttribute('id'), 'message');
  assert.equal(await ann.page.getByRole('log').getAttribute('id'), 'chat');
  assert.equal(await ann.page.getByRole('status').getAttribute('id'), 'notice');
  assert.equal(await ann.page.evaluate(() => document.documentElement.lang), 'en');
  const nameless = await ann.page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, video')].filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute('aria-label'))).map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
  await tabs.close();
});

/** Nothing is cut off at the sides, no control is off the page, and what fingers press is large enough. */
async function fits(page) {
  const faults = await page.evaluate(() => {
    const { innerWidth, innerHeight } = globalThis;
    const wrong = [];
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the window');
    for (const control of document.querySelectorAll('main button, main select, #message')) {
      if (!control.checkVisibility()) continue;
      const { left, top, right, bottom, width, height } = control.getBoundingClientRect();
      const name = control.textContent.trim() || control.id;
      if (left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5) wrong.push(`${name} is off the page`);
      if (control.tagName === 'BUTTON' && (width < 40 || height < 40)) wrong.push(`${name} is ${width} by ${height}`);
    }
    return wrong;
  });
  assert.deepEqual(faults, []);
}
