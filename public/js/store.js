// @ts-check
// What is shown, as a value. Every change is an action through `reduce`: no DOM, no clock, no network, so
// that a whole afternoon at the till can be replayed in a unit test.

import { isAfter } from './event-id.js';
import { listed, matches, withPayment } from './lists.js';
import { balances, completed, isOvertaken, sameEpoch, status, withSource } from './sources.js';
import { withList, withWatch, without } from './watches.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Payment} Payment */
/** @typedef {import('./types.js').Balance} Balance */
/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').List} List */

/**
 * @typedef {(
 *   | {type: 'link', link: import('./types.js').LinkState, lastId: string|null, at: number}
 *   | {type: 'answering', answering: boolean, at: number}
 *   | {type: 'unauthorised', unauthorised: boolean}
 *   | {type: 'balances', balances: Balance[], asked: number}
 *   | {type: 'status', status: import('./types.js').Status, asked: number}
 *   | {type: 'source', source: Source, asked: number, at: number}
 *   | {type: 'payments', wallet: string, page: import('./types.js').PaymentPage, older: boolean}
 *   | {type: 'renew', wallet: string, page: import('./types.js').PaymentPage}
 *   | {type: 'found', page: import('./types.js').PaymentPage, older: boolean}
 *   | {type: 'filter', filter: import('./types.js').Filter}
 *   | {type: 'choose', wallet: string}
 *   | {type: 'history', wallet: string, rows: import('./types.js').HistoryRow[]|null}
 *   | {type: 'watches', watches: import('./types.js').Watch[], asked: number}
 *   | {type: 'watched', watch: import('./types.js').Watch}
 *   | {type: 'unwatched', handle: string}
 *   | {type: 'event', name: string, id: string|null, data: any, at: number}
 * )} Action
 */

/** A list that nobody has looked at keeps no more than its first page would show. */
const MOST_UNREAD = 50;

/** @returns {State} */
export function initialState() {
  return {
    link: { state: 'opening', since: 0 },
    answering: true,
    unauthorised: false,
    loaded: false,
    wallets: [],
    balanceIds: {},
    sources: {},
    chosen: null,
    lists: {},
    filter: { direction: '', q: '' },
    found: null,
    heardId: null,
    turn: 0,
    watches: [],
    watchTurn: 0,
    history: null,
    status: null,
  };
}

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case 'link': return linked(state, action);
    case 'answering': return answered(state, action);
    case 'unauthorised': return unauthorised(state, action.unauthorised);
    case 'balances': return completed(balances(state, action.balances, action.asked), state);
    case 'status': return completed(status(state, action.status, action.asked), state);
    case 'source':
      return isOvertaken(state, action.source.name, action.asked)
        ? state : completed(withSource(state, action.source, action.at), state);
    case 'payments': return payments(state, action);
    case 'renew':
      return { ...state, lists: { ...state.lists, [action.wallet]: listed(undefined, action.page, false) } };
    case 'found':
      return { ...state, found: listed(state.found ?? undefined, action.page, action.older) };
    case 'filter': return { ...state, filter: action.filter, found: null };
    case 'choose':
      return action.wallet === state.chosen ? state : { ...state, chosen: action.wallet, found: null };
    case 'history':
      return { ...state, history: action.rows && { wallet: action.wallet, rows: action.rows } };
    case 'watches':
      return action.asked === state.watchTurn
        ? { ...state, watches: withList(state.watches, action.watches) } : state;
    case 'watched': return watching(state, withWatch(state.watches, action.watch));
    case 'unwatched': return watching(state, without(state.watches, action.handle));
    case 'event': return completed(event(state, action), state);
  }
}

/**
 * Signed out: what was shown is forgotten, the place in the stream and what was chosen are not.
 *
 * @param {State} state
 * @param {boolean} refused
 * @returns {State}
 */
function unauthorised(state, refused) {
  if (refused === state.unauthorised) return state;
  if (!refused) return { ...state, unauthorised: false };
  const { link, answering, chosen, filter, heardId, turn, watchTurn } = state;
  return {
    ...initialState(), link, answering, chosen, filter, heardId, turn, watchTurn, unauthorised: true,
  };
}

/** @param {import('./types.js').Filter} filter */
export function isFiltering(filter) {
  return filter.direction !== '' || filter.q !== '';
}

/**
 * The mints among the sources, in the order of the configuration.
 * @param {State} state
 * @returns {Source[]}
 */
export function mints(state) {
  return Object.values(state.sources).map((view) => view.source).filter(({ kind }) => kind === 'cashu');
}

