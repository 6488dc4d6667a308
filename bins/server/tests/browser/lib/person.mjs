// Somebody at the demo page: what they press, see and hear, and what their browser's WebRTC says.

import assert from 'node:assert/strict';
import { until } from '../../e2e/lib/server.mjs';

const PATIENCE = 30_000;

export class Person {
  /** Opens the page in a tab. `query` is the address's, such as `?relay=1`; `small`: with a picture that costs little. */
  static async arrive(tabs, server, query = '', { url = server.url, small = false } = {}) {
    const page = await tabs.newPage();
    page.setDefaultTimeout(60_000);
    const person = new Person(page);
    await page.addInitScript(keepConnections);
    if (small) await page.addInitScript(shrinkPictures);
    await page.goto(`${url}/${query}`);
    return person;
  }

  constructor(page) {
    this.page = page;
    /** What the page complained of: must stay empty. */
    this.complaints = [];
    /** What could not be loaded, which explains much. */
    this.failed = [];
    page.on('requestfailed', (request) => this.failed.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // A browser logs every failed request by itself; what the page does about it is what counts.
      const own = !/Failed to load resource|WebSocket connection to|net::ERR/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && own) this.complaints.push(message.text());
    });
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  /** The same by script: where many tabs share one window, a mouse has to wait for the tab to be drawn. */
  tap(name) {
    return this.page.getByRole('button', { name, exact: true }).evaluate((button) => button.click());
  }

  state() {
    return this.page.evaluate(() => document.body.dataset.state);
  }

  /** Awaits one of these states. */
  async reaches(...states) {
    try {
      await this.page.waitForFunction((wanted) => wanted.includes(document.body.dataset.state), states, { timeout: PATIENCE, polling: 50 });
    } catch {
      assert.fail(`in state ${await this.state()} instead of ${states}: "${await this.text('#notice')}"; ${[...this.complaints, ...this.failed]}`);
    }
  }

  text(selector) {
    return this.page.locator(selector).innerText();
  }

  /** Awaits words in an element. */
  async reads(selector, words) {
    const wanted = (text) => (words instanceof RegExp ? words.test(text) : text.includes(words));
    await until(async () => wanted(await this.text(selector)), `"${words}" in ${selector}`, PATIENCE);
  }

  async write(message) {
    await this.page.getByLabel('Message').fill(message);
    await this.press('Send');
  }

  /** What the statistics of the newest peer connection say: frames decoded, audio heard, the candidates in use. */
  media() {
    return this.page.evaluate(async () => {
      const connection = globalThis.connections.at(-1);
      if (connection === undefined) return { connections: 0 };
      const stats = await connection.getStats();
      const entries = [...stats.values()];
      const inbound = (kind) => entries.find((entry) => entry.type === 'inbound-rtp' && entry.kind === kind);
      const transport = entries.find((entry) => entry.type === 'transport');
      const pair = transport && stats.get(transport.selectedCandidatePairId);
      return {
        connections: globalThis.connections.length,
        state: connection.connectionState,
        frames: inbound('video')?.framesDecoded ?? 0,
        energy: inbound('audio')?.totalAudioEnergy ?? 0,
        local: pair && stats.get(pair.localCandidateId)?.candidateType,
        remote: pair && stats.get(pair.remoteCandidateId)?.candidateType,
      };
    });
  }

  /** Awaits pictures that go on coming. */
  async watches(frames = 10) {
    const before = (await this.media()).frames;
    await until(async () => (await this.media()).frames >= before + frames, `${frames} more frames`, PATIENCE);
  }

  /** Awaits sound that is not silence. */
  async listens() {
    const before = (await this.media()).energy;
    await until(async () => (await this.media()).energy > before + 1e-6, 'sound', PATIENCE);
  }

  /** Time from `matched` to the first frame shown, in milliseconds. */
  async timeToMedia() {
    const handle = await this.page.waitForFunction(() => {
      const last = (name) => performance.getEntriesByName(name).at(-1)?.startTime ?? Number.NaN;
      const took = last('first-frame') - last('matched');
      return took > 0 && took;
    });
    return handle.jsonValue();
  }

  leave() {
    return this.page.close();
  }
}

/** Runs in the page before its scripts: keeps every peer connection it makes. */
function keepConnections() {
  globalThis.connections = [];
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      globalThis.connections.push(this);
    }
  };
}

function shrinkPictures() {
  const devices = navigator.mediaDevices;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) => original({ ...wanted, video: wanted.video && { width: 160, height: 120, frameRate: 10 } });
}

/** Brings two people into a call with each other; `by` is how they press. */
export async function meet(a, b, by = 'press') {
  await a[by]('Start');
  await a.reaches('searching');
  await b[by]('Start');
  await Promise.all([a.reaches('in-call'), b.reaches('in-call')]);
}
