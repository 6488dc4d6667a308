// One call: a peer connection from `matched` until it is closed.

import { Negotiation } from './negotiation.js';
import { Quality } from './quality.js';

/** How long a connection may be interrupted before new candidates are looked for; the polite side lets the other go first. */
const RESTART_AFTER_MS = { impolite: 2_000, polite: 4_500 };
/** How often that is tried before it is said that there is no way through. */
const PATIENCE = 3;
/** How long one try to connect may take. */
const TRY_MS = 12_000;

/**
 * `tell(what, detail)` hears `stream`, `connected`, `interrupted`, `restored`, `hopeless`, `quality`, `peer` (what the
 * other's camera and microphone do), `talk` (a message by the direct way) and `gone`.
 */
export class Call {
  #signaling;
  #media;
  #tell;
  #negotiation;
  #channel;
  #timer;
  #tries = 0;
  #since = performance.now();
  #quality;
  #reported = new Set();

  constructor(match, { signaling, media, relayOnly, tell }) {
    this.sessionId = match.sessionId;
    this.peerId = match.peerId;
    this.polite = match.polite;
    this.connected = false;
    /** Whether the server no longer knows of the call, and only the direct way is left. */
    this.detached = false;
    this.#signaling = signaling;
    this.#media = media;
    this.#tell = tell;
    this.pc = new RTCPeerConnection({ iceServers: match.iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all', bundlePolicy: 'max-bundle' });
    this.#negotiation = new Negotiation(this.pc, {
      polite: match.polite,
      send: (kind, data) => this.#signaling.send(`send-${kind}`, { sessionId: this.sessionId, data }),
      prepareAnswer: () => this.#attach(),
    });
    this.#listen();
    this.#quality = new Quality(this.pc, (facts) => this.#tell('quality', facts));
    // Only the offerer begins. The answerer fills in what the first offer has room for: then no two offers cross.
    if (match.role === 'offerer') this.#open();
    this.#retryAfter(TRY_MS);
  }

  #listen() {
    const remote = new MediaStream();
    this.pc.addEventListener('track', ({ track }) => {
      remote.addTrack(track);
      this.#tell('stream', remote);
    });
    this.pc.addEventListener('connectionstatechange', () => this.#follow(this.pc.connectionState));
  }

  // Agreed on beforehand on both sides, so it needs no announcing. It also gives a call without any track a connection.
  #openChannel() {
    this.#channel = this.pc.createDataChannel('talk', { negotiated: true, id: 1 });
    this.#channel.addEventListener('open', () => this.showSelf());
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    this.#channel.addEventListener('close', () => this.#tell('gone'));
  }

  #open() {
    this.#openChannel();
    for (const kind of ['audio', 'video']) {
      const track = this.#media.track(kind);
      this.pc.addTransceiver(track ?? kind, { direction: 'sendrecv', streams: [this.#media.stream] });
    }
  }

  async #attach() {
    if (this.#channel === undefined) this.#openChannel();
    for (const transceiver of this.pc.getTransceivers()) {
      if (transceiver.direction === 'sendrecv' || transceiver.currentDirection === 'stopped') continue;
      // Sending is agreed on even without a track, so that one may come later without negotiating again.
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams(this.#media.stream);
      await transceiver.sender.replaceTrack(this.#media.track(transceiver.receiver.track.kind) ?? null);
    }
  }

  /** A device was chosen, or came: sends its track from now on. */
  async useTrack(kind) {
    const transceiver = this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
    await transceiver?.sender.replaceTrack(this.#media.track(kind) ?? null);
    this.showSelf();
  }

  /** Whether the other side closed its end. */
  get gone() {
    return this.#channel?.readyState === 'closed';
  }

  /** The connection to the server was replaced: TURN credentials may have run out, and what was on its way be lost. */
  resume(iceServers) {
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers });
    this.restart();
  }

  /** The other side's offer, answer or candidate. */
  async take(kind, data) {
    try {
      if (kind === 'candidate') await this.#negotiation.addCandidate(data);
      else await this.#negotiation.describe(data);
    } catch (error) {
      if (this.pc.signalingState !== 'closed') console.warn(`the other side's ${kind} does not fit`, error);
    }
  }

  #follow(state) {
    clearTimeout(this.#timer);
    if (state === 'connected') {
      this.#tries = 0;
      const what = this.connected ? 'restored' : 'connected';
      this.connected = true;
      this.#tell(what);
      this.#report('connected');
    } else if (state === 'disconnected' && this.connected) {
      this.#tell('interrupted');
      this.#report('disconnected');
      this.#retryAfter(this.polite ? RESTART_AFTER_MS.polite : RESTART_AFTER_MS.impolite);
    } else if (state === 'failed' && this.detached) {
      this.#tell('gone');
    } else if (state === 'failed') {
      this.#tell('interrupted');
      this.#report('failed');
      this.restart();
    } else if (state === 'connecting') {
      this.#retryAfter(TRY_MS);
    }
  }

  #retryAfter(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.restart(), ms);
  }

  /** Looks for a new way: new candidates on both sides, the tracks stay. */
  restart() {
    if (this.pc.connectionState === 'connected' || this.detached) return;
    this.#tries += 1;
    if (this.#tries > PATIENCE) return this.#tell('hopeless');
    // Before there was any offer the answerer has nothing to restart.
    if (this.pc.currentRemoteDescription !== null || !this.polite) this.pc.restartIce();
    this.#retryAfter(TRY_MS);
  }

  async #report(state) {
    if (this.#reported.has(state)) return;
    this.#reported.add(state);
    const payload = { sessionId: this.sessionId, state };
    if (state === 'connected') {
      payload.timeToConnectMs = Math.round(performance.now() - this.#since);
      const candidateType = await this.#quality.localCandidateType();
      if (candidateType !== undefined) payload.candidateType = candidateType;
    }
    const answer = await this.#signaling.ask('connection-state', payload);
    // No way to the other and none to the server: the network changed, and the connection to the server is dead too.
    if (!answer.ok && answer.error.code === 'unreachable' && state !== 'connected') this.#signaling.replace();
  }

  /** Tells the other what one's camera and microphone do: a black picture alone says little. */
  showSelf() {
    this.talk({ camera: this.#media.isOn('video'), microphone: this.#media.isOn('audio') });
  }

  /** Sends by the direct way. Returns whether there is one. */
  talk(what) {
    if (this.#channel?.readyState !== 'open') return false;
    this.#channel.send(JSON.stringify(what));
    return true;
  }

  #hear(text) {
    let what;
    try {
      what = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof what?.camera === 'boolean') this.#tell('peer', { camera: what.camera, microphone: what.microphone === true });
    else this.#tell('talk', what);
  }

  close() {
    clearTimeout(this.#timer);
    this.#tell = () => {};
    this.#quality.stop();
    this.pc.close();
  }
}
