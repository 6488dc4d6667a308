// How good the connection is and which way it takes, from the browser's statistics.

const EVERY_MS = 2_000;
/** Round trip in seconds and share of packets lost, above which it is called fair, then poor. */
const BOUNDS = [
  { level: 'poor', roundTrip: 0.5, loss: 0.08 },
  { level: 'fair', roundTrip: 0.25, loss: 0.03 },
];

/** Tells `tell({ route, level, roundTripMs })` every two seconds while there is a connection. */
export class Quality {
  #pc;
  #timer;
  #before = { lost: 0, received: 0 };

  constructor(pc, tell) {
    this.#pc = pc;
    const look = async () => {
      const facts = await this.#measure();
      if (facts !== undefined) tell(facts);
    };
    pc.addEventListener('connectionstatechange', () => pc.connectionState === 'connected' && look());
    this.#timer = setInterval(look, EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** The type of the local candidate in use. */
  async localCandidateType() {
    return selected(await this.#pc.getStats())?.local?.candidateType;
  }

  async #measure() {
    if (this.#pc.connectionState !== 'connected') return undefined;
    const stats = await this.#pc.getStats();
    const way = selected(stats);
    if (way === undefined) return undefined;
    // A relay at either end is a relay on the way.
    const relayed = way.local?.candidateType === 'relay' || way.remote?.candidateType === 'relay';
    const roundTrip = way.pair.currentRoundTripTime ?? 0;
    return { route: relayed ? 'relay' : 'direct', level: level(roundTrip, this.#loss(stats)), roundTripMs: Math.round(roundTrip * 1000) };
  }

  /** The share of packets lost since it was last asked. */
  #loss(stats) {
    const now = { lost: 0, received: 0 };
    for (const entry of stats.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      now.lost += entry.packetsLost ?? 0;
      now.received += entry.packetsReceived ?? 0;
    }
    const lost = Math.max(0, now.lost - this.#before.lost);
    const received = Math.max(0, now.received - this.#before.received);
    this.#before = now;
    return lost + received === 0 ? 0 : lost / (lost + received);
  }
}

function level(roundTrip, loss) {
  return BOUNDS.find((bound) => roundTrip > bound.roundTrip || loss > bound.loss)?.level ?? 'good';
}

/** The candidate pair in use. Firefox has no `selectedCandidatePairId` and marks the pair instead. */
function selected(stats) {
  const entries = [...stats.values()];
  const chosen = entries.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId);
  const pair = chosen ? stats.get(chosen.selectedCandidatePairId) : entries.find(({ type, selected }) => type === 'candidate-pair' && selected);
  return pair && { pair, local: stats.get(pair.localCandidateId), remote: stats.get(pair.remoteCandidateId) };
}
