// @ts-check
// The bridge's REST side. Every URL is relative to this module, so that a prefix set by a proxy holds.

import { synchronise } from './clock.js';

const ROOT = new URL('../api/v1/', import.meta.url);
const TIMEOUT_MS = 8000;

/** What went wrong with a request, in words for people. `status` is 0 when nobody answered. */
export class APIError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @returns {Promise<import('./types.js').Balance[]>} */
export function balances() {
  return request('balances');
}

/** @returns {Promise<import('./types.js').Status>} */
export function status() {
  return request('status');
}

/**
 * A page of payments, newest first.
 * @param {{wallet: string, limit: number, before?: string, direction?: string, q?: string}} query
 * @returns {Promise<import('./types.js').PaymentPage>}
 */
export function payments(query) {
  return request('payments', query);
}

/**
 * Sums and closing balances by the hour.
 * @param {string} wallet
 * @param {number} since milliseconds
 * @returns {Promise<import('./types.js').HistoryRow[]>}
 */
export function hours(wallet, since) {
  return request('history', { wallet, group: 'hour', since: new Date(since).toISOString() });
}

/**
 * Tells the bridge what to do with a source.
 * @param {'reconnect'|'pause'|'resume'} action
 * @param {string} source
 * @returns {Promise<import('./types.js').Source>}
 */
export function control(action, source) {
  return request(action, { source }, 'POST');
}

/** @returns {Promise<{watches: import('./types.js').Watch[]}>} */
export function watches() {
  return request('watches');
}

/**
 * Follows a quote or a proof. Its id is a secret: it is sent this once and kept nowhere.
 * @param {{mint: string, kind: string, id: string}} order
 * @returns {Promise<import('./types.js').Watch>}
 */
export function watch(order) {
  return request('watches', {}, 'POST', order);
}

/** @param {string} handle */
export function unwatch(handle) {
  return request(`watches/${encodeURIComponent(handle)}`, {}, 'DELETE');
}

/**
 * The access token for a cookie that scripts cannot read. It is sent this once and kept nowhere.
 * @param {string} token
 */
export function signIn(token) {
  return request('session', {}, 'POST', { token });
}

export function signOut() {
  return request('session', {}, 'DELETE');
}

/** Whether this bridge answers only to who has its access token. */
export async function isTokenRequired() {
  const { server } = await request('config');
  return Boolean(server?.access_token || server?.access_token_file);
}

/**
 * @param {string} path
 * @param {Record<string, string|number|undefined>} [query]
 * @param {'GET'|'POST'|'DELETE'} [method]
 * @param {object} [body]
 * @returns {Promise<any>} null where the answer has no content
 */
async function request(path, query = {}, method = 'GET', body = undefined) {
  const url = new URL(path, ROOT);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
  }
  const response = await answer(url, method, body);
  synchronise(response.headers.get('Date'));
  if (response.status === 204) return null;
  const content = await response.json().catch(() => null);
  if (response.ok && content !== null) return content;
  const detail = content?.detail ?? content?.title ?? `The bridge answered ${response.status}`;
  throw new APIError(detail, response.status);
}

/**
 * @param {URL} url
 * @param {'GET'|'POST'|'DELETE'} method
 * @param {object|undefined} body
 */
async function answer(url, method, body) {
  const headers = method === 'GET' ? undefined : { 'Content-Type': 'application/json' };
  const gaveUp = new AbortController();
  const timer = setTimeout(() => gaveUp.abort(), TIMEOUT_MS);
  try {
    return await fetch(url, { method, headers, body: body && JSON.stringify(body), signal: gaveUp.signal });
  } catch {
    throw new APIError('Walletwire cannot be reached', 0);
  } finally {
    clearTimeout(timer);
  }
}
