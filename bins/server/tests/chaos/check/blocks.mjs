// Invariants 5 and 6: what is acknowledged is kept, and who is blocked is gone.

import { judged } from './ends.mjs';
import { faultsIn, lagged } from './model.mjs';
import { BLOCK_FELT, SLACK } from './tolerances.mjs';

/** Every acknowledged report and verdict is in the database, whichever node is asked. */
export function acknowledgedIsKept(model) {
  const found = [];
  const verdicts = new Map(model.verdicts.filter(({ status }) => status === 201).map((verdict) => [verdict.id, verdict]));
  const unsure = new Set(model.verdicts.filter(({ status }) => status !== 201).map(({ id }) => id));
  for (const [node, listed] of model.stored.entries()) {
    const stored = new Map(listed);
    for (const { id, t, by, session } of model.reports) {
      const wrong = (text) => found.push({ t, devices: [by], session, text: `node ${node}, report ${id}: ${text}` });
      const expected = verdicts.get(id)?.decision ?? 'pending';
      if (!stored.has(id)) wrong('is lost');
      else if (!unsure.has(id) && stored.get(id) !== expected) wrong(`is ${stored.get(id)}, and was ${expected}`);
    }
  }
  return found;
}

/** A blocked device is disconnected everywhere before long, and cannot connect any more. */
export function blockedIsGone(model) {
  const found = [];
  for (const verdict of model.verdicts) {
    if (verdict.status !== 201 || verdict.decision !== 'accepted') continue;
    const d = judged(model, verdict);
    for (const conn of model.devices.get(d)?.conns.values() ?? []) {
      const felt = feltBy(model, verdict.answered, conn.node);
      if (conn.up === Number.POSITIVE_INFINITY || conn.down <= felt || felt >= model.left || lagged(model, verdict.answered, felt)) continue;
      const what = conn.up > felt ? 'connected' : 'was still connected';
      const text = `device ${d} was blocked at ${verdict.answered} and ${what} on node ${conn.node} ${felt - verdict.answered} ms later`;
      found.push({ t: felt, devices: [d], session: verdict.session, text });
    }
  }
  return found;
}

/** A node that stands still feels it when it goes on. */
function feltBy(model, t, node) {
  const stood = faultsIn(model, t - SLACK, t + BLOCK_FELT, 0).filter((fault) => fault.node === node && !fault.redis);
  return Math.max(t, ...stood.map(({ to }) => to)) + BLOCK_FELT + SLACK;
}
