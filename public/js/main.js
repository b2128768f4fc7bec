// @ts-check
// Puts the page together: the stream and REST feed the store, the store is drawn.

import * as api from './api.js';
import { now } from './clock.js';
import { DAY_MS } from './day.js';
import { isAfter } from './event-id.js';
import { UNITS, parseTime } from './format.js';
import { recall, remember } from './settings.js';
import { initialState, isFiltering, keyOf, reduce, shownList } from './store.js';
import { Stream } from './stream.js';
import { Activity } from './views/activity.js';
import { BalanceView, UnitChoice } from './views/balance.js';
import { Banner } from './views/banner.js';
import { Counter } from './views/counter.js';
import { Day } from './views/day.js';
import { Diagnostics } from './views/diagnostics.js';
import { TabIcon } from './views/tab-icon.js';
import { Tabs } from './views/tabs.js';
import { Toasts } from './views/toast.js';

/** @typedef {import('./types.js').Unit} Unit */
/** @typedef {import('./types.js').Payment} Payment */

const PAGE_ROWS = 50;
/** Beyond this the list begins again with its newest page: a wall display runs for months. */
const MOST_ROWS = 1000;
/** How often the balances are asked for. No event says that an unchanged number was confirmed again. */
const CONFIRM_MS = 15_000;
const STATUS_MS = 2000;
const HISTORY_MS = 5 * 60_000;
/** After an answer knows of an event, the stream has this long to bring it. */
const STREAM_LAG_MS = 3000;
const SEARCH_PAUSE_MS = 250;
/** A payment replayed from the past is news only if it is this fresh. */
const NEWS_MS = 60_000;
const REMEMBERED_TOASTS = 200;

let state = initialState();
/** @type {Unit} */
let unit = UNITS.find((each) => each === recall('unit')) ?? 'sat';
/** @type {{wallet: string, rows: import('./types.js').HistoryRow[]}|null} */
let history = null;
/** Whether everything since the last full read has come through the stream. */
let isContinuous = false;
let isReadingOlder = false;
/** @type {Set<string>} */
const toasted = new Set();

const tabs = new Tabs(choose);
const balance = new BalanceView();
const banner = new Banner(remedy);
const activity = new Activity(readOlder);
const day = new Day();
const diagnostics = new Diagnostics(() => attempt(readStatus), act);
const tabIcon = new TabIcon();
const toasts = new Toasts();
const parameters = new URLSearchParams(location.search);
const counter = parameters.get('display') === 'counter' ? new Counter(scheduleDraw) : null;
new UnitChoice(unit, (chosen) => {
  unit = chosen;
  remember('unit', chosen);
  draw();
});

// State in, drawing out.

/** @param {import('./store.js').Action} action */
function dispatch(action) {
  const before = state;
  state = reduce(state, action);
  if (state === before) return;
  if (before.loaded && state.chosen !== before.chosen) chosenChanged();
  scheduleDraw();
}

let isDrawScheduled = false;

/** Drawn once for all that happens together; a hidden page, which gets no frames, still keeps its title. */
function scheduleDraw() {
  if (isDrawScheduled) return;
  isDrawScheduled = true;
  const work = () => {
    isDrawScheduled = false;
    draw();
  };
  if (document.hidden) setTimeout(work);
  else requestAnimationFrame(work);
}

function draw() {
  const moment = now();
  const wallet = state.wallets.find((each) => each.wallet === state.chosen);
  tabs.draw(state, unit);
  balance.draw(state, unit);
  banner.draw(state, moment);
  activity.draw(state, unit, moment);
  const rows = history?.wallet === state.chosen ? history.rows : null;
  day.draw(rows, wallet?.balance_msat ?? null, unit, moment);
  diagnostics.draw(state, moment);
  counter?.draw(state, unit);
  tabIcon.draw(state, unit);
  tick();
}

function tick() {
  const moment = now();
  balance.tick(moment);
  banner.tick(moment);
  activity.tick(moment);
  diagnostics.tick(moment);
}

// Reading from the bridge.

