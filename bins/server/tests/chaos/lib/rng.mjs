// Random numbers that a seed repeats.

/** A generator of its own for each `name` below the same seed, so that one's use does not shift another's. */
export class Rng {
  #state;

  constructor(seed, name = '') {
    this.seed = String(seed);
    this.#state = hash(`${this.seed}/${name}`);
  }

  /** A generator for a part of the work. */
  fork(name) {
    return new Rng(this.seed, name);
  }

  /** In [0, 1): splitmix32. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** An integer in [from, to]. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** A key of `weights`, as often as its weight says. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return entries.at(-1)[0];
  }

  /** A waiting time in ms, exponentially distributed, at most five times its mean. */
  wait(mean) {
    return Math.min(-Math.log(1 - this.next()) * mean, mean * 5);
  }
}

/** FNV-1a over the text's code units. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
