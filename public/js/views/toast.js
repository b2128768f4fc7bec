// @ts-check
// A word about money that has just come in: six seconds, held while someone points at it or is in it.

import { byId, element, icon } from '../dom.js';
import { plain, sign } from '../format.js';

const SHOWN_MS = 6000;
const LEAVING_MS = 250;
const MOST_AT_ONCE = 3;

export class Toasts {
  #holder = byId('toasts');

  /**
   * @param {import('../types.js').Payment} payment
   * @param {import('../types.js').Unit} unit
   * @param {string} wallet the wallet's label; empty where there is only one
   */
  received(payment, unit, wallet) {
    const figure = element('strong', 'toast-amount',
      `${sign(payment.direction)}${plain(payment.amount_msat, unit)} ${unit}`);
    const words = payment.memo || payment.comment || 'Payment received';
    this.#show([icon('arrow-incoming'), figure, element('span', 'toast-memo', words)], wallet);
  }

  /** @param {string} words something that did not work */
  notice(words) {
    this.#show([icon('shape-trouble'), element('span', 'toast-notice', words)], '');
  }

  /**
   * @param {(Node|string)[]} content
   * @param {string} aside
   */
  #show(content, aside) {
    const dismiss = element('button', 'toast-close', icon('close'), element('span', 'unseen', 'Dismiss'));
    dismiss.setAttribute('type', 'button');
    if (aside) content.push(element('span', 'toast-wallet', aside));
    const toast = element('div', 'toast', ...content, dismiss);
    const leave = () => {
      toast.classList.add('leaving');
      setTimeout(() => toast.remove(), LEAVING_MS);
    };
    hold(toast, leave);
    dismiss.addEventListener('click', leave);
    this.#holder.append(toast);
    while (this.#holder.childElementCount > MOST_AT_ONCE) this.#holder.firstElementChild?.remove();
  }
}

/**
 * Calls `leave` once the toast has been left alone for its time.
 * @param {HTMLElement} toast
 * @param {() => void} leave
 */
function hold(toast, leave) {
  let left = SHOWN_MS;
  let startedAt = 0;
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    startedAt = performance.now();
    timer = setTimeout(leave, left);
  };
  const pause = () => {
    clearTimeout(timer);
    left = Math.max(1000, left - (performance.now() - startedAt));
  };
  toast.addEventListener('pointerenter', pause);
  toast.addEventListener('pointerleave', run);
  toast.addEventListener('focusin', pause);
  toast.addEventListener('focusout', run);
  run();
}
