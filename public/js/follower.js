// @ts-check
// Follows the bridge's event stream (WHATWG HTML 9.2) and never loses its place: the browser's EventSource
// comes back by itself from a dropped connection, but gives up for good on any answer other than a stream,
// and a new EventSource cannot be told a Last-Event-ID. So the id is kept here and sent as `since`.

/** @typedef {import('./types.js').StreamMessage} StreamMessage */

const EVENT_NAMES = ['payment', 'balance', 'watch', 'status', 'snapshot', 'gap'];
const FIRST_REOPEN_MS = 2000;
const LONGEST_REOPEN_MS = 15_000;
/** A connection that has not reached its snapshot by then counts as lost; it may still arrive. */
const OPENING_MS = 6000;
const CLOSED = 2;

/**
 * @typedef {object} Machinery what a test replaces
 * @property {(url: string) => EventSource} open
 * @property {(work: () => void, ms: number) => any} schedule
 * @property {(timer: any) => void} cancel
 */

/** @type {Machinery} */
const BROWSER = {
  open: (url) => new EventSource(url),
  schedule: (work, ms) => setTimeout(work, ms),
  cancel: (timer) => clearTimeout(timer),
};

export class Follower {
  /** @type {string|null} the id of the last durable event, or of the snapshot */
  lastId = null;
  /** @type {import('./types.js').LinkState} */
  link = 'asleep';

  /** @type {EventSource|null} */
  #source = null;
  #replaying = true;
  #reopenMs = FIRST_REOPEN_MS;
  /** @type {any} */
  #timer = null;
  #endpoint;
  #report;
  #machinery;

  /**
   * @param {string} endpoint absolute
   * @param {(message: StreamMessage) => void} report
   * @param {Machinery} [machinery]
   */
  constructor(endpoint, report, machinery = BROWSER) {
    this.#endpoint = endpoint;
    this.#report = report;
    this.#machinery = machinery;
  }

  /** Opens the stream, after the last event if one is known. Does nothing while it is open. */
  start() {
    if (!this.#source && this.#timer === null) this.#open();
  }

  /** Closes the stream and keeps the place. */
  stop() {
    this.#close();
    this.#setLink('asleep');
  }

  /** Drops the connection, whatever it looks like, and opens another at the same place. */
  restart() {
    this.#close();
    this.#reopenMs = FIRST_REOPEN_MS;
    this.#open();
  }

  #open() {
    const url = new URL(this.#endpoint);
    if (this.lastId) url.searchParams.set('since', this.lastId);
    const source = this.#machinery.open(url.href);
    this.#source = source;
    this.#replaying = true;
    this.#setLink('opening');
    this.#expectSnapshot();
    source.addEventListener('open', () => {
      this.#replaying = true;
      this.#expectSnapshot();
    });
    source.addEventListener('error', () => this.#failed(source));
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (event) => this.#receive(name, event));
    }
  }

  /**
   * @param {string} name
   * @param {MessageEvent<string>} event
   */
  #receive(name, event) {
    const durable = name !== 'status' && name !== 'gap';
    const id = durable && event.lastEventId ? event.lastEventId : null;
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    if (id) this.lastId = id;
    this.#report({ kind: 'event', name, id, data, replayed: this.#replaying });
    if (name !== 'snapshot') return;
    // The snapshot is the seam: what comes after it is news.
    this.#replaying = false;
    this.#reopenMs = FIRST_REOPEN_MS;
    this.#cancelTimer();
    this.#setLink('open');
  }

  /** @param {EventSource} source */
  #failed(source) {
    if (source !== this.#source) return;
    this.#cancelTimer();
    this.#setLink('lost');
    // Otherwise the browser is already waiting to try again, as long as the bridge's `retry` asks.
    if (source.readyState !== CLOSED) return;
    this.#source = null;
    this.#timer = this.#machinery.schedule(() => {
      this.#timer = null;
      this.#open();
    }, this.#reopenMs);
    this.#reopenMs = Math.min(this.#reopenMs * 2, LONGEST_REOPEN_MS);
  }

  #expectSnapshot() {
    this.#cancelTimer();
    this.#timer = this.#machinery.schedule(() => {
      this.#timer = null;
      this.#setLink('lost');
    }, OPENING_MS);
  }

  #close() {
    this.#cancelTimer();
    this.#source?.close();
    this.#source = null;
  }

  #cancelTimer() {
    if (this.#timer !== null) this.#machinery.cancel(this.#timer);
    this.#timer = null;
  }

  /** @param {import('./types.js').LinkState} link */
  #setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.#report({ kind: 'link', link, lastId: this.lastId });
  }
}
