// @ts-check
// What is followed at Cashu mints, as a value. A quote's id is a secret that the bridge never tells: the handle
// stands for it, and nothing here knows more. Pure.

/** @typedef {import('./types.js').Watch} Watch */
/** @typedef {import('./types.js').WatchView} WatchView */

/** A watch that goes to and fro (a melt that fails and is tried again) keeps its last few states. */
const MOST_STEPS = 6;

/**
 * States in which nothing more is waited for. The bridge asks about an expired quote for a week more,
 * for its clock may be wrong; then a payment brings the watch back.
 */
const OVER = ['ISSUED', 'SPENT', 'EXPIRED', 'UNKNOWN'];

/** @param {Watch} watch */
export function isOver({ kind, state }) {
  // An offer can be paid again.
  if (kind === 'bolt12_mint_quote' && state === 'ISSUED') return false;
  return OVER.includes(state) || (state === 'PAID' && kind.endsWith('_melt_quote'));
}

/**
 * The list as the bridge tells it, with what this page has seen of each watch. Newest first.
 *
 * @param {WatchView[]} known
 * @param {Watch[]} list oldest first
 * @returns {WatchView[]}
 */
export function withList(known, list) {
  const before = new Map(known.map((view) => [view.watch.handle, view]));
  return list.map((watch) => merged(before.get(watch.handle), watch)).reverse();
}

/**
 * One watch that was added here or has another state.
 *
 * @param {WatchView[]} known
 * @param {Watch & {previous_state?: string}} watch an event knows no expiry
 * @returns {WatchView[]}
 */
export function withWatch(known, watch) {
  const index = known.findIndex((view) => view.watch.handle === watch.handle);
  const old = known[index];
  if (isOlder(watch, old?.watch)) return known;
  const view = merged(old, watch);
  return index < 0 ? [view, ...known] : known.map((each, at) => (at === index ? view : each));
}

/**
 * @param {WatchView[]} known
 * @param {string} handle
 */
export function without(known, handle) {
  return known.filter((view) => view.watch.handle !== handle);
}

/**
 * Whether it was seen before what is known: a stream that resumes tells the past again.
 * @param {Watch} watch
 * @param {Watch|undefined} known
 */
function isOlder(watch, known) {
  return Boolean(known?.observed_at && watch.observed_at && watch.observed_at < known.observed_at);
}

/**
 * @param {WatchView|undefined} old
 * @param {Watch & {previous_state?: string}} watch
 * @returns {WatchView}
 */
function merged(old, { previous_state: previous, ...watch }) {
  const steps = old?.steps ?? (previous ? [previous] : []);
  const isStep = steps[steps.length - 1] !== watch.state;
  return {
    watch: { ...old?.watch, ...watch, expiry: watch.expiry ?? old?.watch.expiry ?? null },
    steps: isStep ? [...steps, watch.state].slice(-MOST_STEPS) : steps,
  };
}
