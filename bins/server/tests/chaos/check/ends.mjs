// Invariants 8 and 9: who is left behind hears of it, and no call ends without a reason.

import { allSides, heardBy, wasTold } from './calls.mjs';
import { faultsIn, lagged, nodeDied, openIn, otherSide, partings } from './model.mjs';
import { DEATH_HEARD, HEARTBEAT, IN_FLIGHT, SLACK } from './tolerances.mjs';

/** Who ends a call ends it for both. */
export function endedForBoth(model) {
  return pairs(model).flatMap(([side, peer]) => {
    if (side.how === 'running' || side.how === 'matched again') return [];
    const until = heardBy(model, side.to, SLACK + 1_000);
    if (peer.to <= until || until >= model.left || !present(model, peer, side.to, until) || unsaid(model, side)) return [];
    const text = `for device ${side.d} it was over (${side.how} ${side.reason ?? ''}), for device ${peer.d} not ${until - side.to} ms later`;
    return [{ t: side.to, devices: [side.d, peer.d], session: side.s, text }];
  });
}

/** When one vanishes, alone or with its node, the other hears so, unless it is back before. */
export function peersHear(model) {
  return pairs(model).flatMap(([side, peer]) =>
    partings(model, side.d, side.from, side.to)
      .filter((conn) => side.conns.includes(conn) && conn.how !== 'close')
      .filter((conn) => openIn(model, side.d, conn.down, conn.down).length === 1)
      .flatMap((conn) => {
        const within = promise(model, conn);
        const until = heardBy(model, conn.down, within);
        const back = openIn(model, side.d, conn.down + 1, until).length > 0;
        const heard = peer.heard.some(({ t }) => t >= conn.down - DEATH_HEARD && t <= until) || peer.to <= until;
        if (back || heard || until >= model.left || !present(model, peer, conn.down, until)) return [];
        const text = `device ${side.d} vanished (${conn.how}, node ${conn.node}), and device ${peer.d} did not hear within ${until - conn.down} ms`;
        return [{ t: conn.down, devices: [side.d, peer.d], session: side.s, text }];
      }),
  );
}

/** `peer-disconnected` tells the truth: the peer ended it, left, was blocked, or was away for the grace. */
export function endsAreExplained(model) {
  return pairs(model).flatMap(([peer, side]) => {
    if (side.how !== 'gone' || EXPLAINED[side.reason]?.(model, peer, side)) return [];
    const text = `device ${side.d} heard ${side.reason} of device ${peer.d}, which is not so`;
    return [{ t: side.to, devices: [side.d, peer.d], session: side.s, text }];
  });
}

/** Who comes back within the grace finds its call, whatever became of the node it was on. */
export function callsResume(model) {
  const sides = allSides(model).flatMap((side) => [side, ...(side.lapses ?? []).map((lapse) => ({ ...side, ...lapse }))]);
  return sides.flatMap((side) => {
    if (side.how !== 'forgotten') return [];
    const away = side.to - lastSeen(model, side);
    const peer = otherSide(model, side);
    const over = peer !== undefined && (peer.to <= side.to || longestAbsence(model, peer, side.to) > model.graceMs - SLACK);
    // Closed at a node that noticed late, and back elsewhere meanwhile.
    const left = peer?.lapses?.some(({ to, how }) => how === 'close' && to <= side.to);
    const excuse = over || left || side.asked !== undefined || peer?.asked <= side.to || unshared(model, side, peer, side.to);
    if (excuse || away > model.graceMs - SLACK || !wasTold(peer ?? {})) return [];
    const text = `device ${side.d} was back after ${away} ms, and its call was not there`;
    return [{ t: side.to, devices: [side.d, peer.d], session: side.s, text }];
  });
}

/** The server counts the grace from when it sees the connection go, the client from when it hears so. */
const HEARD_APART = 100;

