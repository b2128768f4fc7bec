// @ts-check
// The number, whether it is true now, and the unit it is shown in.

import { byId, element, setAttribute, setIcon, setText } from '../dom.js';
import { UNITS, ago, amount, exact, parseTime, plain, spoken, width } from '../format.js';
import { standing } from '../standing.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */

const GLOW_MS = 2400;

export class BalanceView {
  #label = byId('wallet-label');
  #state = byId('state');
  #balance = byId('balance');
  #confirmed = byId('confirmed');
  #onItsWay = byId('on-its-way');
  /** @type {number|null} */
  #confirmedAt = null;
  #shown = '';
  #shownMsat = Number.NaN;
  #glow = 0;

  /**
   * @param {State} state
   * @param {Unit} unit
   */
  draw(state, unit) {
    const wallet = state.wallets.find((each) => each.wallet === state.chosen);
    const { shape, word, stale } = standing(state, state.chosen);
    setText(this.#label, wallet?.label ?? 'Walletwire');
    setAttribute(this.#state, 'data-shape', shape);
    setIcon(this.#state, `shape-${shape}`);
    setText(/** @type {Element} */ (this.#state.querySelector('span')), word);
    setAttribute(byId('wallet'), 'data-stale', String(stale));
    this.#confirmedAt = parseTime(wallet?.confirmed_at);
    this.#drawNumber(state, wallet?.balance_msat ?? null, unit);
    const pending = wallet?.pending_outgoing_msat ?? 0;
    setText(
      this.#onItsWay, pending ? `${plain(pending, unit)} ${unit} on its way out, already taken off` : '');
  }

  /** @param {number} now */
  tick(now) {
    const at = this.#confirmedAt;
    setText(this.#confirmed, at === null ? 'not confirmed yet' : `confirmed ${ago(at, now)}`);
    setAttribute(this.#confirmed, 'title', at === null ? null : exact(at));
  }

  /**
   * @param {State} state
   * @param {number|null} msat
   * @param {Unit} unit
   */
  #drawNumber(state, msat, unit) {
    const parts = msat === null ? { number: '–', remainder: '', unit } : amount(msat, unit);
    const [number, remainder, name] = this.#balance.querySelectorAll('span');
    setText(number, parts.number);
    setText(remainder, parts.remainder);
    setText(name, msat === null ? '' : unit);
    const words = msat === null ? 'not known yet' : spoken(msat, unit);
    setAttribute(this.#balance, 'aria-label', `Balance ${words}`);
    // The type shrinks by whole steps of a digit, so that a change of amount alone never moves it.
    this.#balance.style.setProperty('--digits', String(Math.max(11, width(parts))));
    const shown = `${state.chosen} ${unit}`;
    if (shown === this.#shown && msat !== this.#shownMsat && msat !== null) this.#lightUp();
    this.#shown = shown;
    this.#shownMsat = msat ?? Number.NaN;
  }

  #lightUp() {
    clearTimeout(this.#glow);
    this.#balance.classList.add('changed');
    this.#glow = setTimeout(() => this.#balance.classList.remove('changed'), GLOW_MS);
  }
}

/** The choice of unit: native radio buttons, so that keyboard and screen reader know them. */
export class UnitChoice {
  /**
   * @param {Unit} chosen
   * @param {(unit: Unit) => void} choose
   */
  constructor(chosen, choose) {
    const fieldset = byId('units');
    for (const unit of UNITS) {
      const input = document.createElement('input');
      Object.assign(input, { type: 'radio', name: 'unit', value: unit, checked: unit === chosen });
      input.addEventListener('change', () => choose(unit));
      fieldset.append(element('label', '', input, element('span', '', unit)));
    }
  }
}
