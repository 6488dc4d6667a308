// One's own camera and microphone.

/** Why there is no picture or sound, by the names that getUserMedia's errors have. */
const REASONS = { NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'missing', OverconstrainedError: 'missing', NotReadableError: 'busy', AbortError: 'busy' };
const WANTED = {
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};

/** Holds at most one track of a kind; `changed(kind)` hears when it is another. */
export class Media {
  stream = new MediaStream();
  /** Why something is missing: `refused`, `missing`, `busy`, `insecure`; undefined when nothing is. */
  lack;
  #changed;
  #on = { audio: true, video: true };
  #opening;
  #asked = false;

  constructor(changed) {
    this.#changed = changed;
  }

  /** Asks for both, then for each alone. Never fails: without any of them one can still watch, listen and write. */
  open() {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open() {
    this.#asked = true;
    if (navigator.mediaDevices === undefined) {
      this.lack = 'insecure';
      return;
    }
    const missing = ['audio', 'video'].filter((kind) => this.track(kind)?.readyState !== 'live');
    if (missing.length === 0) return;
    this.lack = undefined;
    if ((await this.#acquire(missing)) || missing.length === 1) return;
    for (const kind of missing) await this.#acquire([kind]);
  }

  async #acquire(kinds, deviceId) {
    if (navigator.mediaDevices === undefined) return false;
    const wanted = (kind) => (deviceId ? { ...WANTED[kind], deviceId: { exact: deviceId } } : WANTED[kind]);
    try {
      const found = await navigator.mediaDevices.getUserMedia(Object.fromEntries(kinds.map((kind) => [kind, wanted(kind)])));
      for (const track of found.getTracks()) this.#use(track);
      return true;
    } catch (error) {
      this.lack = REASONS[error.name] ?? 'missing';
      return false;
    }
  }

  #use(track) {
    const { kind } = track;
    const before = this.track(kind);
    if (before !== undefined) {
      this.stream.removeTrack(before);
      before.stop();
    }
    track.enabled = this.#on[kind];
    this.stream.addTrack(track);
    track.addEventListener('ended', () => {
      // Unplugged, or taken back in the browser's settings.
      this.stream.removeTrack(track);
      this.#changed(kind);
    });
    this.#changed(kind);
  }

  track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind);
  }

  /** Whether there is such a track and it is not switched off. */
  isOn(kind) {
    return this.track(kind) !== undefined && this.#on[kind];
  }

  /** Whether it is, or will be once it is opened. */
  willBeOn(kind) {
    return this.#on[kind] && (!this.#asked || this.track(kind) !== undefined);
  }

  /** Switches picture or sound on or off; an absent one is asked for. */
  async turn(kind, on) {
    this.#on[kind] = on;
    const track = this.track(kind);
    if (track !== undefined) track.enabled = on;
    else if (on && this.#asked) await this.#acquire([kind]);
    this.#changed(kind);
  }

  /** Takes another device. */
  choose(kind, deviceId) {
    return this.#acquire([kind], deviceId);
  }

  /** Whether the browser would give both without asking. */
  static async isGranted() {
    try {
      const states = await Promise.all(['camera', 'microphone'].map((name) => navigator.permissions.query({ name })));
      return states.every(({ state }) => state === 'granted');
    } catch {
      return false;
    }
  }
}
