// A moderator who judges some of the reports, on any node, and the record of what was acknowledged.

import { token } from '../client/token.mjs';

const REASONABLE_MS = 10_000;

export class Moderator {
  /** Acknowledged reports, `{ id, session, by, t }`. */
  reports = [];
  /** Verdicts, `{ id, session, by, decision, t, answered, status }`. */
  verdicts = [];
  #pending = new Set();
  #headers;

  /** Judges one report in `every`, of these two in three against the reported. */
  constructor({ cluster, secret, rng, every }) {
    Object.assign(this, { cluster, rng, every });
    const bearer = token(secret, 'chaos-moderator', { role: 'moderator' });
    this.#headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  }

  /** A device's report was acknowledged. */
  hear({ reported: id, session, by }) {
    this.reports.push({ id, session, by, t: Date.now() });
    if (this.reports.length % this.every !== 0) return;
    const judging = this.#judge({ id, session, by, decision: this.rng.chance(0.67) ? 'accepted' : 'rejected' });
    this.#pending.add(judging.finally(() => this.#pending.delete(judging)));
  }

  /** Awaits the verdicts under way. */
  settle() {
    return Promise.all(this.#pending);
  }

  /** Every stored report, as this node lists them: id → status. */
  async stored(node) {
    const found = new Map();
    for (let page = '/reports?limit=100'; page !== undefined; ) {
      const response = await fetch(`http://127.0.0.1:${node.port}${page}`, { headers: this.#headers });
      for (const { id, status } of await response.json()) found.set(id, status);
      page = /<(?:https?:\/\/[^/]+)?([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return found;
  }

  async #judge(verdict) {
    const t = Date.now();
    const body = JSON.stringify({ reportId: verdict.id, decision: verdict.decision });
    const node = this.rng.pick(this.cluster.nodes);
    const { status } = await node.get('/reports/moderate', REASONABLE_MS, { method: 'POST', headers: this.#headers, body });
    this.verdicts.push({ ...verdict, t, answered: Date.now(), status });
  }
}
