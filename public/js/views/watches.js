// @ts-check
// What is followed at the mints: a row for each watch, with the states it has gone through.

import { byId, element, icon, setText } from '../dom.js';
import { ago, exact, parseTime } from '../format.js';
import { amountWords, expiryWords, kindWords, stateWords } from '../watch-words.js';
import { isOver } from '../watches.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').WatchView} WatchView */

/** @typedef {{item: HTMLElement, view: WatchView, unit: Unit}} Drawn */

const SHOWN_AT_FIRST = 10;
const HANDLE_SHOWN = 8;
const STEP = ' \u2192 ';

export class Watches {
  #list = byId('watches');
  #empty = byId('watches-empty');
  #more = byId('watches-more');
  #remove;
  #showsAll = false;
  /** @type {State|null} */
  #state = null;
  /** @type {Unit} */
  #unit = 'sat';
  #now = 0;
  /** @type {Map<string, Drawn>} */
  #drawn = new Map();

  /** @param {(handle: string) => void} remove */
  constructor(remove) {
    this.#remove = remove;
    this.#more.addEventListener('click', () => {
      this.#showsAll = true;
      if (this.#state) this.draw(this.#state, this.#unit, this.#now);
    });
  }

  /**
   * @param {State} state
   * @param {Unit} unit
   * @param {number} now
   */
  draw(state, unit, now) {
    this.#unit = unit;
    this.#now = now;
    const before = this.#state?.watches;
    this.#state = state;
    const all = state.watches;
    const shown = this.#showsAll ? all : all.slice(0, SHOWN_AT_FIRST);
    this.#empty.hidden = all.length > 0;
    this.#more.hidden = shown.length === all.length;
    setText(this.#more, `Show all ${all.length}`);
    this.#drop(new Set(shown.map(({ watch }) => watch.handle)));
    let place = this.#list.firstElementChild;
    for (const view of shown) {
      const known = this.#drawn.get(view.watch.handle);
      if (known && known.item === place) place = place.nextElementSibling;
      if (known && known.view === view && known.unit === unit) continue;
      const item = this.#row(view, state);
      // What was there at first is no news; a state that changed under one's eyes is.
      const isNews = known ? known.view.watch.state !== view.watch.state : before && before.length > 0;
      item.classList.toggle('fresh', Boolean(isNews));
      if (known) replace(known.item, item);
      else this.#list.insertBefore(item, place);
      this.#drawn.set(view.watch.handle, { item, view, unit });
    }
    this.tick(now);
  }

  /** @param {number} now */
  tick(now) {
    for (const { item, view } of this.#drawn.values()) {
      const at = parseTime(view.watch.observed_at);
      const parts = [at === null ? 'waiting for the mint' : ago(at, now), expiryWords(view.watch, now)];
      setText(/** @type {Element} */ (item.querySelector('.watch-time')), parts.filter(Boolean).join(' · '));
    }
  }

  /** @param {Set<string>} kept handles */
  #drop(kept) {
    for (const [handle, { item }] of this.#drawn) {
      if (kept.has(handle)) continue;
      const hadFocus = item.contains(document.activeElement);
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      this.#drawn.delete(handle);
      if (hadFocus) (next?.querySelector('button') ?? byId('watch-add')).focus();
    }
  }

  /**
   * @param {WatchView} view
   * @param {State} state
   */
  #row({ watch, steps }, state) {
    const item = element('li', `watch ${watch.state.toLowerCase()}`);
    item.classList.toggle('over', isOver(watch));
    item.dataset.handle = watch.handle;
    const source = state.sources[watch.mint]?.source;
    const short = watch.handle.slice(0, HANDLE_SHOWN);
    const remove = element('button', 'watch-remove', icon('close'),
      element('span', 'unseen', `Stop watching ${short}`));
    remove.setAttribute('type', 'button');
    remove.addEventListener('click', () => this.#remove(watch.handle));
    const handle = element('code', 'watch-handle', short);
    handle.title = watch.handle;
    const at = parseTime(watch.observed_at);
    const time = element('span', 'watch-time');
    if (at !== null) time.title = exact(at);
    item.append(
      element('span', 'watch-kind', kindWords(watch.kind),
        element('span', 'watch-mint', ` at ${source?.label ?? watch.mint}`)),
      element('strong', 'watch-amount', amountWords(watch, this.#unit)),
      element('span', 'watch-steps', ...stepWords(steps)),
      element('span', 'watch-foot', time, ' · ', handle), remove);
    return item;
  }
}

/** @param {string[]} steps the present state last */
function stepWords(steps) {
  const past = steps.slice(0, -1).map((step) => `${stateWords(step)}${STEP}`);
  return [...past, element('span', 'watch-state', stateWords(steps[steps.length - 1]))];
}

/**
 * @param {HTMLElement} old
 * @param {HTMLElement} item
 */
function replace(old, item) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(item);
  if (hadFocus) item.querySelector('button')?.focus({ preventScroll: true });
}
