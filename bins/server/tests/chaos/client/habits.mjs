// What a device does next, by a seed: talks, skips, ends, vanishes, comes back elsewhere, takes over, leaves, reports.

/** How long things last, in ms, and how often they happen, as weights. */
const WAYS = {
  beforeJoin: 600,
  patience: 12_000,
  call: 7_000,
  pause: 900,
  whileWaiting: { stay: 60, leave: 10, again: 12, cut: 6, takeover: 6, close: 6 },
  inCall: { end: 40, skip: 22, cut: 12, takeover: 8, vanish: 4, mute: 2, close: 12 },
};
/** A device that is blocked tries so often to come back. */
const TRIES_WHEN_BLOCKED = 3;

export class Habits {
  #device;
  #world;
  #rng;
  #timers = new Map();
  #place;
  #aware;
  #refusals = 0;
  /** How often in a row it found no server, or lost one at once. */
  #failures = 0;
  #retired = false;

  /** `world` gives `{ ports, graceMs, rampMs, languages, regions, talk, reporting, report(device), retire(d) }`. */
  constructor(device, world, rng) {
    this.#device = device;
    this.#world = world;
    this.#rng = rng;
    this.#place = { region: rng.pick(world.regions), language: rng.pick(world.languages) };
    this.#aware = rng.chance(0.5);
  }

  start() {
    this.#after('dial', this.#rng.next() * this.#world.rampMs, () => this.#dial());
  }

  /** Ends it all as a closed tab does. */
  finish() {
    this.#retired = true;
    this.#stop();
    this.#device.go('close');
  }

  up() {
    this.#failures = 0;
    this.#stop();
    if (this.#device.call !== undefined) this.matched();
    else this.#seek();
  }

  matched() {
    this.#stop();
    this.#after('talk', this.#rng.wait(100), () => this.#talk());
    this.#after('turn', 300 + this.#rng.wait(WAYS.call), () => this.#turn());
    if (this.#rng.chance(this.#world.reporting)) this.#world.report(this.#device);
  }

  over() {
    this.#stop();
    this.#seek();
  }

  unqueued(code) {
    this.#stop();
    if (code === 'already_in_call') return;
    this.#seek(code === 'left' ? 500 : 1_000);
  }

  /** It has no connection and is opening none. */
  down() {
    this.#stop();
    this.#failures += 1;
    this.#after('dial', 50 + this.#rng.wait(Math.min(200 * 2 ** this.#failures, 4_000)), () => this.#dial());
  }

  /** The server wants it elsewhere: half of all front ends listen, the others wait for the connection to close. */
  draining(reconnectInMs) {
    if (this.#aware) this.#after('move', reconnectInMs, () => this.#dial(this.#device.node));
  }

  blocked() {
    this.#refusals = Math.max(this.#refusals, 1);
  }

  refused(code) {
    if (code === 'device_blocked') this.#refusals += 1;
    if (this.#refusals <= TRIES_WHEN_BLOCKED) {
      if (!this.#device.connected) this.down();
      return;
    }
    this.#retired = true;
    this.#stop();
    this.#world.retire(this.#device.d);
  }

  #seek(mean = WAYS.beforeJoin) {
    this.#after('join', this.#rng.wait(mean), () => this.#join());
  }

  #join() {
    if (!this.#device.connected || this.#device.call !== undefined) return;
    this.#device.join(this.#place.region, this.#place.language);
    this.#after('tire', 500 + this.#rng.wait(WAYS.patience), () => this.#tire());
  }

  #tire() {
    if (!this.#device.waiting) return;
    switch (this.#rng.weighted(WAYS.whileWaiting)) {
      case 'leave':
        return this.#device.leave();
      case 'again':
        return this.#join();
      case 'cut':
        return this.#go('cut', this.#rng.wait(1_000));
      case 'takeover':
        return this.#dial();
      case 'close':
        return this.#go('close', this.#rng.wait(1_500));
      default:
        this.#after('tire', this.#rng.wait(WAYS.patience), () => this.#tire());
    }
  }

  #talk() {
    if (this.#device.call === undefined || !this.#device.connected) return;
    for (let i = this.#rng.int(1, 3); i > 0; i -= 1) {
      this.#device.say(this.#rng.weighted({ candidate: 5, message: 4, offer: 1, answer: 1 }));
    }
    this.#after('talk', this.#rng.wait(WAYS.pause / this.#world.talk), () => this.#talk());
  }

  /** The call has lasted long enough: something happens to it. */
  #turn() {
    if (this.#device.call === undefined || !this.#device.connected) return;
    switch (this.#rng.weighted(WAYS.inCall)) {
      case 'end':
        return this.#device.end();
      case 'skip':
        this.#device.end();
        this.#device.call = undefined;
        this.#stop();
        return this.#join();
      case 'cut':
        return this.#go('cut', this.#rng.next() * this.#world.graceMs * 0.6);
      case 'vanish':
        return this.#go('cut', this.#world.graceMs + 2_000 + this.#rng.wait(1_000));
      case 'mute':
        return this.#go('mute', this.#rng.next() * this.#world.graceMs);
      case 'close':
        return this.#go('close', this.#rng.wait(1_500));
      default:
        this.#dial();
        this.#after('turn', 1_000 + this.#rng.wait(WAYS.call), () => this.#turn());
    }
  }

  #go(how, awayMs) {
    this.#device.go(how);
    this.#stop();
    this.#after('dial', 100 + awayMs, () => this.#dial());
  }

  #dial(except) {
    const nodes = this.#world.ports.map((_, node) => node).filter((node) => node !== except);
    this.#device.dial(nodes.length === 0 ? except : this.#rng.pick(nodes));
  }

  #after(what, ms, act) {
    if (this.#retired) return;
    clearTimeout(this.#timers.get(what));
    this.#timers.set(what, setTimeout(act, ms));
  }

  #stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
