// The history, arranged: connections, calls as each side saw them, tickets, and when what was out of order.

import { SETTLE } from './tolerances.mjs';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * `observed` is what a run saw. The model adds
 * - `devices`: number → `{ d, conns }`, a connection being `{ c, d, node, dial, up, down, how, by }`
 * - `calls`: session → its sides, `{ d, s, from, to, how, reason, role, peer, region, language, conns, sent, got, heard }`, and
 *   in `lapses` the `{ to, how }` of ends that were none, since it found the call again later
 * - `tickets`: `{ d, c, node, region, language, from, to, how }`
 */
export function buildModel(observed) {
  const model = { ...observed, devices: new Map(), calls: new Map(), tickets: [] };
  model.lags = observed.history.filter(({ k }) => k === 'lag');
  for (const record of observed.history) if (record.k !== 'lag') deviceOf(model, record.d).take(record);
  for (const device of model.devices.values()) device.close(observed.left);
  return model;
}

function deviceOf(model, d) {
  if (!model.devices.has(d)) model.devices.set(d, new DeviceView(model, d));
  return model.devices.get(d);
}

/** What one device believed, step by step. */
class DeviceView {
  conns = new Map();
  records = [];
  #model;
  #side;
  #ticket;

  constructor(model, d) {
    this.#model = model;
    this.d = d;
  }

  take(record) {
    this.records.push(record);
    this.#steps[record.k]?.(record, this.conns.get(record.c));
  }

  close(t) {
    this.#endSide(t, 'running');
    this.#endTicket(t, 'running');
  }

  #steps = {
    dial: ({ t, c, node }) => this.conns.set(c, { c, d: this.d, node, dial: t, up: NEVER, down: NEVER }),
    up: (record, conn) => {
      conn.up = record.t;
      // It has given this one up for a newer one, which was there first.
      if (this.#hasNewer(conn)) {
        this.#seen(record.s)?.conns.push(conn);
        return;
      }
      this.#endTicket(record.t, 'taken over');
      if (this.#side !== undefined && this.#side.s !== record.s) this.#endSide(record.t, 'forgotten');
      if (record.s === undefined) return;
      this.#reopen(this.#seen(record.s));
      this.#enter(record).conns.push(conn);
    },
    refused: ({ t, code }, conn) => Object.assign(conn, { down: t, how: `refused: ${code}` }),
    down: ({ t, how, by }, conn) => {
      Object.assign(conn, { down: t, how, by });
      if (this.#ticket?.c === conn.c) this.#endTicket(t, how);
      if (how === 'close' && this.#side?.conns.at(-1) === conn) this.#endSide(t, 'close');
    },
    join: (record, conn) => {
      if (this.#ticket?.c === record.c || !(record.answered === undefined || record.code === 'ok')) return;
      const { t: from, d, c, region, language } = record;
      this.#ticket = { d, c, node: conn.node, region, language, from, to: NEVER, join: record };
      this.#model.tickets.push(this.#ticket);
    },
    queued: ({ t }) => {
      if (this.#ticket !== undefined) this.#ticket.queued ??= t;
    },
    leave: ({ t }) => this.#endTicket(t, 'leave'),
    matched: (record, conn) => {
      this.#endTicket(record.t, 'matched');
      if (this.#side !== undefined && this.#side.s !== record.s) this.#endSide(record.t, 'matched again');
      // It has a newer connection, which knows of no call: nobody looks at this one any more.
      const stale = this.#seen(record.s)?.role === undefined && this.#hasNewer(conn);
      const side = this.#enter(record);
      side.matched = record;
      if (!side.conns.includes(conn)) side.conns.push(conn);
      if (stale) this.#endSide(record.t, 'forgotten');
    },
    sent: (record) => this.#seen(record.s)?.sent.push(record),
    got: (record) => this.#enterUnseen(record).got.push(record),
    end: ({ t, s }) => {
      const side = this.#seen(s);
      if (side !== undefined) side.asked ??= t;
    },
    ended: (record) => this.#over(record, 'ended'),
    gone: (record) => this.#over(record, 'gone'),
    away: (record) => this.#seen(record.s)?.heard.push(record),
    back: (record) => this.#seen(record.s)?.heard.push(record),
  };

  #hasNewer({ c }) {
    return [...this.conns.values()].some((other) => other.c > c && other.up !== NEVER && other.down === NEVER);
  }

  /** The side of the call it is told to be in. */
  #enter(record) {
    this.#side = this.#enterUnseen(record);
    for (const key of ['role', 'peer', 'region', 'language']) this.#side[key] ??= record[key];
    return this.#side;
  }

  #enterUnseen({ t, s, d }) {
    const { calls } = this.#model;
    if (!calls.has(s)) calls.set(s, new Map());
    const sides = calls.get(s);
    if (!sides.has(d)) sides.set(d, { d, s, from: t, to: NEVER, conns: [], sent: [], got: [], heard: [] });
    return sides.get(d);
  }

  #seen(s) {
    return this.#model.calls.get(s)?.get(this.d);
  }

  /** It had closed its connection, or was told of no call, and is back before the server had heard of an end. */
  #reopen(side) {
    if (side === undefined || !['close', 'forgotten'].includes(side.how)) return;
    const { to, how } = side;
    side.lapses = [...(side.lapses ?? []), { to, how }];
    Object.assign(side, { to: NEVER, how: undefined });
  }

