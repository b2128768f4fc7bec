// @ts-check
// Sound and system notification for money that comes in, each only where somebody has switched it on. What is
// on is remembered in this browser, for all its tabs.

import { Chime } from './chime.js';
import { oneLine, plain, sign } from './format.js';
import { keyOf } from './lists.js';
import { recall, remember } from './settings.js';

/** @typedef {import('./types.js').Payment} Payment */
/** @typedef {'sound'|'notification'} Kind */

/** A tab in the background leaves the first word to one that is seen. */
const BACKGROUND_PAUSE_MS = 200;
/** How long a payment counts as told. */
const TOLD_MS = 5000;

export class Alerts {
  #chime = new Chime();
  #changed;

  /** @param {() => void} changed called when something was switched on or off, or can be heard now */
  constructor(changed) {
    this.#changed = changed;
    addEventListener('storage', ({ key }) => {
      if (key === null || key.startsWith('walletwire.')) this.#prepare();
    });
    for (const touch of ['pointerdown', 'keydown']) {
      addEventListener(touch, () => this.isOn('sound') && !this.#chime.isAudible && this.#prepare());
    }
    this.#prepare();
  }

  /** @param {Kind} kind */
  isOn(kind) {
    if (recall(kind) !== 'on') return false;
    return kind === 'sound' || ('Notification' in window && Notification.permission === 'granted');
  }

  /** Whether somebody wants to be told even while the page is hidden. */
  get areWanted() {
    return this.isOn('sound') || this.isOn('notification');
  }

  /** Whether the sound is on, and the browser waits for a touch before it lets it be heard. */
  get isMuted() {
    return this.isOn('sound') && !this.#chime.isAudible;
  }

  /**
   * Switches one on or off, and gives a first example of what is switched on.
   * @param {Kind} kind
   * @returns {Promise<string>} why it could not be switched on; empty when all is well
   */
  async toggle(kind) {
    const wanted = !this.isOn(kind);
    if (wanted && kind === 'notification') {
      if (!('Notification' in window)) return 'This browser shows no notifications to this page.';
      if (await Notification.requestPermission() !== 'granted') {
        return 'This browser does not let the page show notifications. Its site settings change that.';
      }
    }
    remember(kind, wanted ? 'on' : 'off');
    await this.#prepare();
    if (wanted && kind === 'sound') this.#chime.ring();
    return '';
  }

  /**
   * @param {Payment} payment
   * @param {import('./types.js').Unit} unit
   * @param {string} wallet its label; empty where there is only one
   */
  async received(payment, unit, wallet) {
    if (!this.areWanted) return;
    const isSeen = !document.hidden && document.hasFocus();
    if (!isSeen) await new Promise((done) => setTimeout(done, BACKGROUND_PAUSE_MS));
    await once(keyOf(payment), () => {
      if (this.isOn('sound')) this.#chime.ring();
      if (!isSeen && this.isOn('notification')) notify(payment, unit, wallet);
    });
  }

  async #prepare() {
    if (this.isOn('sound')) await this.#chime.prepare();
    this.#changed();
  }
}

/**
 * Does it in one of the tabs of this browser: the others find the lock taken. Pages that came over plain HTTP
 * from another machine have no locks, and each does it.
 *
 * @param {string} key
 * @param {() => void} work
 */
async function once(key, work) {
  if (!navigator.locks) return work();
  await navigator.locks.request(`walletwire ${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    work();
    await new Promise((done) => setTimeout(done, TOLD_MS));
  });
}

/**
 * @param {Payment} payment
 * @param {import('./types.js').Unit} unit
 * @param {string} wallet
 */
function notify(payment, unit, wallet) {
  const title = `${sign(payment.direction)}${plain(payment.amount_msat, unit)} ${unit}`;
  const words = oneLine(payment.memo || payment.comment || '');
  const body = [words, wallet].filter(Boolean).join(' · ');
  const icon = new URL('../icon.svg', import.meta.url).href;
  try {
    new Notification(title, { body, icon, tag: keyOf(payment) });
  } catch {
    // Some phones show notifications of installed applications only.
  }
}
