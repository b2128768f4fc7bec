// @ts-check
// What is known of the wallets and the other sources: answers and events joined to it, by what is newer. Pure.

import { isAfter } from './event-id.js';
import { parseTime } from './format.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Balance} Balance */
/** @typedef {import('./types.js').Source} Source */

/**
 * Whether a source's state was heard of after an answer was asked for: then the answer may be the older.
 *
 * @param {State} state
 * @param {string} name
 * @param {number} asked the turn in which the answer was asked for
 */
export function isOvertaken(state, name, asked) {
  return (state.sources[name]?.heard ?? 0) > asked;
}

/**
 * @param {State} state
 * @param {Balance[]} list
 * @param {number} asked
 * @returns {State}
 */
export function balances(state, list, asked) {
  const before = new Map(state.wallets.map((each) => [each.wallet, each]));
  const ids = { ...state.balanceIds };
  const wallets = list.map((fresh) => {
    const old = before.get(fresh.wallet);
    const id = fresh.last_event_id;
    // An answer that was under way while an event overtook it must not turn the number back.
    if (old && id && isAfter(ids[fresh.wallet], id) && sameEpoch(ids[fresh.wallet], id)) return old;
    if (id) ids[fresh.wallet] = id;
    if (!old || !isOvertaken(state, fresh.wallet, asked)) return fresh;
    return { ...fresh, state: old.state, stale: old.stale };
  });
  const served = new Set(list.map((each) => each.wallet));
  const sources = Object.fromEntries(Object.entries(state.sources).filter(([name]) => (
    // A wallet that had a balance and is no longer served has left the configuration.
    served.has(name) || (before.get(name)?.balance_msat ?? null) === null)));
  return { ...state, loaded: true, wallets, balanceIds: ids, sources };
}

/**
 * @param {string} a
 * @param {string} b
 */
export function sameEpoch(a, b) {
  return a.slice(0, a.lastIndexOf('-')) === b.slice(0, b.lastIndexOf('-'));
}

/**
 * The wallets that no balance is served for, because none was ever confirmed: they are known as sources only.
 * They are shown all the same, and why. And one of the wallets is chosen, if there is one.
 *
 * @param {State} state
 * @param {State} before
 * @returns {State}
 */
export function completed(state, before) {
  if (!state.loaded) return state;
  const order = Object.keys(state.sources);
  const known = state.wallets.filter(({ wallet, balance_msat: msat }) => (
    msat !== null || !state.status || order.includes(wallet)));
  const missing = Object.values(state.sources)
    .filter(({ source }) => source.kind === 'lnbits'
      && !known.some((each) => each.wallet === source.name))
    .map(({ source }) => unconfirmed(source));
  const isSame = missing.length === 0 && known.length === state.wallets.length;
  const wallets = isSame ? state.wallets : [...known, ...missing]
    .sort((a, b) => order.indexOf(a.wallet) - order.indexOf(b.wallet));
  const isThere = (/** @type {Balance} */ each) => each.wallet === state.chosen;
  // Before the first status nobody knows which wallets there are: the one that was asked for may still come.
  const mayCome = !state.status && state.chosen !== null && !before.wallets.some(isThere);
  const chosen = mayCome || wallets.some(isThere) ? state.chosen : (wallets[0]?.wallet ?? null);
  return isSame && chosen === state.chosen ? state : { ...state, wallets, chosen };
}

/**
 * @param {Source} source
 * @returns {Balance}
 */
function unconfirmed({ name, label, state }) {
  return {
    wallet: name, label: label ?? name, balance_msat: null, confirmed_at: null, state, stale: true,
  };
}

/**
 * @param {State} state
 * @param {import('./types.js').Status} full
 * @param {number} asked
 * @returns {State}
 */
export function status(state, full, asked) {
  /** @type {State['sources']} */
  const sources = {};
  for (const source of full.sources) {
    const known = state.sources[source.name];
    if (known && isOvertaken(state, source.name, asked)) {
      sources[source.name] = { ...known, source: { ...source, ...known.source } };
      continue;
    }
    const downSince = source.state === 'connected'
      ? null
      : (known?.downSince ?? parseTime(source.since));
    sources[source.name] = { source, downSince, heard: known?.heard ?? 0 };
  }
  return { ...state, status: full, sources };
}

/**
 * A change of state: what it does not mention is kept, except what belonged to the state before.
 *
 * @param {State} state
 * @param {Source} source
 * @param {number} at
 * @returns {State}
 */
export function withSource(state, source, at) {
  const known = state.sources[source.name];
  const changed = known?.source.state !== source.state;
  const merged = {
    ...known?.source,
    next_retry_at: null,
    ...(changed && known ? { since: new Date(at).toISOString() } : {}),
    ...source,
  };
  const downSince = source.state === 'connected' ? null : (known?.downSince ?? (known ? at : null));
  const wallets = state.wallets.map((wallet) => {
    if (wallet.wallet !== source.name) return wallet;
    // Only the bridge can say that a number is good again; that it is in doubt follows from the state.
    const stale = source.state === 'connected' && changed ? false : wallet.stale;
    return { ...wallet, state: source.state, stale: source.state !== 'connected' || stale };
  });
  const turn = state.turn + 1;
  const view = { source: merged, downSince, heard: turn };
  return { ...state, turn, wallets, sources: { ...state.sources, [source.name]: view } };
}
