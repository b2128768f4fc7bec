// @ts-check
// The form that adds a watch. The id is a secret (who knows a quote's id can take its tokens): it goes from the
// field to the bridge once, and the field is cleared before the answer comes.

import { byId, setAttribute, setText } from '../dom.js';
import { mints } from '../store.js';
import { KINDS } from '../watch-words.js';

/** @typedef {import('../types.js').State} State */

export class WatchForm {
  #opener = byId('watch-add');
  #form = /** @type {HTMLFormElement} */ (byId('watch-form'));
  #mint = /** @type {HTMLSelectElement} */ (byId('watch-mint'));
  #kind = /** @type {HTMLSelectElement} */ (byId('watch-kind'));
  #id = /** @type {HTMLInputElement} */ (byId('watch-id'));
  #problem = byId('watch-problem');
  #add;
  #isSending = false;
  #mints = '';

  /** @param {(order: {mint: string, kind: string, id: string}) => Promise<void>} add throws what went wrong */
  constructor(add) {
    this.#add = add;
    this.#kind.append(...Object.entries(KINDS).map(([kind, words]) => new Option(words, kind)));
    this.#kind.addEventListener('change', () => this.#drawLabel());
    this.#opener.addEventListener('click', () => this.#open(this.#form.hidden));
    byId('watch-cancel').addEventListener('click', () => this.#open(false));
    this.#form.addEventListener('keydown', ({ key }) => key === 'Escape' && this.#open(false));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    addEventListener('pagehide', () => this.#clear());
    this.#drawLabel();
  }

  /** @param {State} state */
  draw(state) {
    const sources = mints(state);
    const names = JSON.stringify(sources.map(({ name, label }) => [name, label]));
    if (names === this.#mints) return;
    this.#mints = names;
    const chosen = this.#mint.value;
    this.#mint.replaceChildren(...sources.map(({ name, label }) => new Option(label ?? name, name)));
    if (sources.some(({ name }) => name === chosen)) this.#mint.value = chosen;
    const choice = /** @type {HTMLElement} */ (this.#mint.closest('.field'));
    choice.hidden = sources.length < 2;
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    const hadFocus = this.#form.contains(document.activeElement);
    this.#form.hidden = !isOpen;
    setAttribute(this.#opener, 'aria-expanded', String(isOpen));
    setText(this.#problem, '');
    this.#clear();
    if (isOpen) (this.#mint.closest('.field[hidden]') ? this.#kind : this.#mint).focus();
    else if (hadFocus) this.#opener.focus();
  }

  #drawLabel() {
    const isProof = this.#kind.value === 'proof_state';
    setText(byId('watch-id-label'), isProof ? 'The proof’s Y' : 'Quote id');
  }

  async #send() {
    const order = { mint: this.#mint.value, kind: this.#kind.value, id: this.#id.value.trim() };
    this.#clear();
    if (this.#isSending || order.id === '') return;
    this.#isSending = true;
    setAttribute(this.#form, 'aria-busy', 'true');
    setText(this.#problem, '');
    try {
      await this.#add(order);
      this.#open(false);
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : String(error));
      this.#id.focus();
    }
    this.#isSending = false;
    setAttribute(this.#form, 'aria-busy', null);
  }

  #clear() {
    this.#id.value = '';
  }
}
