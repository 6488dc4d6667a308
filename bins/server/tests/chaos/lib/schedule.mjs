// Which faults come when, by a seed.

const SECOND = 1_000;
/** Seconds of peace between two faults, at least and at most. */
const PEACE = [5, 12];

/**
 * The kinds of faults. `for` is how long one lasts, in ms; `lethal` when the others must take the node for dead (its
 * lease is 6 s); `redis` when commands of the node, or of every node, fail or wait meanwhile, `away` when all do.
 */
export const KINDS = {
  kill: { weight: 4, node: true, for: [0.5, 9], lethal: true, on: 'shared' },
  freeze: { weight: 3, node: true, for: [8, 11], lethal: true },
  hiccup: { weight: 2, node: true, for: [1, 3], lethal: false },
  drain: { weight: 3, node: true, for: [0, 0], on: 'shared' },
  rolling: { weight: 1, for: [0, 0], on: 'shared' },
  'redis-slow': { weight: 2, node: true, for: [3, 6], ms: [20, 200], on: 'single' },
  'redis-cut': { weight: 2, node: true, for: [0.2, 3], redis: true, away: true, on: 'single' },
  'redis-hole': { weight: 1, node: true, for: [1, 3], redis: true, away: true, on: 'single' },
  'redis-lost': { weight: 1, node: true, for: [9, 12], redis: true, away: true, lethal: true, on: 'single' },
  'redis-deaf': { weight: 2, node: true, for: [0.5, 3], redis: true, away: true, on: 'single' },
  'redis-stop': { weight: 2, for: [3, 12], redis: true, away: true, on: 'single' },
  'redis-stop-long': { weight: 0, for: [30, 30], redis: true, away: true, on: 'single' },
  'redis-away': { weight: 2, for: [3, 8], redis: true, away: true, on: 'single' },
  'redis-flush': { weight: 2, for: [0, 0], redis: true, on: 'single' },
  'redis-empty': { weight: 1, for: [0.5, 3], redis: true, on: 'single' },
  failover: { weight: 3, for: [0, 0], redis: true, on: 'cluster' },
  'master-kill': { weight: 3, for: [6, 9], redis: true, on: 'cluster' },
  'master-stop': { weight: 2, for: [1, 6], redis: true, on: 'cluster' },
  migrate: { weight: 3, for: [0, 0], redis: true, on: 'cluster' },
  'sentinel-failover': { weight: 3, for: [0, 0], redis: true, on: 'sentinel' },
  'sentinel-kill': { weight: 3, for: [6, 9], redis: true, on: 'sentinel' },
};

/**
 * Faults one after the other, `{ at, kind, node?, lasts, ms? }`, `at` in ms from the start, within `seconds`. None comes
 * again before all others have come.
 */
export function schedule({ rng, seconds, nodes, redis, only }) {
  const weights = Object.fromEntries(
    Object.entries(KINDS)
      .filter(([kind, { on, weight }]) => fits(on, redis) && (only === undefined ? weight > 0 : only.includes(kind)))
      .map(([kind, { weight }]) => [kind, only === undefined ? weight : 1]),
  );
  const between = ([low, high]) => low + rng.next() * (high - low);
  const faults = [];
  let bag = {};
  for (let at = 6 * SECOND; ; ) {
    if (Object.keys(bag).length === 0) bag = { ...weights };
    const kind = rng.weighted(bag);
    delete bag[kind];
    const about = KINDS[kind];
    const lasts = between(about.for) * SECOND;
    if (at + lasts > seconds * SECOND) return faults;
    const node = about.node ? rng.int(0, nodes - 1) : undefined;
    faults.push({ at, kind, node, lasts, ms: about.ms && Math.round(between(about.ms)) });
    at += lasts + between(PEACE) * SECOND;
  }
}

/** Whether a fault is one for this Redis; what is `shared` outlives a node. */
function fits(on, redis) {
  return on === undefined || on === redis || (on === 'shared' && redis !== 'none');
}
