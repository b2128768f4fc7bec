// @ts-check
// What the page asks the bridge, and when. Answers become actions; what cannot be had becomes an action too.

import * as api from './api.js';
import { now } from './clock.js';
import { DAY_MS } from './day.js';
import { isAfter } from './event-id.js';
import { isFiltering, mints, shownList } from './store.js';

/** @typedef {import('./types.js').State} State */

const NEWEST_ROWS = 50;
const OLDER_ROWS = 200;
/** After an answer knows of an event, the stream has this long to bring it. */
const STREAM_LAG_MS = 3000;
/** A burst of payments is followed by one reading of what no event tells. */
const BURST_PAUSE_MS = 500;
/** Watches change while they are read; then they are read again, but not for ever. */
const MOST_READS = 3;

export class Reading {
  #state;
  #dispatch;
  #restartStream;
  /** Whether everything since the last full read has come through the stream. */
  #isContinuous = false;
  #isReadingOlder = false;
  #burstTimer = 0;

  /**
   * @param {() => State} state
   * @param {(action: import('./store.js').Action) => void} dispatch
   * @param {() => void} restartStream
   */
  constructor(state, dispatch, restartStream) {
    this.#state = state;
    this.#dispatch = dispatch;
    this.#restartStream = restartStream;
  }

  /** Everything that is shown, anew. */
  async all() {
    const succeeded = await this.#attempt(async () => {
      const asked = this.#state().turn;
      const [status, balances] = await Promise.all([api.status(), api.balances()]);
      this.#dispatch({ type: 'status', status, asked });
      this.#dispatch({ type: 'balances', balances, asked });
      await Promise.all([this.#newest(), this.#found()]);
    });
    if (succeeded) {
      this.history();
      this.watches();
    }
    return succeeded;
  }

  /** Reads what came before the stream stood, or was lost to it. */
  async catchUp() {
    this.#isContinuous = true;
    if (!await this.all()) this.#isContinuous = false;
  }

  /** The stream stands. */
  linked() {
    if (!this.#isContinuous || this.#state().unauthorised) this.catchUp();
  }

  status() {
    return this.#attempt(() => this.#status());
  }

  watches() {
    return this.#attempt(() => this.#watches());
  }

  /** The first page of the chosen wallet, where it has not been read, and of what is searched for. */
  chosen() {
    const { chosen, lists } = this.#state();
    if (chosen && !lists[chosen]?.read) this.#attempt(() => this.#newest());
    this.found();
    this.history();
  }

  found() {
    this.#attempt(() => this.#found());
  }

  /**
   * A list that has grown long begins again with its newest page.
   * @param {string} wallet
   */
  renew(wallet) {
    this.#attempt(async () => {
      const page = await api.payments({ wallet, limit: NEWEST_ROWS });
      this.#dispatch({ type: 'renew', wallet, page });
    });
  }

  async older() {
    const { chosen: wallet, filter } = this.#state();
    const before = shownList(this.#state())?.nextBefore;
    if (!wallet || !before || this.#isReadingOlder) return;
    this.#isReadingOlder = true;
    await this.#attempt(async () => {
      const page = await api.payments({ wallet, limit: OLDER_ROWS, before, ...filter });
      if (this.#state().filter !== filter || this.#state().chosen !== wallet) return;
      if (isFiltering(filter)) this.#dispatch({ type: 'found', page, older: true });
      else this.#dispatch({ type: 'payments', wallet, page, older: true });
    });
    this.#isReadingOlder = false;
  }

  /** The last day of the chosen wallet. */
  async history() {
    const wallet = this.#state().chosen;
    if (!wallet) return;
    try {
      const rows = await api.hours(wallet, now() - DAY_MS);
      this.#dispatch({ type: 'history', wallet, rows: Array.isArray(rows) ? rows : null });
    } catch {
      // The page does without: what matters is asked for elsewhere.
    }
  }

  /** What a payment changes and no event tells: the day's line, and how much is on its way out. */
  afterPayment() {
    clearTimeout(this.#burstTimer);
    this.#burstTimer = setTimeout(() => {
      this.history();
      this.#attempt(() => this.#balances());
    }, BURST_PAUSE_MS);
  }

  /**
   * Asks again for the balances: confirms the number, and finds out when the bridge or the stream is deaf.
   * A connection that died without a word (a tablet that left the Wi-Fi) shows no error of its own.
   */
  async confirm() {
    const succeeded = await this.#attempt(() => this.#balances());
    if (!succeeded) return this.#restartStream();
    const { wallets, sources, link, unauthorised } = this.#state();
    const disagrees = wallets.some((each) => sources[each.wallet]?.source.state !== each.state);
    // No event tells how a mint delivers, nor what it has said of a watch besides its state.
    if (disagrees || mints(this.#state()).length) this.#attempt(() => this.#status());
    this.watches();
    if (link.state !== 'open') return;
    const known = wallets.find((each) => each.last_event_id)?.last_event_id;
    if (!this.#isContinuous || unauthorised) this.catchUp();
    else if (this.#isBehind(known)) {
      const isStillBehind = () => this.#state().link.state === 'open' && this.#isBehind(known);
      setTimeout(() => isStillBehind() && this.#restartStream(), STREAM_LAG_MS);
    }
  }

  /** @param {string|undefined} known an event that the bridge has published */
  #isBehind(known) {
    const { heardId } = this.#state();
    return heardId !== null && isAfter(known, heardId);
  }

  async #balances() {
    const asked = this.#state().turn;
    this.#dispatch({ type: 'balances', balances: await api.balances(), asked });
  }

  async #status() {
    const asked = this.#state().turn;
    this.#dispatch({ type: 'status', status: await api.status(), asked });
  }

  async #newest() {
    const wallet = this.#state().chosen;
    if (!wallet) return;
    const page = await api.payments({ wallet, limit: NEWEST_ROWS });
    this.#dispatch({ type: 'payments', wallet, page, older: false });
  }

  async #found() {
    const { chosen: wallet, filter } = this.#state();
    if (!wallet || !isFiltering(filter)) return;
    const page = await api.payments({ wallet, limit: NEWEST_ROWS, ...filter });
    if (this.#state().filter !== filter || this.#state().chosen !== wallet) return;
    this.#dispatch({ type: 'found', page, older: false });
  }

  /** Only where there is a mint. An answer that a change has overtaken is asked for again. */
  async #watches() {
    if (mints(this.#state()).length === 0) return;
    for (let reads = 0; reads < MOST_READS; reads += 1) {
      const asked = this.#state().watchTurn;
      const { watches } = await api.watches();
      this.#dispatch({ type: 'watches', watches, asked });
      if (this.#state().watchTurn === asked) return;
    }
  }

  /**
   * Runs a request and notes what it says about the bridge: that it answers, or not.
   * @param {() => Promise<void>} request
   * @returns {Promise<boolean>} whether it succeeded
   */
  async #attempt(request) {
    try {
      await request();
      this.#dispatch({ type: 'answering', answering: true, at: now() });
      this.#dispatch({ type: 'unauthorised', unauthorised: false });
      return true;
    } catch (error) {
      if (!(error instanceof api.APIError)) throw error;
      this.#dispatch({ type: 'answering', answering: error.status !== 0, at: now() });
      if (error.status === 401) {
        this.#isContinuous = false;
        this.#dispatch({ type: 'unauthorised', unauthorised: true });
      }
      return false;
    }
  }
}
