// All checks over one history.

import * as blocks from './blocks.mjs';
import { matchedOnlyWhoWaits, oneCallAtATime, toldToBothOrNeither, twoDistinctDevices } from './calls.mjs';
import { callsResume, endedForBoth, endsAreExplained, peersHear } from './ends.mjs';
import { buildModel } from './model.mjs';
import * as relays from './relays.mjs';
import * as service from './service.mjs';
import { calmWindows, compatibleDoNotWait, nothingRemains } from './waiting.mjs';

export const CHECKS = {
  oneCallAtATime,
  twoDistinctDevices,
  toldToBothOrNeither,
  matchedOnlyWhoWaits,
  compatibleDoNotWait,
  nothingRemains,
  relaysFromThePeerOnly: relays.relaysFromThePeerOnly,
  relaysInOrderOnce: relays.relaysInOrderOnce,
  noRelayLost: relays.noRelayLost,
  localRelaysGoOn: relays.localRelaysGoOn,
  acknowledgedIsKept: blocks.acknowledgedIsKept,
  blockedIsGone: blocks.blockedIsGone,
  joinsRefusedWithoutRedis: service.joinsRefusedWithoutRedis,
  readinessTells: service.readinessTells,
  everyRequestAnswered: service.everyRequestAnswered,
  oneConnection: service.oneConnection,
  endedForBoth,
  peersHear,
  endsAreExplained,
  callsResume,
};

/** The violations, the earliest first, and how much was looked at. */
export function check(observed) {
  const model = buildModel(observed);
  const violations = Object.entries(CHECKS)
    .flatMap(([name, find]) => find(model).map((violation) => ({ name, ...violation })))
    .concat(observed.faults.flatMap(({ notes = [], to }) => notes.map((text) => ({ name: 'drainEnds', t: to, devices: [], text }))))
    .sort((a, b) => a.t - b.t);
  return { violations, summary: summary(model, violations) };
}

function summary(model, violations) {
  const count = (k) => model.history.filter((record) => record.k === k).length;
  const calm = calmWindows(model).reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
  const names = new Set(violations.map(({ name }) => name));
  const lines = [
    `${count('up')} connections, ${model.tickets.length} tickets, ${model.calls.size} calls, ${count('sent')} relays sent, ${count('got')} heard`,
    `${model.reports.length} reports, ${model.verdicts.length} verdicts, ${model.faults.length} faults, calm for ${Math.round(calm / 1_000)} s`,
    ...[...names].map((name) => `${name}: ${violations.filter((violation) => violation.name === name).length} violations`),
  ];
  if (model.lags.length > 0) lines.push(`the clients themselves stood still ${model.lags.length} times`);
  return lines.join('\n');
}
