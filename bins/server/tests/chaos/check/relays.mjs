// Invariant 4: relays reach the peer and nobody else, in order, unaltered, once; and none is lost.

import { allSides, wasTold } from './calls.mjs';
import { NEVER, faultsIn, lagged, nodeDied, openIn, otherSide, partings, redisAway, sidesOf } from './model.mjs';
import { HEARTBEAT, IN_FLIGHT, LOCAL_RELAY, SETTLE, SLACK } from './tolerances.mjs';

/** Every relay heard is one the peer sent in this call, as it was sent. */
export function relaysFromThePeerOnly(model) {
  const found = [];
  for (const session of model.calls.keys()) {
    for (const side of sidesOf(model, session)) {
      for (const got of side.got) {
        const peer = otherSide(model, side);
        const wrong = (text) => found.push({ t: got.t, devices: [side.d, got.sender], session, text: `device ${side.d}, relay ${got.n} of ${got.sender}: ${text}` });
        if (!wasTold(side)) wrong('heard by somebody who was not told of the call');
        else if (got.sender !== peer?.d || !peer.sent.some(({ n }) => n === got.n)) wrong('the peer did not send it');
        else if (got.from !== side.peer) wrong(`it is from ${got.from}, and the peer is ${side.peer}`);
        else if (!got.intact) wrong('it was altered');
      }
    }
  }
  return found;
}

/**
 * None comes twice, unless the node of an older connection could not hear of the newer one, and both were told at the end
 * of the call; on one connection they come in the order they were sent. Two that were sent on two connections have no
 * order when the later was sent before the earlier was acknowledged, or on the older connection, which came up too late.
 */
export function relaysInOrderOnce(model) {
  const found = [];
  for (const side of allSides(model)) {
    const sent = new Map(otherSide(model, side)?.sent.map((record) => [record.n, record]));
    const seen = new Map();
    const last = new Map();
    for (const { t, c, n, sender } of side.got) {
      const wrong = (text) => found.push({ t, devices: [side.d, sender], session: side.s, text: `device ${side.d}, relay ${n} of ${sender} ${text}` });
      if (seen.has(n) && !onBothConnections(model, side, [seen.get(n), c], t)) wrong('came twice');
      const before = last.get(c) ?? 0;
      if (n < before && ordered(sent.get(n), sent.get(before))) wrong(`came after ${before}`);
      seen.set(n, c);
      last.set(c, Math.max(before, n));
    }
  }
  return found;
}

/** What was acknowledged arrives, unless an end of the way broke while it was on the way. */
export function noRelayLost(model) {
  const found = [];
  for (const side of allSides(model)) {
    const peer = otherSide(model, side);
    if (peer === undefined || !wasTold(peer)) continue;
    const got = new Set(peer.got.map(({ n }) => n));
    for (const sent of side.sent) {
      if (sent.code !== 'ok' || got.has(sent.n) || excused(model, sent, side, peer)) continue;
      const text = `relay ${sent.n} of device ${side.d} was acknowledged, and device ${peer.d} never heard it`;
      found.push({ t: sent.t, devices: [side.d, peer.d], session: side.s, text });
    }
  }
  return found;
}

/** Two clients of one node hear each other at once, also while that node has no Redis. */
export function localRelaysGoOn(model) {
  const found = [];
  const allowed = LOCAL_RELAY + SLACK;
  for (const side of allSides(model)) {
    const peer = otherSide(model, side);
    if (peer === undefined) continue;
    const heard = new Map(peer.got.map((got) => [got.n, got]));
    for (const sent of side.sent) {
      const got = heard.get(sent.n);
      if (got === undefined || got.t - sent.t <= allowed || !onOneNode(model, sent, side, peer, got.t)) continue;
      const text = `relay ${sent.n} of device ${side.d} took ${got.t - sent.t} ms to device ${peer.d} on the same node`;
      found.push({ t: sent.t, devices: [side.d, peer.d], session: side.s, text });
    }
  }
  return found;
}

