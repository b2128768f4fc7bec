// @ts-check
// One payment as a row of the activity: direction, memo, time, amount, fee. Data only ever becomes text.

import { element, icon } from '../dom.js';
import { ago, exact, moment, oneLine, parseTime, plain, sign, span, spoken } from '../format.js';

/** @typedef {import('../types.js').Unit} Unit */
/** @typedef {import('../types.js').Row} Row */
/** @typedef {import('../types.js').Payment} Payment */

/** @typedef {{item: HTMLElement, row: Row, unit: Unit, at: number, time: HTMLElement}} Drawn */

/**
 * @param {Row} row
 * @param {Unit} unit
 * @param {number} now
 * @returns {Drawn}
 */
export function drawRow(row, unit, now) {
  const { payment } = row;
  const at = parseTime(payment.settled_at) ?? parseTime(payment.created_at ?? payment.observed_at) ?? now;
  const item = element('li', `row ${payment.direction} ${payment.status}`);
  item.setAttribute('tabindex', '-1');
  item.dataset.key = row.key;
  const time = element('time', 'relative', ago(at, now));
  time.setAttribute('datetime', new Date(at).toISOString());
  item.append(
    element('span', 'direction', icon(`arrow-${payment.direction}`),
      element('span', 'unseen', payment.direction)),
    memoOf(payment),
    element('span', 'when', ...statusWords(payment), time,
      element('span', 'exact', exact(at)), ...lateMark(payment), ...tagOf(payment)),
    amountOf(payment, unit),
    feeOf(payment, unit),
  );
  return { item, row, unit, at, time };
}

/** @param {Payment} payment */
function memoOf({ memo, comment }) {
  const words = memo || comment || '';
  const made = element('span', words ? 'memo' : 'memo none', words || 'no memo');
  if (words) made.title = [...new Set([words, comment || words])].map(oneLine).join('\n');
  return made;
}

/** @param {Payment} payment */
function statusWords({ status }) {
  return status === 'settled' ? [] : [element('span', 'status', status), ' · '];
}

/**
 * The mark of a payment that nobody saw settle, and what it means.
 * @param {Payment} payment
 */
function lateMark({ late, settled_at, observed_at }) {
  if (!late) return [];
  const [settled, seen] = [parseTime(settled_at), parseTime(observed_at)];
  const delay = settled !== null && seen !== null && seen > settled
    ? `, ${span(seen - settled)} after it settled` : '';
  const words = seen === null ? 'Seen late' : `Seen ${moment(seen, seen)}${delay}`;
  const made = element('span', 'late', element('span', 'late-word', 'late'),
    element('span', 'late-why', words));
  made.title = `${words}. It settled while the connection was down.`;
  return [made];
}

/** @param {Payment} payment */
function tagOf({ tag }) {
  return tag ? [element('span', 'tag', tag)] : [];
}

/**
 * @param {Payment} payment
 * @param {Unit} unit
 */
function amountOf({ direction, amount_msat, status }, unit) {
  const figure = `${sign(direction)}${plain(amount_msat, unit)}`;
  const made = element(status === 'failed' ? 's' : 'span', 'amount', figure);
  made.setAttribute('role', 'img');
  const way = direction === 'incoming' ? 'received' : 'sent';
  made.setAttribute('aria-label', `${way} ${spoken(amount_msat, unit)}`);
  return made;
}

/**
 * @param {Payment} payment
 * @param {Unit} unit
 */
function feeOf({ fee_msat }, unit) {
  return element('span', 'fee', fee_msat ? `fee ${plain(fee_msat, unit)}` : '');
}
