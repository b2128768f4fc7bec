// @ts-check
// One stream for many pages. It is open while at least one of them can be seen.

import { Follower } from './follower.js';

/** @typedef {{postMessage(message: any): void}} Port */

/** A page that can be seen says so this often ... */
export const SIGN_OF_LIFE_MS = 20_000;
/** ... and after this long without a word is taken to have crashed. */
const FORGET_AFTER_MS = 90_000;

export class Switchboard {
  /** @type {Map<Port, {visible: boolean, heardAt: number}>} */
  #pages = new Map();
  #follower;
  #now;

  /**
   * @param {string} endpoint
   * @param {import('./follower.js').Machinery} [machinery]
   * @param {() => number} [now]
   */
  constructor(endpoint, machinery, now = Date.now) {
    this.#now = now;
    this.#follower = new Follower(endpoint, (message) => {
      for (const page of this.#pages.keys()) page.postMessage(message);
    }, machinery);
  }

  /**
   * @param {Port} page
   * @param {{type: 'here', visible: boolean}|{type: 'leave'}|{type: 'restart'}} message
   */
  receive(page, message) {
    switch (message.type) {
      case 'here': this.#heard(page, message.visible); break;
      case 'leave': this.#pages.delete(page); break;
      case 'restart': this.#follower.restart(); return;
    }
    this.#settle();
  }

  /** Lets go of pages that vanished without a word. */
  sweep() {
    const limit = this.#now() - FORGET_AFTER_MS;
    for (const [page, { visible, heardAt }] of this.#pages) {
      if (visible && heardAt < limit) this.#pages.delete(page);
    }
    this.#settle();
  }

  /**
   * @param {Port} page
   * @param {boolean} visible
   */
  #heard(page, visible) {
    const isNew = !this.#pages.has(page);
    this.#pages.set(page, { visible, heardAt: this.#now() });
    if (!isNew) return;
    const { link, lastId } = this.#follower;
    page.postMessage({ kind: 'link', link, lastId });
  }

  #settle() {
    const watched = [...this.#pages.values()].some((page) => page.visible);
    if (watched) this.#follower.start();
    else this.#follower.stop();
  }
}
