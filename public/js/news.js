// @ts-check
// Which payment is news, and who tells it: a toast or the counter's screen, sound and notification.

import { now } from './clock.js';
import { parseTime } from './format.js';
import { keyOf } from './lists.js';

/** @typedef {import('./types.js').Payment} Payment */

/** A payment replayed from the past is news only if it is this fresh. */
const NEWS_MS = 60_000;
const MOST_REMEMBERED = 200;

export class News {
  /** @type {Set<string>} */
  #told = new Set();

  /**
   * Whether people want to hear of it: money that has come in, once, and not long ago.
   *
   * @param {Payment} payment
   * @param {boolean} replayed
   */
  takes(payment, replayed) {
    const age = now() - (parseTime(payment.observed_at) ?? 0);
    const key = keyOf(payment);
    if (payment.direction !== 'incoming' || payment.status !== 'settled') return false;
    if ((replayed && age > NEWS_MS) || this.#told.has(key)) return false;
    this.#told.add(key);
    // Sets keep their order: the first is the oldest.
    if (this.#told.size > MOST_REMEMBERED) this.#told.delete([...this.#told][0]);
    return true;
  }
}
