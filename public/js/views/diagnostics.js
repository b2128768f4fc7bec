// @ts-check
// The fold-out: every figure of /api/v1/status, the buttons that act on a source, and a copy as text.

import { now as bridgeTime } from '../clock.js';
import { byId, element, setAttribute, setText } from '../dom.js';
import { asText, figures } from '../figures.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Source} Source */
/** @typedef {'reconnect'|'pause'|'resume'} Action */

const ACTIONS = /** @type {const} */ ({ reconnect: 'Reconnect', pause: 'Pause', resume: 'Resume' });
const COPIED_MS = 2000;

export class Diagnostics {
  #details = /** @type {HTMLDetailsElement} */ (byId('diagnostics'));
  #body = byId('diagnostics-body');
  #act;
  /** @type {State|null} */
  #state = null;
  /** @type {Map<string, HTMLElement>} the figure's own element, by block and key */
  #figures = new Map();
  #built = '';
  #now = 0;

  /**
   * @param {() => void} opened called when the figures are wanted
   * @param {(action: Action, source: string) => void} act
   */
  constructor(opened, act) {
    this.#act = act;
    this.#details.addEventListener('toggle', () => this.isOpen && opened());
  }

  get isOpen() {
    return this.#details.open;
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  draw(state, now) {
    this.#state = state;
    this.#now = now;
    if (!this.isOpen || !state.status) return;
    const blocks = this.#blocks();
    const shape = JSON.stringify(blocks.map(({ name, rows }) => [name, rows.map((row) => row.key)]));
    if (shape !== this.#built) this.#build(blocks);
    this.#built = shape;
    this.tick(now);
  }

  /** @param {number} now */
  tick(now) {
    this.#now = now;
    if (!this.isOpen || !this.#state?.status) return;
    for (const { name, rows, source } of this.#blocks()) {
      for (const row of rows) {
        const figure = this.#figures.get(`${name} ${row.key}`);
        if (!figure) continue;
        setText(figure, row.value);
        setAttribute(figure, 'title', row.exact || null);
      }
      if (!source) continue;
      const isResting = source.state === 'disconnected';
      for (const action of /** @type {Action[]} */ (['pause', 'resume'])) {
        const button = this.#figures.get(`${name} ${action}`);
        if (button) button.hidden = (action === 'pause') === isResting;
      }
    }
  }

  #blocks() {
    const state = /** @type {State} */ (this.#state);
    const status = /** @type {import('../types.js').Status} */ (state.status);
    const { sources, ...bridge } = status;
    return [
      { name: '', rows: figures(bridge, this.#now), source: null },
      ...sources.map((source) => ({
        name: source.name,
        // What an event has said since is newer than the last full status.
        rows: figures({ ...source, ...state.sources[source.name]?.source }, this.#now, ['name']),
        source: state.sources[source.name]?.source ?? source,
      })),
    ];
  }

  /** @param {{name: string, rows: {key: string, label: string}[], source: Source|null}[]} blocks */
  #build(blocks) {
    this.#figures.clear();
    this.#body.replaceChildren(
      ...blocks.map(({ name, rows, source }) => {
        const list = element('dl', 'figures', ...rows.map(({ key, label }) => {
          const figure = element('dd');
          this.#figures.set(`${name} ${key}`, figure);
          return element('div', '', element('dt', '', label), figure);
        }));
        const title = element('h2', '', name || 'Bridge');
        return element('section', 'figure-block', title, ...(source ? [this.#buttons(name)] : []), list);
      }),
      this.#copyButton(),
    );
  }

  /** @param {string} name */
  #buttons(name) {
    const buttons = Object.entries(ACTIONS).map(([action, label]) => {
      const button = element('button', 'button small', label, element('span', 'unseen', ` ${name}`));
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => this.#act(/** @type {Action} */ (action), name));
      this.#figures.set(`${name} ${action}`, button);
      return button;
    });
    return element('p', 'figure-buttons', ...buttons);
  }

  #copyButton() {
    const button = element('button', 'button', 'Copy as text');
    button.setAttribute('type', 'button');
    button.id = 'copy-diagnostics';
    button.addEventListener('click', async () => {
      const state = this.#state;
      if (!state?.status) return;
      const text = asText(state.status, pageFigures(state), this.#now);
      setText(button, await copy(text) ? 'Copied' : 'Copying failed');
      setTimeout(() => setText(button, 'Copy as text'), COPIED_MS);
    });
    return element('p', 'figure-copy', button,
      element('span', 'quiet', 'For a bug report. It holds no keys.'));
  }
}

/**
 * What the page knows of itself: how it stands with the bridge, and where it runs. No memo, no amount.
 * @param {State} state
 */
function pageFigures(state) {
  return {
    stream: state.link.state,
    stream_since: state.link.since ? new Date(state.link.since).toISOString() : null,
    answering: state.answering,
    last_event_heard: state.heardId,
    watches: state.watches.length,
    clock_differs_ms: Math.round(bridgeTime() - Date.now()),
    window: `${innerWidth}x${innerHeight} at ${devicePixelRatio}`,
    address: location.protocol + (isSecureContext ? ' (secure)' : ' (not secure: no clipboard, no notifications)'),
    browser: navigator.userAgent,
  };
}

/**
 * The clipboard is closed to pages that came over plain HTTP from another machine; the old way still works.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'unseen';
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}
