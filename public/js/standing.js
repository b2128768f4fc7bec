// @ts-check
// How a wallet stands, in plain words: the shape of its dot, the word beside it, and what the banner says.
// Pure: the state goes in, words come out.

import { parseTime } from './format.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Source} Source */

/**
 * @typedef {object} Standing
 * @property {'live'|'connecting'|'paused'|'trouble'} shape
 * @property {string} word
 * @property {boolean} stale nobody can vouch for the number now
 * @property {string} headline what the banner begins with; empty when there is no banner
 * @property {number|null} since milliseconds
 * @property {string} why
 * @property {number|null} nextRetry milliseconds
 * @property {'reconnect'|'resume'|'reload'|null} remedy what the banner's button does
 */

/** @type {Record<string, string>} */
const WHY = {
  paused: 'It was paused by hand. Nothing is lost: on resume, what happened meanwhile is read.',
  disabled: 'It is switched off in the configuration.',
  unwatched: 'Nobody was watching, so the connection was put to rest.',
  stopping: 'Walletwire is stopping.',
  credentials: 'The wallet refused the key. Replace the key, then try again.',
  network: 'Its server cannot be reached over the network.',
  tls: 'A secure connection failed: the certificate of its server was not accepted.',
  upgrade_refused: 'Its server answers, but refuses the live connection.',
  heartbeat: 'Its server stopped answering the heartbeat.',
  server_error: 'Its server reported an error of its own.',
  rate_limited: 'Its server asked for fewer requests, so Walletwire is holding back.',
  closed: 'Its server closed the connection.',
  silent: 'The connection was open, but said nothing of payments that had been made.',
  timeout: 'Its server took too long to answer.',
  protocol_error: 'Its server said something that Walletwire does not understand.',
  storage: 'Walletwire cannot write to its store. Its log says why; a full disk is the usual cause.',
};

/** @type {Record<string, {shape: Standing['shape'], word: string, headline: string}>} */
const BY_STATE = {
  connected: { shape: 'live', word: 'live', headline: '' },
  connecting: { shape: 'connecting', word: 'connecting', headline: 'Connecting' },
  reconnecting: { shape: 'connecting', word: 'reconnecting', headline: 'Reconnecting' },
  error: { shape: 'trouble', word: 'trouble', headline: 'Not connected' },
  failed: { shape: 'trouble', word: 'failed', headline: 'Connection failed' },
  disconnected: { shape: 'paused', word: 'paused', headline: 'Paused' },
};

/** @type {Record<string, {word: string, headline: string}>} what `disconnected` is called, by reason */
const RESTING = {
  disabled: { word: 'off', headline: 'Switched off' },
  unwatched: { word: 'resting', headline: 'Resting' },
  stopping: { word: 'stopping', headline: 'Stopping' },
};

/**
 * A reason in plain words; one that this page has not heard of is shown as it is.
 * @param {string|null|undefined} reason
 */
export function why(reason) {
  if (!reason) return '';
  return WHY[reason] ?? `${capitalised(reason.replaceAll('_', ' '))}.`;
}

/**
 * @param {State} state
 * @param {string|null} wallet
 * @returns {Standing}
 */
export function standing(state, wallet) {
  const page = pageStanding(state);
  if (page) return page;
  const balance = state.wallets.find((each) => each.wallet === wallet);
  const known = wallet ? state.sources[wallet] : undefined;
  const source = known?.source ?? balance;
  if (!source) return quiet('connecting', 'connecting');
  const reason = known?.source.reason ?? null;
  const base = BY_STATE[source.state] ?? { shape: 'trouble', word: source.state, headline: source.state };
  const resting = source.state === 'disconnected' && reason ? RESTING[reason] : undefined;
  if (source.state === 'connected') {
    return balance?.stale ? unconfirmed(balance, reason) : quiet('live', 'live');
  }
  return {
    ...base,
    ...resting,
    stale: true,
    since: known?.downSince ?? parseTime(known?.source.since) ?? parseTime(balance?.confirmed_at),
    why: why(reason),
    nextRetry: parseTime(known?.source.next_retry_at),
    remedy: remedy(source.state, reason),
  };
}

/**
 * The page's own troubles come before any wallet's: without the bridge it knows nothing.
 * @param {State} state
 * @returns {Standing|null}
 */
function pageStanding(state) {
  if (state.unauthorised) {
    // The form that asks for the token says the rest.
    return { ...quiet('trouble', 'locked'), stale: true };
  }
  if (state.link.state === 'lost' || !state.answering) {
    return trouble(
      state,
      'Walletwire cannot be reached',
      'It is not running, or the network between it and this page is down. The page keeps trying.',
    );
  }
  if (state.link.state === 'asleep') return { ...quiet('paused', 'asleep'), stale: true };
  // Until the stream stands, a change would go unseen: not live yet, whatever the numbers say.
  if (state.link.state === 'opening') return quiet('connecting', 'connecting');
  return null;
}

/**
 * @param {State} state
 * @param {string} headline
 * @param {string} explanation
 * @returns {Standing}
 */
function trouble(state, headline, explanation) {
  return {
    shape: 'trouble', word: 'trouble', stale: true, headline, why: explanation,
    since: state.link.since, nextRetry: null, remedy: 'reload',
  };
}

/**
 * @param {{confirmed_at: string|null}} balance
 * @param {string|null} reason
 * @returns {Standing}
 */
function unconfirmed(balance, reason) {
  return {
    shape: 'trouble', word: 'trouble', stale: true, headline: 'Not confirmed',
    since: parseTime(balance.confirmed_at),
    why: why(reason) || 'The connection is open, but the wallet has not confirmed its balance.',
    nextRetry: null, remedy: 'reconnect',
  };
}

/**
 * @param {Standing['shape']} shape
 * @param {string} word
 * @returns {Standing}
 */
function quiet(shape, word) {
  return {
    shape, word, stale: false, headline: '', since: null, why: '', nextRetry: null, remedy: null,
  };
}

/**
 * @param {string} state
 * @param {string|null} reason
 * @returns {Standing['remedy']}
 */
function remedy(state, reason) {
  if (reason === 'disabled' || reason === 'stopping') return null;
  return state === 'disconnected' ? 'resume' : 'reconnect';
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