/**
 * The source that the page is about: the chosen wallet, or where there is none, the first mint.
 * @param {State} state
 * @returns {string|null}
 */
export function mainSource(state) {
  return state.chosen ?? mints(state)[0]?.name ?? null;
}

/**
 * The list on the screen, or null while it has not been read.
 * @param {State} state
 * @returns {List|null}
 */
export function shownList(state) {
  if (isFiltering(state.filter)) return state.found;
  const list = state.chosen ? state.lists[state.chosen] : undefined;
  return list?.read ? list : null;
}

/**
 * @param {State} state
 * @param {{link: import('./types.js').LinkState, lastId: string|null, at: number}} action
 */
function linked(state, { link, lastId, at }) {
  const heardId = state.heardId ?? lastId;
  // An attempt after a loss is still the same loss: "since" stays when it began.
  const next = link === 'opening' && state.link.state === 'lost' ? 'lost' : link;
  if (next === state.link.state) return { ...state, heardId };
  const since = next === 'lost' && !state.answering ? state.link.since : at;
  const answering = next === 'open' ? true : state.answering;
  return { ...state, heardId, answering, link: { state: next, since } };
}

/**
 * @param {State} state
 * @param {{answering: boolean, at: number}} action
 */
function answered(state, { answering, at }) {
  if (answering === state.answering) return state;
  const since = answering || state.link.state === 'lost' ? state.link.since : at;
  return { ...state, answering, link: { ...state.link, since } };
}

/**
 * @param {State} state
 * @param {{name: string, id: string|null, data: any, at: number}} event
 * @returns {State}
 */
function event(state, { name, id, data, at }) {
  const heard = id && isAfter(id, state.heardId) ? { ...state, heardId: id } : state;
  switch (name) {
    case 'payment': return paid(heard, data);
    case 'balance': return changed(heard, data, id);
    case 'watch': return watching(heard, withWatch(heard.watches, data));
    case 'status': return withSource(heard, data, at);
    case 'snapshot': return snapshot(heard, data, at);
    default: return heard;
  }
}

/**
 * @param {State} state
 * @param {import('./types.js').WatchView[]} watches
 * @returns {State}
 */
function watching(state, watches) {
  return { ...state, watches, watchTurn: state.watchTurn + 1 };
}

/**
 * @param {State} state
 * @param {import('./types.js').Snapshot} data
 * @param {number} at
 * @returns {State}
 */
function snapshot(state, data, at) {
  let next = balances(state, data.balances, state.turn);
  for (const source of data.sources) {
    const known = next.sources[source.name]?.source;
    if (known?.state === source.state && known.reason === source.reason) continue;
    next = withSource(next, source, at);
  }
  // Its balances also say which of the numbers are in doubt, which `withSource` can only guess.
  return balances(next, data.balances, next.turn);
}

/**
 * @param {State} state
 * @param {import('./types.js').BalanceChange} change
 * @param {string|null} id
 * @returns {State}
 */
function changed(state, change, id) {
  const known = state.balanceIds[change.wallet];
  if (id && known && sameEpoch(id, known) && !isAfter(id, known)) return state;
  const wallets = state.wallets.map((wallet) => (wallet.wallet === change.wallet
    ? {
      ...wallet,
      balance_msat: change.balance_msat,
      confirmed_at: change.confirmed_at,
      changed_at: change.confirmed_at,
    }
    : wallet));
  const balanceIds = id ? { ...state.balanceIds, [change.wallet]: id } : state.balanceIds;
  return { ...state, wallets, balanceIds };
}

/**
 * @param {State} state
 * @param {Payment} payment
 * @returns {State}
 */
function paid(state, payment) {
  // A list that has not been read yet keeps what arrives before its first page does.
  const list = state.lists[payment.wallet] ?? { rows: [], nextBefore: null, read: false };
  const changed = withPayment(list, payment);
  if (!changed.read) changed.rows.splice(MOST_UNREAD);
  const next = changed === list
    ? state : { ...state, lists: { ...state.lists, [payment.wallet]: changed } };
  if (!next.found || payment.wallet !== next.chosen || !matches(payment, next.filter)) return next;
  return { ...next, found: withPayment(next.found, payment) };
}

/**
 * @param {State} state
 * @param {{wallet: string, page: import('./types.js').PaymentPage, older: boolean}} action
 * @returns {State}
 */
function payments(state, { wallet, page, older }) {
  const list = listed(state.lists[wallet], page, older);
  return { ...state, lists: { ...state.lists, [wallet]: list } };
}
