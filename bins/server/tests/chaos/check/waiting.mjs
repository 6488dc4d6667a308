// Invariant 3: nobody waits beside somebody who fits, and no ticket outlives its connection.

import { compatible, otherSide } from './model.mjs';
import { BOTH_WAIT, REMATCH_AFTER, SETTLE, SLACK } from './tolerances.mjs';

/** While nothing is out of order, two compatible tickets do not both wait for long. */
export function compatibleDoNotWait(model) {
  const found = [];
  const windows = calmWindows(model);
  const least = BOTH_WAIT + SLACK;
  const long = model.tickets
    .map((ticket) => ({ ...ticket, from: ticket.queued ?? ticket.join.answered }))
    .filter(({ from, to }) => to - from > least)
    .sort((a, b) => a.from - b.from);
  for (const [i, one] of long.entries()) {
    for (const two of long.slice(i + 1)) {
      if (two.from > one.to - least) break;
      if (one.d === two.d || !compatible(one, two)) continue;
      const allowed = least + (lastPartners(model, one, two) ? REMATCH_AFTER : 0);
      const [from, to] = [two.from, Math.min(one.to, two.to)];
      const waited = Math.max(...windows.map((window) => Math.min(to, window.to) - Math.max(from, window.from)));
      if (waited <= allowed) continue;
      const text = `devices ${one.d} and ${two.d} fit (${one.language}, ${one.region} and ${two.region}) and both waited ${waited} ms`;
      found.push({ t: from + allowed, devices: [one.d, two.d], text });
    }
  }
  return found;
}

/** When all have left, no node holds a connection, a call or a ticket. */
export function nothingRemains(model) {
  return model.leftovers.map(({ node, gauge, value }) => ({
    t: model.left,
    devices: [],
    text: `all have left, and node ${node} has ${gauge} ${value}`,
  }));
}

/** The times without fault, settling or late clients. */
export function calmWindows(model) {
  const bad = [
    ...model.faults.map(({ from, to }) => [from, to + SETTLE]),
    ...model.lags.map(({ t, to }) => [t, to + SLACK]),
  ].sort((a, b) => a[0] - b[0]);
  const windows = [];
  let from = model.started;
  for (const [start, end] of bad) {
    if (start > from) windows.push({ from, to: start });
    from = Math.max(from, end);
  }
  return [...windows, { from, to: model.left }];
}

/** Whether one's last call before was with the other. */
function lastPartners(model, one, two) {
  return met(model, one, two.d) || met(model, two, one.d);
}

function met(model, { d, from }, other) {
  const last = model.devices
    .get(d)
    .records.findLast(({ k, t, s }) => t <= from && (k === 'matched' || (k === 'up' && s !== undefined)));
  if (last === undefined) return false;
  return otherSide(model, last)?.d === other || otherSide(model, last) === undefined;
}
