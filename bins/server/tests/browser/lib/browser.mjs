// Debian's Chromium, headless, with cameras and microphones that are made up.

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--allow-loopback-in-peer-connection'];
const FAKES = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

/** Where the pictures of the page go: a CI keeps them. */
export const SCREENSHOTS = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'screenshots');

/**
 * A browser with a profile of its own, gone when it is closed. `camera: false` makes one that has neither camera nor
 * microphone to give.
 */
export async function launch({ camera = true, args = [], executablePath = CHROMIUM, ...options } = {}) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless=new', '--no-sandbox', ...QUIET, ...(camera ? FAKES : []), ...args],
    ...options,
  });
  const callOff = closeAtEnd(() => browser.close().catch(() => {}));
  browser.once('disconnected', callOff);
  return browser;
}

/** Tabs that share what is stored, apart from other contexts of the browser. */
export function context(browser, options = {}) {
  return browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
}

/** Keeps a picture of a page. */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
