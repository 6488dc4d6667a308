// Histories by hand, for the tests of the checks.

import { buildModel } from './model.mjs';

/** What a run without faults would have seen, with these records and whatever is given beside. */
export function observed(records, beside = {}) {
  return {
    history: records.flat(Infinity).sort((a, b) => a.t - b.t),
    ...{ faults: [], readiness: [], reports: [], verdicts: [], stored: [], leftovers: [] },
    ...{ started: 0, left: 100_000, graceMs: 6_000 },
    ...beside,
  };
}

/** What a check finds in it, as text. */
export function found(check, records, beside) {
  return check(buildModel(observed(records, beside))).map(({ text }) => text);
}

export const record = (t, d, k, fields) => ({ t, d, k, ...fields });

/** Device `d` opens its connection `c` to `node`. */
export const opens = (t, d, { c = 1, node = d % 3, s } = {}) => [
  record(t, d, 'dial', { c, node }),
  record(t + 10, d, 'up', { c, s, ...(s && { peer: `peer-of-${d}`, role: 'offerer' }) }),
];

/** It joins, and is answered and queued. */
export const joins = (t, d, { c = 1, region = 'eu', language = 'en', code = 'ok' } = {}) => [
  record(t, d, 'join', { c, region, language, answered: t + 5, code }),
  ...(code === 'ok' ? [record(t + 5, d, 'queued', { c })] : []),
];

export const matched = (t, d, role, { c = 1, s = 'S' } = {}) =>
  record(t, d, 'matched', { c, s, role, peer: `peer-of-${d}`, region: 'eu', language: 'en' });

/** Devices 1 and 2, on nodes 1 and 2, are in the call `S` since 1000. */
export const call = () => [
  ...opens(0, 1),
  ...opens(0, 2),
  ...joins(900, 1),
  ...joins(990, 2),
  matched(1_000, 1, 'offerer'),
  matched(1_000, 2, 'answerer'),
];

/** Device `d` relays, which is acknowledged, and its peer hears it; `heard: null` when it does not. */
export function relay(t, d, n, { c = 1, by = c, peer = 3 - d, heard = t + 5, s = 'S', from = `peer-of-${peer}`, intact = true } = {}) {
  const sent = record(t, d, 'sent', { c, s, n, event: 'message', answered: t + 3, code: 'ok' });
  if (heard === null) return [sent];
  return [sent, record(heard, peer, 'got', { c: by, s, event: 'message', from, sender: d, n, intact })];
}

export const down = (t, d, how, { c = 1, by = 'self' } = {}) => record(t, d, 'down', { c, how, by });

export const fault = (from, to, fields) => ({ kind: 'kill', from, to, lethal: false, redis: false, ...fields });
