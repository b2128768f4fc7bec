// @ts-check
// Mints and what is watched there, in plain words. Pure.

import { group, parseTime, plain, span } from './format.js';

/** @typedef {import('./types.js').Watch} Watch */
/** @typedef {import('./types.js').Unit} Unit */

/** What can be watched, as NUT-17 spells it, and as it is called. */
export const KINDS = {
  bolt11_mint_quote: 'Mint quote',
  bolt11_melt_quote: 'Melt quote',
  bolt12_mint_quote: 'Mint quote, BOLT 12',
  bolt12_melt_quote: 'Melt quote, BOLT 12',
  proof_state: 'Proof',
};

/** @type {Record<string, string>} */
const DELIVERY = {
  live: 'Changes arrive as they happen.',
  polling: 'No live connection: it is asked every so often.',
  rate_limited: 'It asked for fewer requests: changes may arrive late.',
  unreachable: 'It cannot be reached: changes are not seen.',
};

/** @type {Record<string, string>} states that say too little by themselves */
const STATES = { UNKNOWN: 'unknown to the mint' };

const MSAT_PER = { sat: 1000, msat: 1 };

/** @param {string} kind */
export function kindWords(kind) {
  return /** @type {Record<string, string>} */ (KINDS)[kind] ?? kind.replaceAll('_', ' ');
}

/** @param {string} state */
export function stateWords(state) {
  return STATES[state] ?? state.toLowerCase();
}

/**
 * How a mint's changes reach the bridge; a way that this page has not heard of is shown as it is.
 * @param {string|undefined} delivery
 */
export function deliveryWords(delivery) {
  return delivery ? (DELIVERY[delivery] ?? `Delivery: ${delivery}.`) : '';
}

/**
 * The amount of a quote; empty while the mint has not told it. Money of states is counted in its minor unit
 * (NUT-01).
 *
 * @param {Watch} watch
 * @param {Unit} chosen
 */
export function amountWords({ amount, unit }, chosen) {
  if (amount === null || amount === undefined) return '';
  if (unit === 'sat' || unit === 'msat') return `${plain(amount * MSAT_PER[unit], chosen)} ${chosen}`;
  const currency = (unit ?? '').toUpperCase();
  try {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
  } catch {
    return `${group(amount)} ${unit ?? ''}`.trim();
  }
}

/**
 * How long an unpaid quote can still be paid; empty where that does not matter.
 * @param {Watch} watch
 * @param {number} now
 */
export function expiryWords({ state, expiry }, now) {
  const at = parseTime(expiry);
  if (state !== 'UNPAID' || at === null) return '';
  return at > now ? `expires in ${span(at - now)}` : 'time is over';
}
