// @ts-check
// A tab for each wallet, with its balance (WAI-ARIA tabs pattern, selection follows focus).

import { byId, element, icon, setAttribute, setIcon, setText } from '../dom.js';
import { plain } from '../format.js';
import { standing } from '../standing.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */

export class Tabs {
  #strip = byId('tabs-strip');
  #list = byId('tabs');
  #choose;
  /** @type {string[]} */
  #names = [];

  /** @param {(wallet: string) => void} choose */
  constructor(choose) {
    this.#choose = choose;
    this.#list.addEventListener('keydown', (event) => this.#keyPressed(event));
  }

  /**
   * @param {State} state
   * @param {Unit} unit
   */
  draw(state, unit) {
    const names = state.wallets.map((each) => each.wallet);
    this.#strip.hidden = names.length < 2;
    const panel = byId('wallet');
    setAttribute(panel, 'role', names.length < 2 ? null : 'tabpanel');
    setAttribute(
      panel, 'aria-labelledby', names.length < 2 ? 'wallet-label' : `tab-${state.chosen}`);
    if (names.join() !== this.#names.join()) this.#rebuild(names);
    for (const wallet of state.wallets) {
      const tab = byId(`tab-${wallet.wallet}`);
      const isChosen = wallet.wallet === state.chosen;
      setAttribute(tab, 'aria-selected', String(isChosen));
      setAttribute(tab, 'tabindex', isChosen ? '0' : '-1');
      const { shape, word } = standing(state, wallet.wallet);
      setAttribute(tab, 'data-shape', shape);
      setIcon(tab, `shape-${shape}`);
      const [label, state_, figure] = tab.querySelectorAll('span');
      setText(label, wallet.label);
      setText(state_, ` ${word}, `);
      setText(
        figure, wallet.balance_msat === null ? '–' : `${plain(wallet.balance_msat, unit)} ${unit}`);
    }
  }

  /** @param {string[]} names */
  #rebuild(names) {
    this.#names = names;
    this.#list.replaceChildren(...names.map((name) => {
      const tab = element('button', 'tab', icon('shape-connecting'),
        element('span', 'tab-label'), element('span', 'unseen'), element('span', 'tab-figure'));
      tab.id = `tab-${name}`;
      tab.setAttribute('type', 'button');
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', 'wallet activity');
      tab.addEventListener('click', () => this.#choose(name));
      return tab;
    }));
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    const tabs = [...this.#list.querySelectorAll('button')];
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const count = tabs.length;
    const to = {
      ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1,
    }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    tabs[to].focus();
    tabs[to].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.#choose(this.#names[to]);
  }
}
