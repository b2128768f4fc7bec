// @ts-check
// The two switches in the masthead: sound, and system notification.

import { byId, setAttribute, setIcon } from '../dom.js';

/** @typedef {import('../alerts.js').Alerts} Alerts */
/** @typedef {import('../alerts.js').Kind} Kind */

const WORDS = {
  sound: { on: 'Sound is on', off: 'Sound is off', muted: 'Sound is on; touch the page once to hear it' },
  notification: { on: 'Notifications are on', off: 'Notifications are off', muted: '' },
};

export class AlertChoice {
  #alerts;

  /**
   * @param {Alerts} alerts
   * @param {(words: string) => void} refused called with the reason when one cannot be switched on
   */
  constructor(alerts, refused) {
    this.#alerts = alerts;
    for (const kind of /** @type {Kind[]} */ (['sound', 'notification'])) {
      byId(`${kind}-switch`).addEventListener('click', async () => {
        const reason = await alerts.toggle(kind);
        if (reason) refused(reason);
        this.draw();
      });
    }
    this.draw();
  }

  draw() {
    for (const kind of /** @type {Kind[]} */ (['sound', 'notification'])) {
      const button = byId(`${kind}-switch`);
      const isOn = this.#alerts.isOn(kind);
      const state = !isOn ? 'off' : kind === 'sound' && this.#alerts.isMuted ? 'muted' : 'on';
      setAttribute(button, 'aria-pressed', String(isOn));
      setAttribute(button, 'data-state', state);
      setAttribute(button, 'title', WORDS[kind][state]);
      setIcon(button, `${kind}-${isOn ? 'on' : 'off'}`);
    }
  }
}
