// @ts-check
// The mints: how each stands, and how its changes reach the bridge. The section is there only where a mint is.

import { byId, element, icon, setAttribute, setIcon, setText } from '../dom.js';
import { span } from '../format.js';
import { standing } from '../standing.js';
import { mints } from '../store.js';
import { deliveryWords } from '../watch-words.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Source} Source */

/** @typedef {'reconnect'|'resume'} Remedy */
/** @typedef {{item: HTMLElement, nextRetry: number|null, words: string, remedy: Remedy|null}} Drawn */

const LABELS = { reconnect: 'Try now', resume: 'Resume' };

export class Mints {
  #section = byId('mints');
  #list = byId('mint-list');
  #act;
  /** @type {Map<string, Drawn>} */
  #drawn = new Map();

  /** @param {(remedy: Remedy, mint: string) => void} act */
  constructor(act) {
    this.#act = act;
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  draw(state, now) {
    const sources = mints(state);
    this.#section.hidden = sources.length === 0;
    // With mints alone there is no balance and no payment to show.
    const isAlone = sources.length > 0 && state.loaded && state.wallets.length === 0;
    document.documentElement.toggleAttribute('data-mints-only', isAlone);
    const names = sources.map(({ name }) => name);
    if (names.join() !== [...this.#drawn.keys()].join()) this.#rebuild(names);
    for (const source of sources) this.#drawMint(state, source);
    this.tick(now);
  }

  /** @param {number} now */
  tick(now) {
    for (const { item, nextRetry, words } of this.#drawn.values()) {
      const left = nextRetry === null ? null : nextRetry - now;
      const next = left === null ? '' : left > 500 ? `Next try in ${span(left)}.` : 'Trying now …';
      setText(part(item, '.mint-words'), [words, next].filter(Boolean).join(' '));
    }
  }

  /**
   * @param {State} state
   * @param {Source} source
   */
  #drawMint(state, source) {
    const drawn = /** @type {Drawn} */ (this.#drawn.get(source.name));
    const { item } = drawn;
    const { shape: own, word, why, nextRetry, remedy } = standing(state, source.name);
    // Polls see every change too, but not at once.
    const isPolling = own === 'live' && source.delivery === 'polling';
    const shape = isPolling ? 'connecting' : own;
    setText(part(item, '.mint-name'), source.label ?? source.name);
    const line = part(item, '.state');
    setAttribute(line, 'data-shape', shape);
    setIcon(line, `shape-${shape}`);
    setText(part(line, 'span'), isPolling ? 'polling' : word);
    drawn.words = why || deliveryWords(source.delivery);
    drawn.nextRetry = nextRetry;
    // What troubles the page itself has its remedy in the banner.
    drawn.remedy = remedy === 'reload' ? null : remedy;
    part(item, 'button').hidden = drawn.remedy === null;
    if (drawn.remedy) setText(part(item, '.mint-remedy'), LABELS[drawn.remedy]);
  }

  /** @param {string[]} names */
  #rebuild(names) {
    this.#drawn = new Map(names.map((name) => {
      const button = element('button', 'button small',
        element('span', 'mint-remedy'), element('span', 'unseen', ` ${name}`));
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => {
        const remedy = this.#drawn.get(name)?.remedy;
        if (remedy) this.#act(remedy, name);
      });
      const item = element('li', 'mint',
        element('strong', 'mint-name'),
        element('span', 'state', icon('shape-connecting'), element('span')),
        element('span', 'mint-words'), button);
      return [name, { item, nextRetry: null, words: '', remedy: null }];
    }));
    this.#list.replaceChildren(...[...this.#drawn.values()].map(({ item }) => item));
  }
}

/**
 * @param {Element} item
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(item, selector) {
  return /** @type {HTMLElement} */ (item.querySelector(selector));
}
