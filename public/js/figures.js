// @ts-check
// Every figure of /api/v1/status in words: for the fold-out, and as text for a bug report. A figure that this
// page has not heard of is shown under its own name, so that none is ever left out. Pure.

import { ago, exact, group, parseTime, span } from './format.js';
import { why } from './standing.js';

/** @typedef {import('./types.js').Status} Status */
/** @typedef {import('./types.js').Source} Source */

/** @type {Record<string, string>} */
const LABELS = {
  service: 'Service', version: 'Version', started_at: 'Started', uptime_seconds: 'Up for',
  subscribers: 'Event streams', last_event_id: 'Last event id', storage_error: 'Storage error',
  storage_warning: 'Storage warning',
  label: 'Label',
  kind: 'Kind', state: 'State', reason: 'Reason', since: 'Since', next_retry_at: 'Next try',
  reconnect_attempt: 'Reconnect attempt', connection_attempts: 'Attempts in all',
  successful_connections: 'Successful attempts', success_rate: 'Success rate',
  last_connect_ms: 'Last connect took', downtime_seconds: 'Down for in all',
  disconnections: 'Disconnections', last_close_code: 'Last close code',
  last_close_reason: 'Last close reason', last_frame_at: 'Last frame',
  heartbeat_rtt_ms: 'Heartbeat round trip', last_reconcile_at: 'Last reconcile', books: 'Books',
  unexplained_msat: 'Unexplained',
  corrections_msat: 'Corrections in all', last_correction_at: 'Last correction',
  rows_skipped: 'Rows that could not be read', frames_received: 'Frames received',
  frames_rejected: 'Frames rejected', frames_duplicate: 'Frames repeated',
  payments_without_frame: 'Payments without a frame', server_version: 'Server version',
  upstream_name: 'Name at the server', trust: 'Trust', delivery: 'Delivery', last_error: 'Last error',
};

/**
 * @param {Record<string, any>} object
 * @param {number} now
 * @param {string[]} [without]
 * @returns {{key: string, label: string, value: string, exact: string}[]} in the order served
 */
export function figures(object, now, without = []) {
  return Object.entries(object)
    .filter(([key]) => !without.includes(key))
    .map(([key, value]) => ({
      key,
      label: LABELS[key] ?? key.replaceAll('_', ' '),
      value: figure(key, value, now),
      exact: timeOf(key, value) === null ? '' : exact(/** @type {number} */ (timeOf(key, value))),
    }));
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {number} now
 * @returns {string}
 */
function figure(key, value, now) {
  if (value === null || value === undefined || value === '') return '–';
  const time = timeOf(key, value);
  if (time !== null) return time > now ? `in ${span(time - now)}` : ago(time, now);
  if (typeof value === 'number') return quantity(key, value);
  if (typeof value === 'object') return JSON.stringify(value);
  if (key === 'reason') return `${value}: ${why(String(value))}`;
  return String(value);
}

/**
 * @param {string} key
 * @param {number} value
 */
function quantity(key, value) {
  if (key.endsWith('_seconds')) return value < 10 ? `${value} s` : span(value * 1000);
  if (key.endsWith('_ms')) return `${value} ms`;
  if (key.endsWith('_msat')) return `${group(value)} msat`;
  if (key.endsWith('_rate')) return `${Math.round(value * 1000) / 10} %`;
  return Number.isInteger(value) && !key.endsWith('_code') ? group(value) : String(value);
}

/**
 * @param {string} key
 * @param {unknown} value
 * @returns {number|null}
 */
function timeOf(key, value) {
  const isTime = typeof value === 'string' && (key.endsWith('_at') || key === 'since');
  return isTime ? parseTime(value) : null;
}

/**
 * The status as text for a bug report. The bridge never serves a secret, and nothing is added here but what
 * the page itself knows.
 *
 * @param {Status} status
 * @param {Record<string, unknown>} page what the page knows of itself
 * @param {number} now
 */
export function asText(status, page, now) {
  const { sources, ...bridge } = status;
  const lines = (/** @type {object} */ object) => Object.entries(object)
    .map(([key, value]) => `  ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [
    `Walletwire diagnostics, ${new Date(now).toISOString()}`, '',
    'bridge', ...lines(bridge),
    ...sources.flatMap((/** @type {Source} */ source) => ['', `source ${source.name}`, ...lines(source)]),
    '', 'page', ...lines(page), '',
  ].join('\n');
}
