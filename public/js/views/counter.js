// @ts-check
// ?display=counter: for the screen that customers see. The last incoming payment fills it for ten seconds, then
// the balance. The screen stays awake meanwhile.

import { byId, setAttribute, setIcon, setText } from '../dom.js';
import { amount, sign, width } from '../format.js';
import { standing } from '../standing.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').Payment} Payment */

const PAYMENT_MS = 10_000;

export class Counter {
  #counter = byId('counter');
  #timer = 0;
  /** @type {Payment|null} the payment that fills the screen now */
  #payment = null;
  #redraw;

  /** @param {() => void} redraw called when the payment has had its time */
  constructor(redraw) {
    this.#redraw = redraw;
    document.documentElement.dataset.display = 'counter';
    this.#counter.hidden = false;
    const stayAwake = () => document.hidden || keepScreenAwake();
    document.addEventListener('visibilitychange', stayAwake);
    stayAwake();
    offerFullScreen();
  }

  /** @param {Payment} payment */
  received(payment) {
    clearTimeout(this.#timer);
    this.#payment = payment;
    this.#redraw();
    this.#timer = setTimeout(() => {
      this.#payment = null;
      this.#redraw();
    }, PAYMENT_MS);
  }

  /**
   * @param {State} state
   * @param {Unit} unit
   */
  draw(state, unit) {
    const wallet = state.wallets.find((each) => each.wallet === state.chosen);
    const { shape, word, stale } = standing(state, state.chosen);
    const payment = this.#payment;
    setAttribute(this.#counter, 'data-shows', payment ? 'payment' : 'balance');
    setAttribute(this.#counter, 'data-stale', String(stale));
    setText(byId('counter-label'), payment ? 'Received' : (wallet?.label ?? ''));
    setText(byId('counter-memo'), payment ? (payment.memo || payment.comment || '') : '');
    const state_ = byId('counter-state');
    state_.hidden = payment !== null;
    setAttribute(state_, 'data-shape', shape);
    setIcon(state_, `shape-${shape}`);
    setText(/** @type {Element} */ (state_.querySelector('span')), word);
    const msat = payment?.amount_msat ?? wallet?.balance_msat ?? null;
    const parts = msat === null ? { number: '–', remainder: '', unit } : amount(msat, unit);
    if (payment) parts.number = sign(payment.direction) + parts.number;
    const [number, remainder, name] = byId('counter-figure').querySelectorAll('span');
    setText(number, parts.number);
    setText(remainder, parts.remainder);
    setText(name, msat === null ? '' : unit);
    this.#counter.style.setProperty('--digits', String(Math.max(6, width(parts))));
  }
}

/** Only a touch may fill the screen; the Escape key, or the same button, gives it back. */
function offerFullScreen() {
  const button = byId('counter-full');
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener('click', () => {
    const change = document.fullscreenElement
      ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    // Refused by the browser's settings: the page stays as it is.
    change.catch(() => {});
  });
  document.addEventListener('fullscreenchange', () => {
    setText(button, document.fullscreenElement ? 'Leave full screen' : 'Full screen');
  });
}

/** Lasts until the page is hidden; browsers without it, and plain HTTP from afar, do without. */
async function keepScreenAwake() {
  try {
    await /** @type {any} */ (navigator).wakeLock?.request('screen');
  } catch {
    // Refused on low battery: the screen may sleep, the page goes on.
  }
}
