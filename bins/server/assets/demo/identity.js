// Who this tab is: a device id of its own, and tokens for it.

import { post } from './api.js';

const KEY = 'video-chat-device';
const PATIENCE_MS = 500;
/** A token with less than this left is renewed before it is used. */
const MARGIN_MS = 30_000;

/**
 * The tab's device id. A device has one live connection, so two tabs must not share an id: it is kept for the tab alone,
 * and since duplicating a tab copies its session storage, each tab holds a lock on its id for as long as it is open.
 */
export async function deviceOfTab() {
  const kept = recall();
  if (kept !== null && (await claim(kept))) return kept;
  const fresh = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (await claim(fresh)) remember(fresh);
  return fresh;
}

/** Whether the id is this tab's from now on. Where there are no locks (an insecure address) no id is kept. */
function claim(id) {
  if (navigator.locks === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const hold = () => {
      resolve(true);
      return new Promise(() => {});
    };
    // A reload's predecessor lets go within this time; a tab that is open does not.
    navigator.locks.request(`${KEY}:${id}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, hold).catch(() => resolve(false));
  });
}

function recall() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(id) {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // Storage is forbidden: the next load is another device.
  }
}

/** Tokens of one device, renewed when they are about to expire. */
export class Tokens {
  #deviceId;
  #token;
  #expiresAt = 0;
  #asking;

  /** @param {Promise<string>} deviceId */
  constructor(deviceId) {
    this.#deviceId = deviceId;
  }

  /** A token that is good for a while. Throws a `Refusal`. */
  async get() {
    if (Date.now() < this.#expiresAt - MARGIN_MS) return this.#token;
    // Whoever asks meanwhile gets the same one.
    this.#asking ??= this.#renew().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** The server did not take it: the next one is new. */
  discard() {
    this.#token = undefined;
    this.#expiresAt = 0;
  }

  async #renew() {
    const alive = Date.now() < this.#expiresAt;
    const answer = alive ? await post('/auth/refresh', {}, this.#token) : await post('/auth/token', { deviceId: await this.#deviceId });
    this.#token = answer.accessToken;
    this.#expiresAt = Date.now() + lifetime(answer.accessToken);
    return this.#token;
  }
}

/** How long a token lives, by its own two times: this computer's clock may be wrong. */
function lifetime(token) {
  const { iat, exp } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  return (exp - iat) * 1000;
}
