// @ts-check
// The payments, newest first. Rows have one height; new ones come in at the top without moving what is being
// read. Only those near the screen are in the document, so that ten thousand cost no more than a hundred.

import { byId, icon, prefersStillness, setAttribute, setText } from '../dom.js';
import { ago } from '../format.js';
import { isFiltering, shownList } from '../store.js';
import { drawRow } from './payment-row.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('./payment-row.js').Drawn} Drawn */

/** Rows kept ready on either side of the screen. */
const ROWS_AHEAD = 40;

export class Activity {
  #list = byId('rows');
  #empty = byId('empty');
  #older = byId('older');
  #pill = byId('pill');
  /** @type {Row[]} */
  #rows = [];
  /** @type {Map<string, Drawn>} those in the document */
  #drawn = new Map();
  /** @type {import('../types.js').List|null|undefined} */
  #shown = undefined;
  #subject = '';
  /** @type {Unit} */
  #unit = 'sat';
  #unread = 0;
  #now = 0;
  /** The first row in the document and the one after the last. */
  #range = [0, 0];

  /** @param {() => void} readOlder */
  constructor(readOlder) {
    this.#older.addEventListener('click', readOlder);
    this.#pill.addEventListener('click', () => this.#toTop());
    this.#list.addEventListener('keydown', (event) => this.#keyPressed(event));
    this.#list.addEventListener('focusin', (event) => this.#focused(event.target));
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    addEventListener('resize', () => this.#scrolled(), { passive: true });
    new IntersectionObserver(([entry]) => entry.isIntersecting && readOlder(), { rootMargin: '900px' })
      .observe(this.#older);
  }

  /** Whether someone reads further down, where a change at the top would disturb. */
  get isBeingRead() {
    return this.#isScrolledAway() || this.#list.contains(document.activeElement);
  }

  /**
   * @param {State} state
   * @param {Unit} unit
   * @param {number} now
   */
  draw(state, unit, now) {
    this.#now = now;
    const list = shownList(state);
    const subject = JSON.stringify([state.chosen, state.filter]);
    if (list === this.#shown && unit === this.#unit && subject === this.#subject) return;
    const isSameSubject = subject === this.#subject && this.#shown !== null;
    this.#shown = list;
    this.#unit = unit;
    this.#subject = subject;
    this.#take(list?.rows ?? [], isSameSubject);
    this.#older.hidden = !list?.nextBefore;
    this.#empty.hidden = (list?.rows.length ?? 1) > 0 && !(state.loaded && !state.chosen);
    setText(this.#empty, emptyWords(state));
  }

  /** @param {number} now */
  tick(now) {
    this.#now = now;
    for (const { at, time } of this.#drawn.values()) setText(time, ago(at, now));
  }

  /**
   * @param {Row[]} rows
   * @param {boolean} isSameSubject false when another list takes the place of the one shown
   */
  #take(rows, isSameSubject) {
    const anchor = isSameSubject && this.isBeingRead ? this.#anchor() : -1;
    const before = this.#rows;
    this.#rows = rows;
    this.#list.style.setProperty('--count', String(rows.length));
    if (anchor >= 0) {
      const at = rows.findIndex((row) => row.key === before[anchor].key);
      if (at >= 0) scrollBy({ top: (at - anchor) * this.#rowHeight, behavior: 'auto' });
    }
    const known = isSameSubject ? new Set(before.map((row) => row.key)) : null;
    const arrived = known ? rows.filter((row) => row.arrived && !known.has(row.key)) : [];
    this.#place(new Set(arrived.map((row) => row.key)));
    if (!isSameSubject) this.#setUnread(0);
    else if (this.#isScrolledAway()) this.#setUnread(this.#unread + arrived.length);
  }

  /**
   * Puts the rows near the screen into the document, and takes the others out.
   * @param {Set<string>} arrived keys of rows that have just come in
   */
  #place(arrived) {
    const [first, last] = this.#range = this.#wantedRange();
    const focused = this.#focusedIndex();
    const wanted = this.#rows.slice(first, last).map((row, index) => ({ row, index: first + index }));
    // A row that somebody stands on stays, wherever the screen has gone.
    if (focused >= 0 && focused < first) wanted.unshift({ row: this.#rows[focused], index: focused });
    if (focused >= last) wanted.push({ row: this.#rows[focused], index: focused });
    const kept = new Set(wanted.map(({ row }) => row.key));
    for (const [key, { item }] of this.#drawn) {
      if (kept.has(key)) continue;
      item.remove();
      this.#drawn.delete(key);
    }
    let place = this.#list.firstElementChild;
    for (const { row, index } of wanted) {
      const old = this.#drawn.get(row.key)?.item;
      const item = this.#drawnItem(row, arrived.has(row.key));
      if (old === place) place = item;
      if (item === place) place = item.nextElementSibling;
      else this.#list.insertBefore(item, place);
      item.style.setProperty('--index', String(index));
      setAttribute(item, 'aria-posinset', String(index + 1));
      setAttribute(item, 'aria-setsize', String(this.#shown?.nextBefore ? -1 : this.#rows.length));
    }
    this.#ensureTabStop();
  }

  /**
   * The row's element, made anew where it is not yet or no longer right.
   * @param {Row} row
   * @param {boolean} isFresh
   */
  #drawnItem(row, isFresh) {
    const known = this.#drawn.get(row.key);
    if (known && known.row === row && known.unit === this.#unit) return known.item;
    const drawn = drawRow(row, this.#unit, this.#now);
    this.#drawn.set(row.key, drawn);
    drawn.item.classList.toggle('fresh', isFresh);
    if (!known) return drawn.item;
    setAttribute(drawn.item, 'tabindex', known.item.getAttribute('tabindex'));
    const hadFocus = known.item === document.activeElement;
    known.item.replaceWith(drawn.item);
    if (hadFocus) drawn.item.focus({ preventScroll: true });
    return drawn.item;
  }

  get #rowHeight() {
    return this.#rows.length ? this.#list.clientHeight / this.#rows.length : 0;
  }

  /** The rows on the screen: the first, and the one after the last. */
  #visibleRange() {
    const count = this.#rows.length;
    const height = this.#rowHeight;
    if (!height) return [0, 0];
    const { top } = this.#list.getBoundingClientRect();
    const within = (/** @type {number} */ index) => Math.min(count, Math.max(0, index));
    return [within(Math.floor(-top / height)), within(Math.ceil((innerHeight - top) / height))];
  }

  #wantedRange() {
    const [first, last] = this.#visibleRange();
    return [Math.max(0, first - ROWS_AHEAD), Math.min(this.#rows.length, last + ROWS_AHEAD)];
  }

  #scrolled() {
    if (!this.#isScrolledAway()) this.#setUnread(0);
    const [first, last] = this.#wantedRange();
    const far = Math.max(Math.abs(first - this.#range[0]), Math.abs(last - this.#range[1]));
    if (far >= ROWS_AHEAD / 2) this.#place(new Set());
  }

  /** The row that the reader has before the eyes; -1 for none. */
  #anchor() {
    const focused = this.#focusedIndex();
    if (focused >= 0) return focused;
    return this.#rows.length ? Math.min(this.#visibleRange()[0], this.#rows.length - 1) : -1;
  }

  #focusedIndex() {
    const item = document.activeElement;
    if (!(item instanceof HTMLElement) || item.parentElement !== this.#list) return -1;
    return this.#rows.findIndex((row) => row.key === item.dataset.key);
  }

  #isScrolledAway() {
    return this.#list.getBoundingClientRect().top < 0;
  }

  /** @param {number} count */
  #setUnread(count) {
    this.#unread = count;
    this.#pill.hidden = count === 0;
    if (count) this.#pill.replaceChildren(icon('arrow-up'), `${count} new`);
  }

  #toTop() {
    const target = byId('activity');
    target.scrollIntoView({ block: 'start', behavior: prefersStillness() ? 'auto' : 'smooth' });
    this.#focusRow(0, true);
    this.#setUnread(0);
  }

  /**
   * @param {number} index
   * @param {boolean} [preventScroll]
   */
  #focusRow(index, preventScroll = false) {
    const row = this.#rows[index];
    if (!row) return;
    let item = this.#drawn.get(row.key)?.item;
    if (!item) {
      item = this.#drawnItem(row, false);
      item.style.setProperty('--index', String(index));
      this.#list.append(item);
    }
    item.focus({ preventScroll });
    this.#place(new Set());
  }

  /** The list is one stop for the Tab key; arrows move within it. */
  #ensureTabStop() {
    if (this.#list.querySelector('[tabindex="0"]')) return;
    this.#list.firstElementChild?.setAttribute('tabindex', '0');
  }

  /** @param {EventTarget|null} target */
  #focused(target) {
    if (!(target instanceof HTMLElement) || target.parentElement !== this.#list) return;
    for (const stop of this.#list.querySelectorAll('[tabindex="0"]')) stop.setAttribute('tabindex', '-1');
    target.setAttribute('tabindex', '0');
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    const at = this.#focusedIndex();
    const end = this.#rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: end }[event.key];
    if (at < 0 || to === undefined || to < 0 || to > end) return;
    event.preventDefault();
    this.#focusRow(to);
  }
}

/** @param {State} state */
function emptyWords(state) {
  if (state.loaded && state.wallets.length === 0) {
    return 'No wallet is set up yet. Add one to the configuration, and it appears here.';
  }
  if (isFiltering(state.filter)) return 'No payment matches.';
  return 'No payments yet. The first one appears here by itself.';
}
