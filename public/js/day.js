// @ts-check
// The last 24 hours of a balance as steps, and today's sums. Pure.

import { parseTime, startOfDay } from './format.js';

/** @typedef {import('./types.js').HistoryRow} HistoryRow */

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/**
 * @param {HistoryRow[]} rows by the hour
 * @param {number} now milliseconds
 */
export function sumsOfToday(rows, now) {
  const sums = { incoming: 0, outgoing: 0, count: 0 };
  const midnight = startOfDay(now);
  for (const row of rows) {
    if ((parseTime(row.start) ?? 0) < midnight) continue;
    sums.incoming += row.incoming_msat;
    sums.outgoing += row.outgoing_msat + row.fee_msat;
    sums.count += row.count;
  }
  return sums;
}

/**
 * The levels of the balance, each from its moment on. An hour's closing balance holds from that hour's end;
 * the level now is the balance itself.
 *
 * @param {HistoryRow[]} rows by the hour, in any order
 * @param {number} balance msat
 * @param {number} now milliseconds
 * @returns {{at: number, msat: number}[]} oldest first
 */
export function levels(rows, balance, now) {
  const from = now - DAY_MS;
  const hours = rows
    .map((row) => ({
      start: parseTime(row.start) ?? 0,
      net: row.incoming_msat - row.outgoing_msat - row.fee_msat,
      closing: row.closing_balance_msat,
    }))
    .filter((hour) => hour.start > from - HOUR_MS && hour.start <= now)
    .sort((a, b) => a.start - b.start);
  /** @type {{at: number, msat: number}[]} */
  const found = [];
  for (const { start, net, closing } of hours) {
    if (closing === null) continue;
    if (found.length === 0) found.push({ at: from, msat: closing - net });
    // Within an hour there is no telling when: its middle is wrong by half an hour at most.
    const middle = (start + Math.min(start + HOUR_MS, now)) / 2;
    const before = found[found.length - 1].msat;
    if (middle <= from) found[0].msat = closing;
    else if (closing !== before) found.push({ at: middle, msat: closing });
  }
  found.push({ at: now, msat: balance });
  return found.length > 1 ? found : [{ at: from, msat: balance }, ...found];
}

/**
 * Steps in a box of `width` × `height`, with room for the line's own thickness.
 *
 * @param {{at: number, msat: number}[]} steps
 * @param {number} width
 * @param {number} height
 * @returns {{path: string, end: number}} an SVG path, and the height of its last point
 */
export function stepLine(steps, width, height) {
  const values = steps.map((step) => step.msat);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [steps[0].at, steps[steps.length - 1].at];
  const x = (/** @type {number} */ at) => round(((at - from) / Math.max(1, to - from)) * width);
  const margin = height * 0.08;
  const y = (/** @type {number} */ msat) => round(high === low
    ? height / 2 : margin + (1 - (msat - low) / (high - low)) * (height - 2 * margin));
  const rest = steps.slice(1).map((step) => `H${x(step.at)}V${y(step.msat)}`).join('');
  return { path: `M0 ${y(steps[0].msat)}${rest}`, end: y(values[values.length - 1]) };
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}
