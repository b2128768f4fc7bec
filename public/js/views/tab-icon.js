// @ts-check
// The browser tab: the chosen wallet's balance and state in its title and icon.

import { byId, setAttribute } from '../dom.js';
import { plain } from '../format.js';
import { standing } from '../standing.js';
import { mainSource } from '../store.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */

const SYMBOLS = { live: '●', connecting: '◐', paused: '○', trouble: '▲' };

const QUIET = '#8b8985';
const DRAWINGS = {
  live: '<circle cx="16" cy="16" r="12" fill="#f08a24"/>',
  connecting: `<circle cx="16" cy="16" r="10.5" fill="none" stroke="${QUIET}" stroke-width="3"/>`
    + `<path d="M16 5.5a10.5 10.5 0 0 0 0 21z" fill="${QUIET}"/>`,
  paused: `<circle cx="16" cy="16" r="10.5" fill="none" stroke="${QUIET}" stroke-width="4"/>`,
  trouble: `<path d="M16 4 30 28H2z" fill="${QUIET}" stroke="${QUIET}" stroke-linejoin="round"/>`
    + '<path d="M16 13v7m0 3v2" stroke="#fff" stroke-width="3"/>',
};

export class TabIcon {
  #link = byId('tab-icon');
  #drawn = '';

  /**
   * @param {State} state
   * @param {Unit} unit
   */
  draw(state, unit) {
    const wallet = state.wallets.find((each) => each.wallet === state.chosen);
    const { shape, word } = standing(state, mainSource(state));
    const figure = wallet?.balance_msat == null ? '' : `${plain(wallet.balance_msat, unit)} ${unit} · `;
    const label = wallet ? ` · ${wallet.label}` : ' · Walletwire';
    const title = `${SYMBOLS[shape]} ${figure}${word}${label}`;
    if (document.title !== title) document.title = title;
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${DRAWINGS[shape]}</svg>`;
    setAttribute(this.#link, 'href', `data:image/svg+xml,${encodeURIComponent(svg)}`);
  }
}
