// @ts-check
// The search for memos, and the choice of a direction.

import { byId } from '../dom.js';

const SEARCH_PAUSE_MS = 250;

export class Filters {
  #form = /** @type {HTMLFormElement} */ (byId('filters'));
  #search = /** @type {HTMLInputElement} */ (byId('search-memo'));
  #timer = 0;

  /** @param {(filter: import('../types.js').Filter) => void} apply */
  constructor(apply) {
    const read = () => {
      const direction = /** @type {''|'incoming'|'outgoing'} */ (
        new FormData(this.#form).get('direction') ?? '');
      apply({ direction, q: this.#search.value.trim() });
    };
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('input', ({ target }) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(read, target === this.#search ? SEARCH_PAUSE_MS : 0);
    });
  }
}
