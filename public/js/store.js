// @ts-check
// What is shown, as a value. Every change is an action through `reduce`: no DOM, no clock, no network, so
// that a whole afternoon at the till can be replayed in a unit test.

import { isAfter } from './event-id.js';
import { parseTime } from './format.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Payment} Payment */
/** @typedef {import('./types.js').Balance} Balance */
/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./types.js').List} List */
/** @typedef {import('./types.js').Row} Row */

/**
 * @typedef {(
 *   | {type: 'link', link: import('./types.js').LinkState, lastId: string|null, at: number}
 *   | {type: 'answering', answering: boolean, at: number}
 *   | {type: 'unauthorised', unauthorised: boolean, at: number}
 *   | {type: 'balances', balances: Balance[], asked: number}
 *   | {type: 'status', status: import('./types.js').Status, asked: number}
 *   | {type: 'source', source: Source, asked: number, at: number}
 *   | {type: 'payments', wallet: string, page: import('./types.js').PaymentPage, older: boolean}
 *   | {type: 'renew', wallet: string, page: import('./types.js').PaymentPage}
 *   | {type: 'found', page: import('./types.js').PaymentPage, older: boolean}
 *   | {type: 'filter', filter: import('./types.js').Filter}
 *   | {type: 'choose', wallet: string}
 *   | {type: 'event', name: string, id: string|null, data: any, at: number}
 * )} Action
 */

/** @type {Record<Payment['status'], number>} a later status never gives way to an earlier one */
const RANK = { pending: 0, failed: 1, settled: 2 };

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
    case 'unauthorised': return { ...state, unauthorised: action.unauthorised };
    case 'balances': return balances(state, action.balances, action.asked);
    case 'status': return status(state, action.status, action.asked);
    case 'source':
      return isOvertaken(state, action.source.name, action.asked)
        ? state : withSource(state, action.source, action.at);
    case 'payments': return payments(state, action);
    case 'renew':
      return { ...state, lists: { ...state.lists, [action.wallet]: listed(undefined, action.page, false) } };
    case 'found':
      return { ...state, found: listed(state.found ?? undefined, action.page, action.older) };
    case 'filter': return { ...state, filter: action.filter, found: null };
    case 'choose':
      return action.wallet === state.chosen ? state : { ...state, chosen: action.wallet, found: null };
    case 'event': return event(state, action);
  }
}

/** @param {import('./types.js').Filter} filter */
export function isFiltering(filter) {
  return filter.direction !== '' || filter.q !== '';
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
 * Whether a source's state was heard of after an answer was asked for: then the answer may be the older.
 *
 * @param {State} state
 * @param {string} name
 * @param {number} asked the turn in which the answer was asked for
 */
function isOvertaken(state, name, asked) {
  return (state.sources[name]?.heard ?? 0) > asked;
}

/**
 * @param {State} state
 * @param {Balance[]} list
 * @param {number} asked
 * @returns {State}
 */
function balances(state, list, asked) {
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
  const remains = wallets.some((each) => each.wallet === state.chosen);
  const chosen = remains ? state.chosen : (wallets[0]?.wallet ?? null);
  return { ...state, loaded: true, wallets, balanceIds: ids, chosen };
}

/**
 * @param {string} a
 * @param {string} b
 */
function sameEpoch(a, b) {
  return a.slice(0, a.lastIndexOf('-')) === b.slice(0, b.lastIndexOf('-'));
}

/**
 * @param {State} state
 * @param {import('./types.js').Status} full
 * @param {number} asked
 * @returns {State}
 */
function status(state, full, asked) {
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
function withSource(state, source, at) {
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
    case 'status': return withSource(heard, data, at);
    case 'snapshot': return snapshot(heard, data, at);
    default: return heard;
  }
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
 * @param {Payment} payment
 * @param {import('./types.js').Filter} filter
 */
function matches(payment, filter) {
  if (filter.direction && payment.direction !== filter.direction) return false;
  return (payment.memo ?? '').toLowerCase().includes(filter.q.toLowerCase());
}

/** @param {Payment} payment */
export function keyOf(payment) {
  return `${payment.wallet} ${payment.payment_id}`;
}

/**
 * @param {List} list
 * @param {Payment} payment
 * @returns {List}
 */
function withPayment(list, payment) {
  const key = keyOf(payment);
  const index = list.rows.findIndex((row) => row.key === key);
  if (index < 0) return { ...list, rows: [{ key, payment, arrived: true }, ...list.rows] };
  const row = list.rows[index];
  if (RANK[payment.status] < RANK[row.payment.status] || same(row.payment, payment)) return list;
  const rows = list.rows.slice();
  rows[index] = { ...row, payment };
  return { ...list, rows };
}

/**
 * @param {Payment} a
 * @param {Payment} b
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
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

/**
 * A page from REST joined to what is there. Older pages go beneath. The newest page is laid over the top:
 * rows it does not know came in while it was under way and stay above it, unless it does not reach down to
 * what is there, when it replaces everything rather than leave an unseen hole.
 *
 * @param {List|undefined} list
 * @param {import('./types.js').PaymentPage} page
 * @param {boolean} older
 * @returns {List}
 */
function listed(list, page, older) {
  const old = new Map((list?.rows ?? []).map((row) => [row.key, row]));
  const fresh = page.payments.map((payment) => {
    const row = old.get(keyOf(payment));
    if (!row) return { key: keyOf(payment), payment, arrived: false };
    const outdated = RANK[payment.status] < RANK[row.payment.status] || same(row.payment, payment);
    return outdated ? row : { ...row, payment };
  });
  if (!list) return { rows: fresh, nextBefore: page.next_before, read: true };
  const inPage = new Set(fresh.map((row) => row.key));
  const others = list.rows.filter((row) => !inPage.has(row.key));
  if (older) return { rows: [...others, ...fresh], nextBefore: page.next_before, read: true };
  if (!list.read) return { rows: [...others, ...fresh], nextBefore: page.next_before, read: true };
  const first = list.rows.findIndex((row) => inPage.has(row.key));
  if (first < 0) {
    const newest = page.payments[0]?.observed_at ?? '';
    const above = list.rows.filter((row) => row.arrived && row.payment.observed_at >= newest
      && !inPage.has(row.key));
    return { rows: [...above, ...fresh], nextBefore: page.next_before, read: true };
  }
  const above = list.rows.slice(0, first);
  const below = list.rows.slice(first).filter((row) => !inPage.has(row.key));
  return { rows: [...above, ...fresh, ...below], nextBefore: list.nextBefore, read: true };
}
