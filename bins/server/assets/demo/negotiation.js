// Perfect negotiation (https://w3c.github.io/webrtc-pc/#perfect-negotiation-example): both sides may offer at any time.
// When two offers cross, the polite side takes its own back and the other ignores what it got.

/**
 * Keeps the descriptions of two peer connections in step. `send(kind, data)` takes an offer, answer or candidate;
 * `prepareAnswer` is called when an offer was taken and is about to be answered.
 */
export class Negotiation {
  #pc;
  #polite;
  #send;
  #prepareAnswer;
  #makingOffer = false;
  #ignoringOffer = false;
  #settingAnswer = false;

  constructor(pc, { polite, send, prepareAnswer }) {
    this.#pc = pc;
    this.#polite = polite;
    this.#send = send;
    this.#prepareAnswer = prepareAnswer;
    pc.addEventListener('negotiationneeded', () => this.#offer());
    // Trickle: each candidate goes as soon as it is found; null only says that there are no more.
    pc.addEventListener('icecandidate', ({ candidate }) => candidate !== null && send('candidate', candidate));
  }

  async #offer() {
    try {
      this.#makingOffer = true;
      // Without an argument the browser decides, in this very moment, whether it is an offer that is due.
      await this.#pc.setLocalDescription();
      this.#send(this.#pc.localDescription.type, this.#pc.localDescription);
    } catch (error) {
      if (this.#pc.signalingState !== 'closed') console.warn('no offer could be made', error);
    } finally {
      this.#makingOffer = false;
    }
  }

  /** Takes the other side's offer or answer. */
  async describe(description) {
    // An answer that is being applied leaves the state stable: an offer right behind it does not cross anything.
    const ready = !this.#makingOffer && (this.#pc.signalingState === 'stable' || this.#settingAnswer);
    const crossing = description.type === 'offer' && !ready;
    this.#ignoringOffer = crossing && !this.#polite;
    if (this.#ignoringOffer) return;
    this.#settingAnswer = description.type === 'answer';
    try {
      await this.#pc.setRemoteDescription(description); // takes one's own offer back where it must
    } finally {
      this.#settingAnswer = false;
    }
    if (description.type !== 'offer') return;
    await this.#prepareAnswer();
    await this.#pc.setLocalDescription();
    this.#send('answer', this.#pc.localDescription);
  }

  /** Takes one of the other side's candidates. */
  async addCandidate(candidate) {
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      // Those of an offer that was ignored fit nothing.
      if (!this.#ignoringOffer) throw error;
    }
  }
}
