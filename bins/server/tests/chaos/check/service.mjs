// Invariant 7, and what holds always: every request is answered, a device has one connection, readiness tells the truth.

import { KINDS } from '../lib/schedule.mjs';
import { faultsIn, lagged } from './model.mjs';
import { heardBy } from './calls.mjs';
import { ANSWER, READINESS, SETTLE, SLACK } from './tolerances.mjs';

const NEVER = Number.POSITIVE_INFINITY;

/** Every join and relay has its answer before long, and every `end-call` its end, while the connection is open. */
export function everyRequestAnswered(model) {
  const found = [];
  for (const { d, records, conns } of model.devices.values()) {
    for (const record of records) {
      if (!['join', 'sent', 'end'].includes(record.k)) continue;
      const conn = conns.get(record.c);
      const answered = record.k === 'end' ? (model.calls.get(record.s)?.get(d)?.to ?? record.t) : (record.answered ?? NEVER);
      const until = answerBy(model, record.t, conn.node);
      if (answered <= until || conn.down <= until || until >= model.left) continue;
      const text = `device ${d} had no answer to ${record.k} within ${until - record.t} ms on node ${conn.node}`;
      found.push({ t: record.t, devices: [d], session: record.s, text });
    }
  }
  return found;
}

/** Joins are refused with `service_unavailable` where there is no Redis. */
export function joinsRefusedWithoutRedis(model) {
  const found = [];
  for (const fault of awayFaults(model)) {
    for (const { join, d, node } of model.tickets) {
      if (!touches(fault, node) || join.code !== 'ok') continue;
      if (join.t < fault.from + SLACK || join.answered > fault.to) continue;
      found.push({ t: join.t, devices: [d], text: `device ${d} joined on node ${node}, which had no Redis` });
    }
  }
  return found;
}

/** Readiness is 503 on a node without Redis, soon, and 200 again soon after. */
export function readinessTells(model) {
  const found = [];
  const wrong = ({ t, node, status }, text) => found.push({ t, devices: [], text: `node ${node} says ${status ?? 'nothing'} ${text}` });
  for (const fault of awayFaults(model)) {
    const during = model.readiness.filter(({ t, node, took }) => touches(fault, node) && t > fault.from + READINESS && t + took < fault.to);
    for (const answer of during) if (answer.status !== 503) wrong(answer, 'while it has no Redis');
  }
  for (const answer of model.readiness) {
    const { t, took, status } = answer;
    if (status !== 200 && faultsIn(model, t, t + took).length === 0 && t > model.started && !lagged(model, t, t + took)) {
      wrong(answer, 'while nothing is out of order');
    }
  }
  return found;
}

/** A newer connection ends the older one. */
export function oneConnection(model) {
  const found = [];
  for (const { d, conns } of model.devices.values()) {
    const opened = [...conns.values()].filter(({ up }) => up !== NEVER).sort((a, b) => a.up - b.up);
    for (const [i, newer] of opened.entries()) {
      const older = opened[i - 1];
      if (older === undefined) continue;
      const until = heardBy(model, newer.up, SLACK);
      if (older.down <= until || newer.down <= until || until >= model.left) continue;
      const text = `device ${d} has two connections, on nodes ${older.node} and ${newer.node}, ${until - newer.up} ms after the newer`;
      found.push({ t: newer.up, devices: [d], text });
    }
  }
  return found;
}

/** Faults during which some nodes have no Redis at all, for long enough to be noticed. */
const awayFaults = (model) => model.faults.filter(({ kind }) => KINDS[kind].away);

const touches = (fault, node) => (fault.node ?? node) === node;

function answerBy(model, t, node) {
  const stood = faultsIn(model, t, t + ANSWER, SLACK).filter((fault) => touches(fault, node) && !fault.redis);
  if (lagged(model, t, t + ANSWER + SLACK)) return NEVER;
  return Math.max(t, ...stood.map(({ to }) => to + SETTLE)) + ANSWER + SLACK;
}