/** The older of two connections was at a node that stood still or had no Redis from when the newer came until it was heard. */
function onBothConnections(model, side, connections, heard) {
  const [older, newer] = connections.sort((a, b) => a - b).map((c) => model.devices.get(side.d).conns.get(c));
  const mute = ({ kind, redis, node }) => (node ?? older.node) === older.node && (redis || ['hiccup', 'freeze'].includes(kind));
  return older !== newer && older.node !== newer.node && model.faults.some((fault) => mute(fault) && fault.from <= heard && fault.to + SLACK >= newer.up);
}

function ordered(earlier, later) {
  if (earlier === undefined || later === undefined) return false;
  return earlier.c === later.c || (earlier.c < later.c && earlier.answered < later.t);
}

function excused(model, sent, side, peer) {
  const node = nodeOf(model, side.d, sent.c);
  const nodes = [node, ...openIn(model, peer.d, sent.t - IN_FLIGHT, sent.t + IN_FLIGHT).map((conn) => conn.node)];
  const away = nodes.some((one) => redisAway(model, one, sent.t, sent.t + IN_FLIGHT, 0));
  const arrived = Math.max(
    sent.t + (settles(model, sent.t) ? SETTLE : IN_FLIGHT),
    ...(away ? faultsIn(model, sent.t, sent.t + IN_FLIGHT, 0).map(({ to }) => to + SETTLE) : []),
    ...nodes.flatMap((one) => still(model, one, sent.t, sent.t + IN_FLIGHT)).map(({ to }) => to + IN_FLIGHT),
  );
  return (
    nodes.some((one) => nodeDied(model, one, sent.t - IN_FLIGHT, arrived)) ||
    endedFirst(side, peer, arrived) ||
    endedBeforeOldNode(model, sent, side, node) ||
    hadLeft(model, sent, side, peer, arrived) ||
    model.left < arrived ||
    lagged(model, sent.t, arrived) ||
    wasParting(model, sent, peer, arrived) ||
    wasBlocked(model, sent, peer, arrived) ||
    gaveUp(model, sent, peer) ||
    notBackInTime(model, sent, side, peer)
  );
}

/** A side that has left a dead node waits for what that may still have said: until it is declared dead. */
function settles(model, t) {
  return model.faults.some(({ lethal, from }) => lethal && from <= t && from + SETTLE >= t);
}

/** The receiver's own doing, or a call ended for both, which other checks explain. */
function endedFirst(side, peer, arrived) {
  if (['blocked', 'timeout'].includes(side.reason) && side.to <= arrived) return true;
  if ((peer.asked ?? Number.POSITIVE_INFINITY) <= arrived) return true;
  const bySender = peer.how === 'gone' && ['ended', 'left'].includes(peer.reason);
  return !bySender && peer.to <= arrived;
}

/** The sender has moved on and ended or left the call while its old node, where it said this, could not speak. */
function endedBeforeOldNode(model, sent, side, node) {
  const over = side.asked ?? (side.how === 'close' ? side.to : undefined);
  const on = side.conns.filter(({ up }) => up <= over).at(-1)?.node;
  const mute = model.faults.some((fault) => {
    const concerns = (fault.node ?? node) === node && !fault.lethal && fault.kind !== 'drain';
    return concerns && fault.from <= sent.t + IN_FLIGHT && fault.to >= sent.t && fault.to + SLACK >= over;
  });
  return on !== node && mute;
}

/**
 * The sender had ended the call, or closed its connection, perhaps while the match was being made, at a node that noticed
 * late; then the call was over. Or the receiver had closed its own, and found the call again until that was known.
 */
function hadLeft(model, sent, side, peer, arrived) {
  if (side.asked <= sent.t) return true;
  if (peer.lapses?.some(({ to, how }) => how === 'close' && to <= arrived)) return true;
  const conns = [...model.devices.get(side.d).conns.values()].filter(({ down }) => down >= side.from - IN_FLIGHT);
  return peer.reason === 'left' && conns.some(({ how, down }) => how === 'close' && down <= sent.t);
}

/** The receiver's connection broke, or was breaking unnoticed, while the relay was on the way. */
function wasParting(model, sent, peer, arrived) {
  return partings(model, peer.d, sent.t - HEARTBEAT - SLACK, arrived).some(({ how, down, node }) => {
    return down >= sent.t - (how === 'mute' ? HEARTBEAT + SLACK : SLACK) || stoodStill(model, node, down, sent.t);
  });
}

