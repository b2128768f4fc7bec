// @ts-check
// The banner over the full width while the number is stale: since when, why, when the next try comes, and
// the button that tries now.

import { byId, keepStill, setAttribute, setIcon, setText } from '../dom.js';
import { moment, span } from '../format.js';
import { standing } from '../standing.js';
import { mainSource } from '../store.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../standing.js').Standing} Standing */

const LABELS = { reconnect: 'Try now', resume: 'Resume', reload: 'Try now' };
const BUSY_MS = 1500;

export class Banner {
  #banner = byId('banner');
  #headline = byId('banner-headline');
  #why = byId('banner-why');
  #next = byId('banner-next');
  #button = /** @type {HTMLButtonElement} */ (byId('banner-remedy'));
  #announcement = byId('announcement');
  /** @type {Standing|null} */
  #standing = null;
  #announced = '';

  /** @param {(remedy: 'reconnect'|'resume'|'reload') => Promise<void>} apply */
  constructor(apply) {
    this.#button.addEventListener('click', async () => {
      const remedy = this.#standing?.remedy;
      if (!remedy || this.#button.getAttribute('aria-disabled') === 'true') return;
      setAttribute(this.#button, 'aria-disabled', 'true');
      await Promise.all([apply(remedy), new Promise((done) => setTimeout(done, BUSY_MS))]);
      setAttribute(this.#button, 'aria-disabled', null);
    });
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  draw(state, now) {
    const current = standing(state, mainSource(state));
    this.#standing = current;
    const isShown = current.headline !== '';
    if (this.#banner.hidden === isShown) {
      const hadFocus = this.#banner.contains(document.activeElement);
      const change = () => { this.#banner.hidden = !isShown; };
      if (window.scrollY > 0) keepStill(byId('rows'), change);
      else change();
      if (hadFocus && !isShown) byId('wallet').focus();
    }
    if (isShown) {
      setIcon(this.#banner, `shape-${current.shape}`);
      setText(this.#why, current.why);
      this.#button.hidden = current.remedy === null;
      if (current.remedy) setText(this.#button, LABELS[current.remedy]);
    }
    this.tick(now);
    this.#announce(current);
  }

  /** @param {number} now */
  tick(now) {
    const current = this.#standing;
    if (!current || current.headline === '') return;
    const since = current.since === null ? '' : ` since ${moment(current.since, now)}`;
    const length = current.since === null || now - current.since < 1000
      ? '' : ` (${span(now - current.since)})`;
    setText(this.#headline, `${current.headline}${since}${length}.`);
    const left = current.nextRetry === null ? null : current.nextRetry - now;
    setText(
      this.#next, left === null ? '' : left > 500 ? `Next try in ${span(left)}` : 'Trying now …');
  }

  /**
   * Tells a screen reader once when the standing changes, not each second as the banner counts.
   * @param {Standing} current
   */
  #announce(current) {
    const words = current.headline
      ? `${current.headline}. ${current.why}` : current.shape === 'live' ? 'Live' : '';
    if (words === this.#announced || words === '') return;
    const isFirst = this.#announced === '';
    this.#announced = words;
    if (!(isFirst && words === 'Live')) setText(this.#announcement, words);
  }
}
