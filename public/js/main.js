// @ts-check
// Puts the page together: the stream and REST feed the store, the store is drawn.

import { Alerts } from './alerts.js';
import * as api from './api.js';
import { now } from './clock.js';
import { UNITS } from './format.js';
import { News } from './news.js';
import { Reading } from './reading.js';
import { recall, remember } from './settings.js';
import { initialState, mainSource, reduce } from './store.js';
import { Stream } from './stream.js';
import { Activity } from './views/activity.js';
import { AlertChoice } from './views/alert-choice.js';
import { BalanceView, UnitChoice } from './views/balance.js';
import { Banner } from './views/banner.js';
import { Counter } from './views/counter.js';
import { Day } from './views/day.js';
import { Diagnostics } from './views/diagnostics.js';
import { Filters } from './views/filters.js';
import { Login } from './views/login.js';
import { Mints } from './views/mints.js';
import { SignOut } from './views/sign-out.js';
import { TabIcon } from './views/tab-icon.js';
import { Tabs } from './views/tabs.js';
import { Toasts } from './views/toast.js';
import { WatchForm } from './views/watch-form.js';
import { Watches } from './views/watches.js';

/** @typedef {import('./types.js').Unit} Unit */
/** @typedef {import('./types.js').Payment} Payment */

/** Beyond this the list begins again with its newest page: a wall display runs for months. */
const MOST_ROWS = 1000;
/** How often the balances are asked for. No event says that an unchanged number was confirmed again. */
const CONFIRM_MS = 15_000;
const STATUS_MS = 2000;
const HISTORY_MS = 5 * 60_000;

let state = initialState();
/** @type {Unit} */
let unit = UNITS.find((each) => each === recall('unit')) ?? 'sat';
const news = new News();
const parameters = new URLSearchParams(location.search);

const reading = new Reading(() => state, dispatch, () => stream.restart());
const login = new Login(() => {
  stream.restart();
  reading.catchUp();
});
const tabs = new Tabs(choose);
const balance = new BalanceView();
const banner = new Banner(remedy);
const activity = new Activity(() => reading.older());
const day = new Day();
const mints = new Mints(act);
const watchForm = new WatchForm(addWatch);
const watches = new Watches(removeWatch);
const signOut = new SignOut(telling);
const diagnostics = new Diagnostics(() => {
  reading.status();
  signOut.offer();
}, act);
const tabIcon = new TabIcon();
const toasts = new Toasts();
const counter = parameters.get('display') === 'counter' ? new Counter(scheduleDraw) : null;
const alerts = new Alerts(alertsChanged);
const alertChoice = new AlertChoice(alerts, (reason) => toasts.notice(reason));
new UnitChoice(unit, (chosen) => {
  unit = chosen;
  remember('unit', chosen);
  draw();
});
new Filters((filter) => {
  dispatch({ type: 'filter', filter });
  reading.found();
});

// State in, drawing out.

/** @param {import('./store.js').Action} action */
function dispatch(action) {
  const before = state;
  state = reduce(state, action);
  if (state === before) return;
  if (before.loaded && state.loaded && state.chosen !== before.chosen) reading.chosen();
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
  login.draw(state);
  tabs.draw(state, unit);
  balance.draw(state, unit);
  banner.draw(state, moment);
  mints.draw(state, moment);
  watchForm.draw(state);
  watches.draw(state, unit, moment);
  activity.draw(state, unit, moment);
  day.draw(state, unit, moment);
  diagnostics.draw(state, moment);
  counter?.draw(state, unit);
  tabIcon.draw(state, unit);
  tick();
}

function tick() {
  const moment = now();
  for (const view of [balance, banner, activity, mints, watches, diagnostics]) view.tick(moment);
}

// Hearing from the bridge.

/** @param {import('./types.js').StreamMessage} message */
function received(message) {
  if (message.kind === 'link') {
    dispatch({ type: 'link', link: message.link, lastId: message.lastId, at: now() });
    if (message.link === 'open') reading.linked();
    return;
  }
  // Who is signed out is told nothing; what happens meanwhile is read after the next sign-in.
  if (state.unauthorised) return;
  const { name, id, data, replayed } = message;
  dispatch({ type: 'event', name, id, data, at: now() });
  if (name === 'payment') paid(data, replayed);
  if (name === 'gap') reading.catchUp();
  // How a mint delivers is told by no event, and may have changed with its state.
  if (name === 'status' && data.kind === 'cashu') reading.status();
}

/**
 * @param {Payment} payment
 * @param {boolean} replayed
 */
function paid(payment, replayed) {
  reading.afterPayment();
  const list = state.lists[payment.wallet];
  if (list && list.rows.length > MOST_ROWS && !activity.isBeingRead) reading.renew(payment.wallet);
  if ((document.hidden && !alerts.areWanted) || !news.takes(payment, replayed)) return;
  const known = state.wallets.find((each) => each.wallet === payment.wallet);
  const wallet = state.wallets.length > 1 ? (known?.label ?? payment.wallet) : '';
  alerts.received(payment, unit, wallet);
  if (document.hidden) return;
  if (!counter) toasts.received(payment, unit, wallet);
  else if (payment.wallet === state.chosen) counter.received(payment);
}

// What people do.

/** @param {string} wallet */
function choose(wallet) {
  remember('wallet', wallet);
  dispatch({ type: 'choose', wallet });
}

/** @param {'reconnect'|'resume'|'reload'} remedy_ */
async function remedy(remedy_) {
  const source = mainSource(state);
  if (remedy_ === 'reload') {
    stream.restart();
    await reading.confirm();
  } else if (source) {
    await act(remedy_, source);
  }
}

/**
 * @param {'reconnect'|'pause'|'resume'} action
 * @param {string} source
 */
async function act(action, source) {
  const asked = state.turn;
  await telling(async () => {
    const answer = await api.control(action, source);
    dispatch({ type: 'source', source: answer, asked, at: now() });
  });
}

/** @param {{mint: string, kind: string, id: string}} order */
async function addWatch(order) {
  dispatch({ type: 'watched', watch: await api.watch(order) });
}

/** @param {string} handle */
function removeWatch(handle) {
  telling(async () => {
    await api.unwatch(handle);
    dispatch({ type: 'unwatched', handle });
  });
}

/**
 * Says what did not work.
 * @param {() => Promise<void>} work
 */
async function telling(work) {
  try {
    await work();
  } catch (error) {
    toasts.notice(error instanceof Error ? error.message : String(error));
  }
}

function alertsChanged() {
  // Called while the page is put together, too.
  queueMicrotask(() => {
    alertChoice.draw();
    stream.keep(alerts.areWanted);
  });
}

// Start.

const wanted = parameters.get('wallet') ?? recall('wallet');
if (wanted) dispatch({ type: 'choose', wallet: wanted });
const stream = new Stream(received);
const isIdle = () => document.hidden && !alerts.areWanted;
reading.all();
setInterval(tick, 1000);
setInterval(() => isIdle() || reading.confirm(), CONFIRM_MS);
setInterval(() => diagnostics.isOpen && !document.hidden && reading.status(), STATUS_MS);
setInterval(() => document.hidden || reading.history(), HISTORY_MS);
document.addEventListener('visibilitychange', () => document.hidden || reading.confirm());
