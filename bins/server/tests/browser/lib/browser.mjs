// Debian's Chromium, headless, with cameras and microphones that are made up.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const FAKES = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

/** Where the pictures of the page go: a CI keeps them. */
export const SCREENSHOTS = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'screenshots');

/** A browser of its own profile. `camera: false` makes one that has neither camera nor microphone to give. */
export async function launch({ camera = true, args = [], viewport = { width: 1280, height: 800 }, ...options } = {}) {
  const profile = mkdtempSync(path.join(tmpdir(), 'video-chat-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: ['--headless=new', '--no-sandbox', ...QUIET, ...(camera ? FAKES : []), ...args],
    viewport,
    ...options,
  });
  const forget = () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  closeAtEnd(() => {
    context.close().catch(() => {});
    forget();
  });
  return context;
}

/** Keeps a picture of a page. */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}
