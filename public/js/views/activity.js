// @ts-check
// The payments, newest first. Rows have one height; new ones come in at the top without moving what is being
// read.

import { byId, element, icon, keepStill, prefersStillness, setAttribute, setText } from '../dom.js';
import { ago, exact, moment, parseTime, plain, sign, span, spoken } from '../format.js';
import { isFiltering, shownList } from '../store.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../types.js').Payment} Payment */

/** @typedef {{item: HTMLElement, row: Row, unit: Unit, at: number, time: HTMLElement}} Drawn */

export class Activity {
  #list = byId('rows');
  #empty = byId('empty');
  #older = byId('older');
  #pill = byId('pill');
  /** @type {Map<string, Drawn>} */
  #drawn = new Map();
  /** @type {import('../types.js').List|null|undefined} */
  #shown = undefined;
  #subject = '';
  /** @type {Unit|null} */
  #unit = null;
  #unread = 0;
  #now = 0;

  /** @param {() => void} readOlder */
  constructor(readOlder) {
    this.#older.addEventListener('click', readOlder);
    this.#pill.addEventListener('click', () => this.#toTop());
    this.#list.addEventListener('keydown', (event) => this.#keyPressed(event));
    this.#list.addEventListener('focusin', (event) => this.#focused(event.target));
    addEventListener('scroll', () => !this.#isScrolledAway() && this.#setUnread(0), { passive: true });
    new IntersectionObserver(([entry]) => entry.isIntersecting && readOlder(), { rootMargin: '600px' })
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
    this.#drawRows(list?.rows ?? [], unit, isSameSubject);
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
   * @param {Unit} unit
   * @param {boolean} isSameSubject false when another list takes the place of the one shown
   */
  #drawRows(rows, unit, isSameSubject) {
    const kept = new Set(rows.map((row) => row.key));
    const anchor = isSameSubject && this.isBeingRead ? this.#anchor(kept) : null;
    let added = 0;
    const change = () => {
      for (const [key, { item }] of this.#drawn) {
        if (kept.has(key)) continue;
        item.remove();
        this.#drawn.delete(key);
      }
      let place = this.#list.firstElementChild;
      for (const row of rows) {
        const known = this.#drawn.get(row.key);
        if (known?.item === place) place = place?.nextElementSibling ?? null;
        else if (known) this.#list.insertBefore(known.item, place);
        if (known && known.row === row && known.unit === unit) continue;
        const drawn = drawRow(row, unit, this.#now);
        if (known) {
          setAttribute(drawn.item, 'tabindex', known.item.getAttribute('tabindex'));
          const hadFocus = known.item === document.activeElement;
          known.item.replaceWith(drawn.item);
          if (hadFocus) drawn.item.focus({ preventScroll: true });
        } else {
          this.#list.insertBefore(drawn.item, place);
          if (isSameSubject && row.arrived) {
            drawn.item.classList.add('fresh');
            added += 1;
          }
        }
        this.#drawn.set(row.key, drawn);
      }
    };
    if (anchor) keepStill(anchor, change);
    else change();
    if (!isSameSubject) this.#setUnread(0);
    else if (this.#isScrolledAway()) this.#setUnread(this.#unread + added);
    this.#ensureTabStop();
  }

  /**
   * A row that stays and that the reader has before the eyes.
   * @param {Set<string>} kept
   */
  #anchor(kept) {
    for (const { item, row } of this.#drawn.values()) {
      if (kept.has(row.key) && item.getBoundingClientRect().bottom > 0
        && (item === document.activeElement || !this.#list.contains(document.activeElement))) return item;
    }
    return null;
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
    const first = /** @type {HTMLElement|null} */ (this.#list.firstElementChild);
    first?.focus({ preventScroll: true });
    this.#setUnread(0);
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
    const item = event.target instanceof Element ? event.target.closest('li') : null;
    const to = {
      ArrowDown: item?.nextElementSibling,
      ArrowUp: item?.previousElementSibling,
      Home: this.#list.firstElementChild,
      End: this.#list.lastElementChild,
    }[event.key];
    if (!(to instanceof HTMLElement)) return;
    event.preventDefault();
    to.focus();
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

/**
 * @param {Row} row
 * @param {Unit} unit
 * @param {number} now
 * @returns {Drawn}
 */
function drawRow(row, unit, now) {
  const { payment } = row;
  const at = parseTime(payment.settled_at) ?? parseTime(payment.created_at ?? payment.observed_at) ?? now;
  const item = element('li', `row ${payment.direction} ${payment.status}`);
  item.setAttribute('tabindex', '-1');
  item.dataset.key = row.key;
  const time = element('time', 'relative', ago(at, now));
  time.setAttribute('datetime', new Date(at).toISOString());
  item.append(
    element('span', 'direction', icon(`arrow-${payment.direction}`),
      element('span', 'unseen', payment.direction)),
    memoOf(payment),
    element('span', 'when', ...statusWords(payment), time,
      element('span', 'exact', exact(at)), ...lateMark(payment), ...tagOf(payment)),
    amountOf(payment, unit),
    feeOf(payment, unit),
  );
  return { item, row, unit, at, time };
}

/** @param {Payment} payment */
function memoOf({ memo, comment }) {
  const words = memo || comment || '';
  const made = element('span', words ? 'memo' : 'memo none', words || 'no memo');
  if (words) made.title = comment && comment !== words ? `${words}\n${comment}` : words;
  return made;
}

/** @param {Payment} payment */
function statusWords({ status }) {
  return status === 'settled' ? [] : [element('span', 'status', status), ' · '];
}

/**
 * The mark of a payment that nobody saw settle, and what it means.
 * @param {Payment} payment
 */
function lateMark({ late, settled_at, observed_at }) {
  if (!late) return [];
  const [settled, seen] = [parseTime(settled_at), parseTime(observed_at)];
  const delay = settled !== null && seen !== null && seen > settled
    ? `, ${span(seen - settled)} after it settled` : '';
  const words = seen === null ? 'Seen late' : `Seen ${moment(seen, seen)}${delay}`;
  const made = element('span', 'late', element('span', 'late-word', 'late'),
    element('span', 'late-why', words));
  made.title = `${words}. It settled while the connection was down.`;
  return [made];
}

/** @param {Payment} payment */
function tagOf({ tag }) {
  return tag ? [element('span', 'tag', tag)] : [];
}

/**
 * @param {Payment} payment
 * @param {Unit} unit
 */
function amountOf({ direction, amount_msat, status }, unit) {
  const figure = `${sign(direction)}${plain(amount_msat, unit)}`;
  const made = element(status === 'failed' ? 's' : 'span', 'amount', figure);
  made.setAttribute('role', 'img');
  const way = direction === 'incoming' ? 'received' : 'sent';
  made.setAttribute('aria-label', `${way} ${spoken(amount_msat, unit)}`);
  return made;
}

/**
 * @param {Payment} payment
 * @param {Unit} unit
 */
function feeOf({ fee_msat }, unit) {
  return element('span', 'fee', fee_msat ? `fee ${plain(fee_msat, unit)}` : '');
}