/** The receiver was blocked while the relay was on the way. */
function wasBlocked(model, sent, peer, arrived) {
  return peer.conns.some(({ how, down }) => how === 'disconnected' && down >= sent.t - SLACK && down <= arrived);
}

/** The receiver gave a connection up before it was answered, for its node had no Redis; that takes it for one meanwhile. */
function gaveUp(model, sent, peer) {
  const conns = [...model.devices.get(peer.d).conns.values()];
  return conns.some(({ node, up, down }) => {
    const unnoticed = ({ redis, node: of, from, to }) => redis && (of ?? node) === node && from <= down && to + SLACK >= sent.t;
    return up === NEVER && down <= sent.t && model.faults.some(unnoticed);
  });
}

/** Whether a node noticed nothing from `from` to `to`. */
function stoodStill(model, node, from, to) {
  return still(model, node, from, to).some((fault) => fault.from <= from + SLACK && fault.to + SLACK >= to);
}

/** When a node stood still at some instant of [from, to], or about then. */
function still(model, node, from, to) {
  return faultsIn(model, from - SLACK, to, SLACK).filter((fault) => fault.node === node && ['hiccup', 'freeze'].includes(fault.kind));
}

/**
 * It was kept for a receiver who did not come back, or too late: after the grace, the end, or the death of the node that kept it;
 * or whose node had no Redis, or the keeper's had none, until the end.
 */
function notBackInTime(model, sent, side, peer) {
  if (peer.conns.every(({ down }) => down < sent.t)) return true;
  if (openIn(model, peer.d, sent.t, sent.t).length > 0) return false;
  const conns = openIn(model, peer.d, sent.t, NEVER).sort((a, b) => a.up - b.up);
  const back = conns[0]?.up ?? NEVER;
  const keeper = nodeOf(model, side.d, sent.c);
  const since = Math.max(...peer.conns.map(({ down }) => down).filter((down) => down <= sent.t));
  if (back - since > model.graceMs || partings(model, peer.d, back, back + IN_FLIGHT).length > 0) return true;
  const over = Math.min(side.asked ?? NEVER, (peer.asked ?? NEVER) - IN_FLIGHT, side.to);
  return redisBack(model, [keeper, conns[0]?.node], back) >= over || nodeDied(model, keeper, sent.t, back);
}

/** The first instant from `t` on at which none of the nodes is without Redis. */
function redisBack(model, nodes, t) {
  const away = model.faults.filter(({ redis, kind, node }) => redis && kind !== 'redis-flush' && nodes.includes(node ?? nodes[0]));
  return away.sort((a, b) => a.from - b.from).reduce((since, { from, to }) => (from <= since + SLACK ? Math.max(since, to) : since), t);
}

function onOneNode(model, sent, side, peer, until) {
  const conns = openIn(model, peer.d, sent.t, until);
  const node = nodeOf(model, side.d, sent.c);
  const stood = faultsIn(model, sent.t, until, SLACK).some((fault) => fault.node === node && !fault.redis);
  const steady = conns.length === 1 && conns[0].node === node && conns[0].up <= sent.t && openIn(model, side.d, sent.t, until).length === 1;
  const settling = [side, peer].some((one) => waitsForOldNode(model, one, node, sent.t, until));
  return steady && !stood && !settling && !lagged(model, sent.t, until);
}

/**
 * Who has left a node that is dead, stands still or has no Redis waits for what that may still have said; it may have made the
 * call, or taken it over, and told nobody.
 */
function waitsForOldNode(model, side, node, from, until) {
  const conns = [...model.devices.get(side.d).conns.values()];
  const left = conns.filter(({ down }) => down >= side.from - IN_FLIGHT && down <= until);
  return left.some(({ node: old, up, down }) =>
    model.faults.some((fault) => {
      const slow = fault.lethal ? fault.from + SETTLE : fault.to + SLACK;
      // Or the same one, in the life it had before it was killed.
      const another = old !== node || (fault.lethal && fault.from >= up && fault.from <= down + SLACK);
      return another && (fault.node ?? old) === old && fault.from <= until && slow >= from;
    }),
  );
}

const nodeOf = (model, d, c) => model.devices.get(d).conns.get(c).node;