/**
 * Runs a request and notes what it says about the bridge: that it answers, or not.
 * @param {() => Promise<void>} request
 * @returns {Promise<boolean>} whether it succeeded
 */
async function attempt(request) {
  try {
    await request();
    dispatch({ type: 'answering', answering: true, at: now() });
    dispatch({ type: 'unauthorised', unauthorised: false, at: now() });
    return true;
  } catch (error) {
    if (!(error instanceof api.APIError)) throw error;
    dispatch({ type: 'answering', answering: error.status !== 0, at: now() });
    if (error.status === 401) dispatch({ type: 'unauthorised', unauthorised: true, at: now() });
    return false;
  }
}

async function readBalances() {
  const asked = state.turn;
  dispatch({ type: 'balances', balances: await api.balances(), asked });
}

async function readStatus() {
  const asked = state.turn;
  dispatch({ type: 'status', status: await api.status(), asked });
}

async function readPayments() {
  const wallet = state.chosen;
  if (!wallet) return;
  const page = await api.payments({ wallet, limit: PAGE_ROWS });
  dispatch({ type: 'payments', wallet, page, older: false });
}

async function readFound() {
  const { chosen: wallet, filter } = state;
  if (!wallet || !isFiltering(filter)) return;
  const page = await api.payments({ wallet, limit: PAGE_ROWS, ...filter });
  if (state.filter !== filter || state.chosen !== wallet) return;
  dispatch({ type: 'found', page, older: false });
}

async function readHistory() {
  const wallet = state.chosen;
  if (!wallet) return;
  try {
    const rows = await api.hours(wallet, now() - DAY_MS);
    history = Array.isArray(rows) ? { wallet, rows } : null;
    scheduleDraw();
  } catch {
    // The page does without: what matters is asked for elsewhere.
  }
}

/** Everything that is shown, anew. */
async function readAll() {
  const succeeded = await attempt(async () => {
    await Promise.all([readBalances(), readStatus()]);
    await Promise.all([readPayments(), readFound()]);
  });
  if (succeeded) readHistory();
  return succeeded;
}

async function readOlder() {
  const { chosen: wallet, filter } = state;
  const before = shownList(state)?.nextBefore;
  if (!wallet || !before || isReadingOlder) return;
  isReadingOlder = true;
  await attempt(async () => {
    if (isFiltering(filter)) {
      const page = await api.payments({ wallet, limit: PAGE_ROWS, before, ...filter });
      if (state.filter === filter) dispatch({ type: 'found', page, older: true });
    } else {
      const page = await api.payments({ wallet, limit: PAGE_ROWS, before });
      dispatch({ type: 'payments', wallet, page, older: true });
    }
  });
  isReadingOlder = false;
}

/**
 * Asks again for the balances: confirms the number, and finds out when the bridge or the stream is deaf.
 * A connection that died without a word (a tablet that left the Wi-Fi) shows no error of its own.
 */
async function confirm() {
  if (document.hidden) return;
  const succeeded = await attempt(readBalances);
  const known = state.wallets[0]?.last_event_id;
  const disagrees = state.wallets.some((each) => state.sources[each.wallet]?.source.state !== each.state);
  if (succeeded && disagrees) attempt(readStatus);
  if (!succeeded) stream.restart();
  else if (!isContinuous && state.link.state === 'open') catchUp();
  else if (state.link.state === 'open' && isBehind(known)) {
    setTimeout(() => state.link.state === 'open' && isBehind(known) && stream.restart(), STREAM_LAG_MS);
  }
}

/** @param {string|undefined} known an event that the bridge has published */
function isBehind(known) {
  return state.heardId !== null && isAfter(known, state.heardId);
}

/** Reads what came before the stream stood, or was lost to it. */
async function catchUp() {
  isContinuous = true;
  if (!await readAll()) isContinuous = false;
}

// Hearing from the bridge.