const EXPLAINED = {
  // Or itself, on a connection before this one.
  ended: (model, peer, { asked, to }) => peer.asked <= to || asked <= to,
  // Or was told, when it came back, of no call: whether that may be is for `callsResume` to say. Or itself, perhaps while the
  // match was being made. Or had ended it at a node that could not say so.
  left: (model, peer, side) =>
    closed(model, peer, 0, side.to) ||
    (peer.how === 'ended' && peer.to <= side.to && unshared(model, peer, side, side.to)) ||
    (peer.how === 'forgotten' && peer.to <= side.to + SLACK) ||
    unanswered(model, peer, side.to) ||
    closed(model, side, side.from - IN_FLIGHT, side.to),
  blocked: (model, { d }) => model.verdicts.some((verdict) => verdict.decision === 'accepted' && judged(model, verdict) === d),
  timeout: (model, peer, side) => {
    const since = side.to - model.graceMs + SLACK;
    const away = openIn(model, peer.d, since, side.to - SLACK).length === 0;
    // Its own, when it was back just too late.
    const own = longestAbsence(model, side, side.to) >= model.graceMs - HEARD_APART;
    return away || own || unshared(model, peer, side, side.to) || lagged(model, since - HEARTBEAT, side.to);
  },
  server: () => false,
};

/** Whether the node where a side ended the call died before it could tell anybody: it had no Redis until then. */
function unsaid(model, side) {
  const { node } = side.conns.filter(({ up }) => up <= side.to).at(-1) ?? {};
  const died = model.faults.find((fault) => fault.lethal && fault.node === node && fault.from >= side.to);
  return died !== undefined && model.faults.some((fault) => {
    const concerns = fault.redis && (fault.node ?? node) === node;
    return concerns && fault.from <= side.to && fault.to + SLACK >= died.from;
  });
}

/** Whether a device had connected to a node without Redis, which knew of no call, and had not been answered yet. */
function unanswered(model, { d }, until) {
  const conns = [...model.devices.get(d).conns.values()];
  return conns.some(({ dial, up, node }) => dial <= until && up > until && redisDown(model, node, dial, until));
}

function closed(model, { d }, from, to) {
  return [...model.devices.get(d).conns.values()].some(({ how, down }) => how === 'close' && down >= from && down <= to);
}

/** The device a verdict is about. */
export function judged(model, { session, by }) {
  return [...(model.calls.get(session)?.keys() ?? [])].find((d) => d !== by);
}

/** Whether one side's node could not share what it knew, shortly before `since`. */
function unshared(model, side, other, since) {
  const from = since - model.graceMs - DEATH_HEARD;
  return [side, other].filter(Boolean).some(({ d }) =>
    openIn(model, d, from, since).some(({ node }) => redisDown(model, node, from, since) || fenced(model, node, from, since)),
  );
}

/** Whether a node's Redis did not answer; one that was emptied does, and is told again what it has forgotten. */
function redisDown(model, node, from, to) {
  return faultsIn(model, from, to).some(({ kind, redis, node: touched }) => redis && kind !== 'redis-flush' && (touched ?? node) === node);
}

/** A node that lives, but was away for longer than its lease, has lost its calls to the others. */
function fenced(model, node, from, to) {
  return nodeDied(model, node, from, to) && faultsIn(model, from, to).some((fault) => fault.node === node && fault.lethal && fault.kind !== 'kill');
}

function promise(model, { how, node, down }) {
  if (nodeDied(model, node, down - HEARTBEAT - SLACK, down)) return DEATH_HEARD + SLACK;
  return (how === 'mute' ? HEARTBEAT : 1_000) + SLACK;
}

/** Whether the device was connected, on one connection, all of [from, to], to a node that lived. */
function present(model, { d }, from, to) {
  const conns = openIn(model, d, from, to);
  return conns.length === 1 && conns[0].up <= from && conns[0].down > to && !nodeDied(model, conns[0].node, from, to);
}

/** When the device was last connected before its side ended. */
function lastSeen(model, side) {
  return Math.max(side.from, ...side.conns.map(({ down }) => down).filter((down) => down <= side.to));
}

/** The longest time, in ms, that a device had no connection between the call's beginning and `until`. */
function longestAbsence(model, { d, from }, until) {
  let last = from;
  let longest = 0;
  for (const { up, down } of openIn(model, d, from, until).sort((a, b) => a.up - b.up)) {
    longest = Math.max(longest, up - last);
    last = Math.max(last, down);
  }
  return Math.max(longest, until - last);
}

/** Both sides of every call of two, each way round. */
function pairs(model) {
  return allSides(model).flatMap((side) => {
    const peer = otherSide(model, side);
    return peer !== undefined && wasTold(peer) ? [[side, peer]] : [];
  });
}
