// The chat: what both write, and reactions that float over the picture.

import { element } from './dom.js';
import { EMOJIS } from './words.js';

/** Lines kept on the page. */
const KEPT = 500;

/** `say(event, payload)` sends and answers whether it arrived. */
export class Chat {
  #say;
  #log = element('chat');

  constructor(say) {
    this.#say = say;
    for (const [emoji, name] of Object.entries(EMOJIS)) {
      const button = document.createElement('button');
      button.type = 'button';
      button.disabled = true;
      button.textContent = emoji;
      button.setAttribute('aria-label', name);
      button.addEventListener('click', () => this.#react(emoji));
      element('reactions').append(button);
    }
    element('compose').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#write();
    });
  }

  /** What the other wrote. */
  message(text) {
    this.#add(text, 'theirs');
  }

  /** What the other reacted with. */
  reaction(emoji) {
    this.#add(`They reacted with ${emoji}`, 'note');
    float(emoji);
  }

  /** Something about the call. */
  note(text) {
    this.#add(text, 'note');
  }

  clear() {
    this.#log.replaceChildren();
    element('emojis').replaceChildren();
  }

  async #write() {
    const field = element('message');
    const message = field.value.trim();
    if (message === '') return;
    field.value = '';
    field.focus();
    const line = this.#add(message, 'mine');
    const arrived = await this.#say('send-message', { message, timestamp: Date.now() });
    line.classList.toggle('undelivered', !arrived);
  }

  async #react(emoji) {
    float(emoji);
    const line = this.#add(`You reacted with ${emoji}`, 'note');
    if (!(await this.#say('send-reaction', { emoji, timestamp: Date.now() }))) line.remove();
  }

  #add(text, kind) {
    const line = document.createElement('p');
    line.className = `line ${kind}`;
    line.textContent = text;
    this.#log.append(line);
    while (this.#log.childElementCount > KEPT) this.#log.firstElementChild.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
    return line;
  }
}

function float(emoji) {
  const layer = element('emojis');
  if (layer.childElementCount > 30) return;
  const flying = document.createElement('span');
  flying.textContent = emoji;
  flying.style.left = `${15 + Math.random() * 60}%`;
  flying.addEventListener('animationend', () => flying.remove());
  layer.append(flying);
  // Where motion is reduced nothing ends the animation.
  setTimeout(() => flying.remove(), 2_500);
}