/** @param {import('./types.js').StreamMessage} message */
function received(message) {
  if (message.kind === 'link') {
    dispatch({ type: 'link', link: message.link, lastId: message.lastId, at: now() });
    if (message.link === 'open' && !isContinuous) catchUp();
    return;
  }
  const { name, id, data, replayed } = message;
  dispatch({ type: 'event', name, id, data, at: now() });
  if (name === 'payment') paid(data, replayed);
  if (name === 'gap') catchUp();
}

/**
 * @param {Payment} payment
 * @param {boolean} replayed
 */
function paid(payment, replayed) {
  scheduleHistory();
  const list = state.lists[payment.wallet];
  if (list && list.rows.length > MOST_ROWS && !activity.isBeingRead) attempt(() => readNewestOnly(payment.wallet));
  const age = now() - (parseTime(payment.observed_at) ?? 0);
  const isNews = payment.direction === 'incoming' && payment.status === 'settled'
    && !(replayed && age > NEWS_MS);
  const key = keyOf(payment);
  if (!isNews || toasted.has(key) || document.hidden) return;
  toasted.add(key);
  // Sets keep their order: the first is the oldest.
  if (toasted.size > REMEMBERED_TOASTS) toasted.delete([...toasted][0]);
  if (counter) {
    if (payment.wallet === state.chosen) counter.received(payment);
    return;
  }
  const wallet = state.wallets.find((each) => each.wallet === payment.wallet);
  toasts.received(payment, unit, state.wallets.length > 1 ? (wallet?.label ?? payment.wallet) : '');
}

/** @param {string} wallet */
async function readNewestOnly(wallet) {
  const page = await api.payments({ wallet, limit: PAGE_ROWS });
  dispatch({ type: 'renew', wallet, page });
}

let historyTimer = 0;

function scheduleHistory() {
  clearTimeout(historyTimer);
  historyTimer = setTimeout(readHistory, 1500);
}

// What people do.

/** @param {string} wallet */
function choose(wallet) {
  remember('wallet', wallet);
  dispatch({ type: 'choose', wallet });
}

function chosenChanged() {
  const wallet = state.chosen;
  if (wallet && !state.lists[wallet]?.read) attempt(readPayments);
  if (isFiltering(state.filter)) attempt(readFound);
  readHistory();
}

/** @param {'reconnect'|'resume'|'reload'} remedy_ */
async function remedy(remedy_) {
  if (remedy_ === 'reload') {
    stream.restart();
    await attempt(readBalances);
  } else if (state.chosen) {
    await act(remedy_, state.chosen);
  }
}

/**
 * @param {'reconnect'|'pause'|'resume'} action
 * @param {string} source
 */
async function act(action, source) {
  const asked = state.turn;
  try {
    const answer = await api.control(action, source);
    dispatch({ type: 'source', source: answer, asked, at: now() });
  } catch (error) {
    toasts.notice(error instanceof api.APIError ? error.message : String(error));
  }
}

function listenToFilters() {
  const form = /** @type {HTMLFormElement} */ (document.getElementById('filters'));
  let timer = 0;
  const apply = () => {
    const fields = new FormData(form);
    const search = /** @type {HTMLInputElement} */ (document.getElementById('search-memo'));
    const direction = /** @type {''|'incoming'|'outgoing'} */ (fields.get('direction') ?? '');
    dispatch({ type: 'filter', filter: { direction, q: search.value.trim() } });
    attempt(readFound);
  };
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', (event) => {
    clearTimeout(timer);
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'search';
    timer = setTimeout(apply, isTyping ? SEARCH_PAUSE_MS : 0);
  });
}

// Start.

const wanted = parameters.get('wallet') ?? recall('wallet');
if (wanted) dispatch({ type: 'choose', wallet: wanted });
listenToFilters();
const stream = new Stream(received);
readAll();
setInterval(tick, 1000);
setInterval(confirm, CONFIRM_MS);
setInterval(() => diagnostics.isOpen && !document.hidden && attempt(readStatus), STATUS_MS);
setInterval(() => document.hidden || readHistory(), HISTORY_MS);
document.addEventListener('visibilitychange', () => !document.hidden && confirm());
