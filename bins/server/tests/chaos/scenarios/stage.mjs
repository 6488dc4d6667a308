// Several nodes and people in steady calls over them; what happens to the parts meanwhile is each scenario's own.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { Device } from '../client/device.mjs';
import { judge } from '../check/judge.mjs';
import { Cluster } from '../lib/cluster.mjs';
import { inflict } from '../lib/faults.mjs';
import { watchLag } from '../lib/lag.mjs';
import { binary } from '../lib/options.mjs';
import { alive, pause, until } from '../lib/processes.mjs';
import { watchReadiness } from '../lib/readiness.mjs';
import { remains } from '../lib/remains.mjs';
import { Steady } from './steady.mjs';
import { unbroken } from './unbroken.mjs';

export const SECRET = 'a secret of the scenarios, longer than thirty-two bytes';
export const GRACE_MS = 6_000;
/** So many calls are begun at once. */
const ABREAST = 20;
const SPEAKS_EVERY_MS = 500;
const EVENTS = ['candidate', 'message', 'offer', 'answer'];

export class Stage {
  history = [];
  faults = [];
  people = [];
  /** A node that stands still: a proxy in front would send nobody there. */
  shunned;
  #languages = 0;

  /** Starts so many nodes on Redis of this kind: see `Cluster`. */
  static async open({ nodes = 3, redis = 'single', settings = {} } = {}) {
    const stage = new Stage();
    stage.cluster = await Cluster.start({ nodes, redis, binary: binary(), secret: SECRET, graceMs: GRACE_MS, settings });
    stage.redis = redis;
    after(() => stage.close());
    stage.started = Date.now();
    stage.lag = watchLag((t, to) => stage.history.push({ t, k: 'lag', to }));
    stage.readiness = watchReadiness(stage.cluster.nodes);
    return stage;
  }

  /** Calls under way, the sides of the `i`th at the nodes that `places(i)` says. */
  async calls(count, places) {
    for (let first = 0; first < count; first += ABREAST) {
      const people = Array.from({ length: Math.min(ABREAST, count - first) }, (_, i) => this.pair(places(first + i))).flat();
      for (const device of people) device.habits.seek();
      await inCalls(people);
    }
  }

  /** Two people, at these nodes, who are for each other alone and do not seek yet. */
  pair(places) {
    this.#languages += 1;
    return places.map((node) => this.#person(node, `x-${this.#languages}`));
  }

  /** Two newcomers at these nodes, once they are in a call. */
  async meet(places, within) {
    const people = this.pair(places);
    for (const device of people) device.habits.seek();
    await inCalls(people, within);
    return people;
  }

  /** Does a fault of the chaos tests to its end. */
  async suffer(fault) {
    const done = await inflict(this.cluster, fault);
    this.faults.push(done);
    assert.deepEqual(done.notes ?? [], []);
    return done;
  }

  /** Lets everybody be quiet and leave, then asks every check of the chaos tests and, when `strict`, those that excuse nothing. */
  async judge({ strict = true } = {}) {
    for (const device of this.people) device.habits.hush();
    await pause(2_000);
    const left = Date.now();
    for (const device of this.people) device.habits.finish();
    const leftovers = await remains(this.cluster.nodes);
    this.answers = await this.readiness.stop();
    this.lag.stop();
    const history = this.history.sort((a, b) => a.t - b.t);
    const { faults, started } = this;
    const observed = { history, faults, readiness: this.answers, started, left, leftovers, graceMs: GRACE_MS, mode: this.redis };
    Object.assign(observed, { reports: [], verdicts: [], stored: [] });
    this.failed = true;
    writeFileSync(path.join(this.cluster.folder, 'observed.json'), JSON.stringify(observed));
    const violations = judge(observed);
    assert.equal(violations.length, 0, `${violations.length} violations; what was seen is in ${this.cluster.folder}`);
    if (strict) unbroken(observed);
    this.failed = false;
  }

  /** Ends it all; what a failed run has seen stays. */
  close() {
    this.closing ??= this.#close();
    return this.closing;
  }

  async #close() {
    for (const device of this.people) device.habits.finish();
    this.lag.stop();
    await Promise.all([this.readiness.stop(), this.cluster.stop({ keep: this.failed })]);
  }

  #person(node, language) {
    const world = { secret: SECRET, ports: this.cluster.ports, prefix: 'stage', log: (record) => this.history.push(record) };
    const device = new Device(world, this.people.length + 1, false);
    const lives = (index) => index !== this.shunned && alive(this.cluster.nodes[index].child);
    const nodes = this.cluster.nodes.length;
    device.habits = new Steady(device, { language, node, nodes, everyMs: SPEAKS_EVERY_MS, events: EVENTS, lives });
    this.people.push(device);
    device.habits.start();
    return device;
  }
}

/** Awaits that all of them are in calls. */
export function inCalls(people, within) {
  return until(() => people.every(({ call }) => call !== undefined), 'all are in calls', within);
}
