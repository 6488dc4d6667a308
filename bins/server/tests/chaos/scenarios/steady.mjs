// Somebody who seeks a partner once, then talks until the end, and comes back at the next node whenever the connection
// is lost.

/** A client's pause before it tries again. */
const RETRY_MS = 150;

export class Steady {
  #device;
  #ways;
  #node;
  #timers = new Set();
  #seeking = false;
  #quiet = false;
  #over = false;
  /** The call it speaks in. */
  #talking;

  /** `ways`: `{ language, node, nodes, everyMs, events, lives(node) }`. */
  constructor(device, ways) {
    this.#device = device;
    this.#ways = ways;
    this.#node = ways.node;
    device.follow(this);
  }

  start() {
    this.#device.dial(this.#node);
  }

  /** Joins the queue, now or as soon as it is connected, until it is matched. */
  seek() {
    this.#seeking = true;
    if (this.#device.connected) this.#join();
  }

  /** Says nothing more, and goes on listening. */
  hush() {
    this.#quiet = true;
  }

  /** Leaves as a closed tab does. */
  finish() {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#device.go('close');
  }

  up() {
    if (this.#device.call !== undefined) this.#talk();
    else if (this.#seeking) this.#join();
  }

  matched() {
    this.#seeking = false;
    this.#after(Math.random() * this.#ways.everyMs, () => this.#talk());
  }

  /** A proxy in front would take the next node that lives. */
  down() {
    this.#after(RETRY_MS, () => {
      const { nodes, lives } = this.#ways;
      const next = Array.from({ length: nodes }, (_, i) => (this.#node + 1 + i) % nodes).find(lives);
      if (next === undefined) return this.down();
      this.#node = next;
      return this.#device.dial(next);
    });
  }

  refused() {
    this.down();
  }

  unqueued() {
    this.#after(RETRY_MS, () => this.#device.connected && this.#seeking && this.#join());
  }

  over() {}
  draining() {}
  blocked() {}

  #join() {
    this.#device.join('global', this.#ways.language);
  }

  #talk() {
    const { call } = this.#device;
    if (call === undefined || call === this.#talking) return;
    this.#talking = call;
    this.#speak(call);
  }

  #speak(call) {
    if (this.#device.call !== call || !this.#device.connected || this.#quiet) {
      this.#talking = undefined;
      return;
    }
    const { events, everyMs } = this.#ways;
    this.#device.say(events[call.said % events.length]);
    this.#after(everyMs, () => this.#speak(call));
  }

  #after(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#over) act();
    }, ms);
    this.#timers.add(timer);
  }
}
