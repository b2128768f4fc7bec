// @ts-check
// The bridge's clock, as well as it can be told from here. A tablet on a wall may be minutes off, and
// "confirmed 3 s ago" must not depend on it.

/** The Date header has whole seconds and takes a while to arrive: less than this is no difference. */
const TOLERANCE_MS = 2500;

let offset = 0;

/** Milliseconds since 1970 by the bridge's clock. */
export function now() {
  return Date.now() + offset;
}

/**
 * Takes the time from a response's Date header.
 * @param {string|null} header
 */
export function synchronise(header) {
  const theirs = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(theirs)) return;
  const difference = theirs + 500 - Date.now();
  offset = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}
