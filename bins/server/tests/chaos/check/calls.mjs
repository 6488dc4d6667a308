// Invariant 1 and 2: who is in a call with whom, and that both know.

import { compatible, faultsIn, lagged, otherSide, partings, redisAway, sidesOf } from './model.mjs';
import { ANSWER, DEATH_HEARD, HEARTBEAT, IN_FLIGHT, SETTLE, SLACK } from './tolerances.mjs';

/** Faults after which Redis knows nothing. */
const EMPTIED = ['redis-empty', 'redis-flush'];

/** A device that is told of a call has heard of the end of the one before. */
export function oneCallAtATime(model) {
  return allSides(model)
    .filter(({ how }) => how === 'matched again')
    .map(({ d, s, to }) => ({ t: to, devices: [d], session: s, text: `device ${d} is matched again while in a call` }));
}

/** A call has two devices, which fit each other; one offers, the other answers. */
export function twoDistinctDevices(model) {
  const found = [];
  for (const [session, sides] of model.calls) {
    const told = [...sides.values()].filter(wasTold);
    const devices = told.map(({ d }) => d);
    const t = told[0]?.from;
    const wrong = (text) => found.push({ t, devices, session, text: `${text}: devices ${devices}` });
    if (told.length > 2) wrong('a call of more than two');
    if (told.length !== 2) continue;
    const roles = told.map(({ role }) => role).sort();
    if (roles.join() !== 'answerer,offerer') wrong(`roles ${roles}`);
    const [one, two] = devices.map((d) => placeOf(model, d, t));
    if (one && two && !compatible(one, two)) wrong('a call of two who do not fit');
  }
  return found;
}

/**
 * When only one hears of a call, somebody who fitted was just going, and the one who heard is told before long that
 * the call is over.
 */
export function toldToBothOrNeither(model) {
  const found = [];
  for (const [session, sides] of model.calls) {
    const told = [...sides.values()].filter(wasTold);
    if (told.length !== 1) continue;
    const [side] = told;
    const wrong = (text) => found.push({ t: side.from, devices: [side.d], session, text: `only device ${side.d} was told: ${text}` });
    if (!somebodyWasGoing(model, side)) wrong('nobody who fitted was going');
    const until = heardBy(model, side.from, model.graceMs + HEARTBEAT + SLACK);
    if (side.to > until && until < model.left && partings(model, side.d, side.from, until).length === 0) {
      wrong(`still in it after ${until - side.from} ms`);
    }
  }
  return found;
}

/** Only who waits is matched: it has asked since it last left, connected, or was matched. */
export function matchedOnlyWhoWaits(model) {
  const found = [];
  for (const { d, records, conns } of model.devices.values()) {
    /** The connections on which it has. */
    const waits = new Set();
    let resumed;
    for (const { k, t, s, c } of records) {
      if (k === 'join') waits.add(c);
      // Without Redis nobody can tell the older connection's node of the newer one.
      const unshared = k === 'up' && redisAway(model, conns.get(c).node, t - ANSWER, t, 0);
      if (k === 'left' || (k === 'up' && !unshared)) waits.clear();
      if (k === 'up') resumed = s;
      // A newer connection may be told of the call before the older one is.
      if (k !== 'matched' || s === resumed) continue;
      if (waits.size === 0) found.push({ t, devices: [d], session: s, text: `device ${d} is matched without waiting` });
      if (!waits.delete(c)) waits.clear();
    }
  }
  return found;
}

/** Whether the device was told of the call, by a match or when it came back. */
export const wasTold = ({ role }) => role !== undefined;

export const allSides = (model) => [...model.calls.keys()].flatMap((session) => sidesOf(model, session).filter(wasTold));

/** What a device asked for last, at `t`. */
function placeOf(model, d, t) {
  return model.devices.get(d)?.records.findLast((record) => record.k === 'join' && record.t <= t);
}

function somebodyWasGoing(model, side) {
  const place = placeOf(model, side.d, side.from);
  if (place === undefined) return true;
  const since = side.from - HEARTBEAT - IN_FLIGHT - SLACK;
  // Without Redis the other is told when that is back, if the call and its connection are still there.
  const mute = model.faults.filter(({ redis, from, to }) => redis && from <= side.from + SLACK && to >= side.from);
  const until = Math.max(side.from, ...mute.map(({ to }) => to)) + IN_FLIGHT;
  if (mute.length > 0 && side.to <= until) return true;
  const emptied = model.faults.some(({ kind, from, to }) => EMPTIED.includes(kind) && from <= side.from && to + ANSWER >= side.from);
  const at = model.devices.get(side.d).conns.get(place.c).node;
  return model.tickets.some((ticket) => {
    if (ticket.d === side.d || !compatible(ticket, place)) return false;
    const left = ticket.to >= since && ticket.from <= side.from;
    const gone = (!['matched', 'running', 'leave', 'taken over'].includes(ticket.how) || takenOverUnseen(model, ticket)) && ticket.to <= until;
    const node = model.faults.some(({ lethal, node, from, to }) => lethal && node === ticket.node && from <= side.from + SLACK && to + SETTLE >= ticket.from);
    // Its node stood still, and the call was over before that could tell: then it waits on.
    const still = model.faults.some(({ kind, node, from, to }) => kind === 'hiccup' && node === ticket.node && from <= side.from + SLACK && to >= side.from && side.to <= to + IN_FLIGHT);
    // A Redis that was emptied meanwhile does not know that the match was accepted, and the other's node, which waits for that, takes it back.
    const forgotten = emptied && ticket.node !== at && ticket.to > side.from;
    return left && (gone || node || still || forgotten);
  });
}

/** Whether a ticket was taken over by a connection to another node, which had no Redis to tell of it, nor to hear of a match. */
function takenOverUnseen(model, { d, node, to, how }) {
  const newer = [...model.devices.get(d).conns.values()].find(({ up }) => up === to);
  return how === 'taken over' && newer !== undefined && newer.node !== node && redisAway(model, newer.node, to - ANSWER, to, 0);
}

/** `t + within`, later when there are faults that delay the word. */
export function heardBy(model, t, within) {
  const faults = faultsIn(model, t, t + within);
  const late = faults.map((fault) => fault.to + SETTLE + (fault.lethal ? DEATH_HEARD : 0) + within);
  return lagged(model, t, t + within) ? Number.POSITIVE_INFINITY : Math.max(t + within, ...late);
}

export { otherSide };
