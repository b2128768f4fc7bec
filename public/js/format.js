// @ts-check
// Numbers and times as people read them. Pure: the present moment is handed in.

/** @typedef {import('./types.js').Unit} Unit */

const THIN_SPACE = '\u2009';
const MINUS = '\u2212';
const MSAT_PER_SAT = 1000;
const SAT_PER_BTC = 100_000_000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @type {Unit[]} */
export const UNITS = ['sat', 'BTC', 'msat'];

/**
 * Digits in groups of three, from the right.
 * @param {number|string} digits
 */
export function group(digits) {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/**
 * An amount in a unit: the number, and apart from it what is smaller than the unit shows (the msat behind
 * sats), which is drawn smaller.
 *
 * @param {number} msat
 * @param {Unit} unit
 * @returns {{number: string, remainder: string, unit: Unit}}
 */
export function amount(msat, unit) {
  const sign = msat < 0 ? MINUS : '';
  const size = Math.abs(msat);
  if (unit === 'msat') return { number: sign + group(size), remainder: '', unit };
  const sats = Math.floor(size / MSAT_PER_SAT);
  const rest = size % MSAT_PER_SAT;
  const digits = String(rest).padStart(3, '0');
  if (unit === 'sat') {
    return { number: sign + group(sats), remainder: rest ? `.${digits}` : '', unit };
  }
  const fraction = String(sats % SAT_PER_BTC).padStart(8, '0');
  const grouped = `${fraction.slice(0, 2)}${THIN_SPACE}${group(fraction.slice(2))}`;
  return {
    number: `${sign}${group(Math.floor(sats / SAT_PER_BTC))}.${grouped}`,
    remainder: rest ? THIN_SPACE + digits : '',
    unit,
  };
}

/**
 * How wide an amount is when it is drawn large, in digits of its own size: the remainder and the unit are
 * smaller.
 *
 * @param {{number: string, remainder: string, unit: string}} parts
 */
export function width({ number, remainder, unit }) {
  const wide = (/** @type {string} */ text) => {
    const narrow = text.replace(/[\d+\u2212]/g, '').length;
    return text.length - narrow + narrow * 0.4;
  };
  return Math.ceil(wide(number) + wide(remainder) * 0.5 + unit.length * 0.3 + 0.4);
}

/**
 * An amount in one string, without its unit.
 * @param {number} msat
 * @param {Unit} unit
 */
export function plain(msat, unit) {
  const parts = amount(msat, unit);
  return parts.number + parts.remainder;
}

/**
 * The same for a screen reader, which would read groups as several numbers.
 * @param {number} msat
 * @param {Unit} unit
 */
export function spoken(msat, unit) {
  const name = { sat: 'satoshi', BTC: 'bitcoin', msat: 'millisatoshi' }[unit];
  return `${plain(msat, unit).replaceAll(THIN_SPACE, '').replace(MINUS, 'minus ')} ${name}`;
}

/**
 * The sign of a payment's amount.
 * @param {'incoming'|'outgoing'} direction
 */
export function sign(direction) {
  return direction === 'incoming' ? '+' : MINUS;
}

const days = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });
const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const withYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/**
 * How long ago, in the fewest words: "now", "3 s ago", "5 min ago", "2 h ago", "yesterday", a date.
 * @param {number} then milliseconds
 * @param {number} now milliseconds
 */
export function ago(then, now) {
  const age = Math.max(0, now - then);
  if (age < SECOND) return 'now';
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  const nights = Math.round((startOfDay(now) - startOfDay(then)) / DAY);
  if (nights < 7) return days.format(-nights, 'day');
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayAndMonth : withYear).format(then);
}

/** @param {number} moment */
export function startOfDay(moment) {
  return new Date(moment).setHours(0, 0, 0, 0);
}

/**
 * A moment to the second, in the reader's own format.
 * @param {number} moment milliseconds
 */
export function exact(moment) {
  return exactly.format(moment);
}

/**
 * A moment as short as it stays clear: the time alone within the same day.
 * @param {number} moment milliseconds
 * @param {number} now milliseconds
 */
export function moment(moment, now) {
  return (startOfDay(moment) === startOfDay(now) ? clockTime : dayAndClock).format(moment);
}

/**
 * A span of time, coarse enough to read at a glance: "12 s", "4 min 05 s", "3 h 20 min", "2 d 4 h".
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / SECOND));
  const [d, h] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600)];
  const [m, s] = [Math.floor((seconds % 3600) / 60), seconds % 60];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${two(m)} min`;
  if (m) return `${m} min ${two(s)} s`;
  return `${s} s`;
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, '0');
}

/** Controls, line ends, and the marks that turn the order of what stands beside them. */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Somebody else's words for a place that has no elements to keep them apart from ours.
 * @param {string} text
 */
export function oneLine(text) {
  return text.replace(STEERING, ' ').trim();
}

/**
 * RFC 3339 to milliseconds; null stays null.
 * @param {string|null|undefined} text
 * @returns {number|null}
 */
export function parseTime(text) {
  if (!text) return null;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}
