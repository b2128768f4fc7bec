// @ts-check
// The page's end of the event stream: through the SharedWorker where there is one, else by itself. It follows
// the page's visibility: a hidden page needs no stream unless somebody wants to be told of payments meanwhile,
// and one shown again resumes by id.

import { SIGN_OF_LIFE_MS, Switchboard } from './switchboard.js';

/** @typedef {import('./types.js').StreamMessage} StreamMessage */

export class Stream {
  /** @type {(message: any) => void} */
  #send;
  #report;
  /** Whether somebody wants to be told of payments while the page is hidden. */
  #isKept = false;

  /** @param {(message: StreamMessage) => void} report */
  constructor(report) {
    this.#report = report;
    this.#send = this.#throughWorker() ?? this.#alone();
    this.#announce();
    setInterval(() => this.#announce(), SIGN_OF_LIFE_MS);
    document.addEventListener('visibilitychange', () => this.#announce());
    // A page in the back/forward cache is frozen: it leaves, and is a new one when it comes back.
    window.addEventListener('pagehide', () => this.#send({ type: 'leave' }));
    window.addEventListener('pageshow', (event) => event.persisted && this.#announce());
  }

  /** Drops the connection and opens another at the same place. */
  restart() {
    this.#send({ type: 'restart' });
  }

  /**
   * Keeps the stream while the page is hidden, or no longer.
   * @param {boolean} isKept
   */
  keep(isKept) {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    this.#announce();
  }

  #announce() {
    this.#send({ type: 'here', visible: !document.hidden || this.#isKept });
  }

  /** @returns {((message: any) => void)|null} */
  #throughWorker() {
    if (!('SharedWorker' in window)) return null;
    try {
      const script = new URL('./stream-worker.js', import.meta.url);
      const worker = new SharedWorker(script, { type: 'module', name: 'walletwire' });
      worker.port.onmessage = ({ data }) => this.#report(data);
      // An old browser knows SharedWorker but no modules in it.
      worker.onerror = () => {
        this.#send = this.#alone();
        this.#announce();
      };
      return (message) => worker.port.postMessage(message);
    } catch {
      return null;
    }
  }

  #alone() {
    const switchboard = new Switchboard(new URL('../api/v1/events', import.meta.url).href);
    const port = { postMessage: this.#report };
    return (/** @type {any} */ message) => switchboard.receive(port, message);
  }
}