  #over({ t, s, reason }, how) {
    const side = this.#seen(s);
    if (side === undefined || side.to !== NEVER) return;
    Object.assign(side, { to: t, how, reason });
    if (this.#side === side) this.#side = undefined;
  }

  #endSide(t, how) {
    if (this.#side === undefined) return;
    if (this.#side.to === NEVER) Object.assign(this.#side, { to: t, how });
    this.#side = undefined;
  }

  #endTicket(t, how) {
    if (this.#ticket !== undefined) Object.assign(this.#ticket, { to: t, how });
    this.#ticket = undefined;
  }
}

/** Whether [from, to] and [a, b] have an instant in common. */
export const overlap = (from, to, a, b) => from <= b && a <= to;

/** The faults that touch [from, to], each taken to go on for `settle` after its end. */
export function faultsIn(model, from, to, settle = SETTLE) {
  return model.faults.filter((fault) => overlap(fault.from, fault.to + settle, from, to));
}

/** Whether the clients themselves were late in [from, to], or just before: what they saw late then tells nothing. */
export const lagged = (model, from, to) => model.lags.some((lag) => overlap(lag.t, lag.to + (lag.to - lag.t), from, to));

/** Whether nothing at all was out of order in [from, to]. */
export const calm = (model, from, to) => faultsIn(model, from, to).length === 0 && !lagged(model, from, to);

/** Whether a node was, or may have been taken for, dead in [from, to]; drained nodes are not. */
export function nodeDied(model, node, from, to, settle = SETTLE) {
  return faultsIn(model, from, to, settle).some((fault) => fault.lethal && fault.node === node);
}

/** Whether a node's Redis was out of reach in [from, to]. */
export function redisAway(model, node, from, to, settle = SETTLE) {
  return faultsIn(model, from, to, settle).some(({ redis, node: touched }) => redis && (touched ?? node) === node);
}

/** The connections of a device that were open, as it saw them, at some instant of [from, to]. */
export function openIn(model, d, from, to) {
  const conns = [...(model.devices.get(d)?.conns.values() ?? [])];
  return conns.filter((conn) => conn.up !== NEVER && overlap(conn.up, conn.down, from, to));
}

/** The sides of a call as a list. */
export const sidesOf = (model, session) => [...(model.calls.get(session)?.values() ?? [])];

/** The other side of a call, when it ever heard of it. */
export const otherSide = (model, { s, d }) => sidesOf(model, s).find((side) => side.d !== d);

/** Times a device lost or gave up its last connection, with how, in [from, to]. */
export function partings(model, d, from, to) {
  const conns = [...(model.devices.get(d)?.conns.values() ?? [])];
  return conns.filter(({ up, how, down }) => up !== NEVER && how !== 'disconnected' && down >= from && down <= to);
}

/** Tickets' compatibility, as the contract has it. */
export function compatible(one, two) {
  const regions = [one.region, two.region];
  return one.language === two.language && (regions[0] === regions[1] || regions.includes('global'));
}

export { NEVER };
