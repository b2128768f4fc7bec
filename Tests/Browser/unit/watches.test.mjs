import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialState, mainSource, mints, reduce } from '../../../public/js/store.js';
import { amountWords, deliveryWords, expiryWords, kindWords, stateWords } from '../../../public/js/watch-words.js';
import { isOver, withList, withWatch, without } from '../../../public/js/watches.js';

const at = (second) => `2026-11-21T01:00:0${second}.000Z`;
const watch = (handle, extra = {}) => ({
  handle, mint: 'm', kind: 'bolt11_mint_quote', state: 'UNPAID', amount: 100, unit: 'sat',
  expiry: at(9), observed_at: at(0), ...extra,
});
const moved = (handle, previous_state, state, second) => {
  const { expiry, ...event } = watch(handle, { state, previous_state, observed_at: at(second), via: 'poll' });
  return event;
};
const handles = (views) => views.map((view) => view.watch.handle);

test('the list is shown newest first, and a new watch above it', () => {
  const views = withList([], [watch('old'), watch('new')]);
  assert.deepEqual(handles(views), ['new', 'old']);
  assert.deepEqual(handles(withWatch(views, watch('newest'))), ['newest', 'new', 'old']);
});

test('a watch keeps its place, its expiry and the states it went through', () => {
  const start = withList([], [watch('a'), watch('b')]);
  const after = withWatch(withWatch(start, moved('a', 'UNPAID', 'PAID', 1)), moved('a', 'PAID', 'ISSUED', 2));
  assert.deepEqual(handles(after), ['b', 'a']);
  assert.deepEqual(after[1].steps, ['UNPAID', 'PAID', 'ISSUED']);
  assert.equal(after[1].watch.expiry, at(9));
  const read = withList(after, [watch('a', { state: 'ISSUED', observed_at: at(2) }), watch('b')]);
  assert.deepEqual(read[1].steps, ['UNPAID', 'PAID', 'ISSUED'], 'a later reading keeps them');
});

test('a transition that is told twice or late changes nothing', () => {
  const start = withWatch(withList([], [watch('a')]), moved('a', 'UNPAID', 'PAID', 2));
  assert.deepEqual(withWatch(start, moved('a', 'UNPAID', 'PAID', 2))[0].steps, ['UNPAID', 'PAID']);
  assert.equal(withWatch(start, moved('a', 'UNPAID', 'PENDING', 1)), start);
});

test('a watch that others added appears with where it came from', () => {
  const [view] = withWatch([], moved('a', 'UNPAID', 'PAID', 1));
  assert.deepEqual(view.steps, ['UNPAID', 'PAID']);
  assert.equal(view.watch.expiry, null);
});

test('what goes to and fro for ever is not kept for ever', () => {
  let views = withList([], [watch('a', { kind: 'bolt11_melt_quote' })]);
  for (let second = 1; second < 9; second += 1) {
    const [from, to] = second % 2 ? ['UNPAID', 'PENDING'] : ['PENDING', 'UNPAID'];
    views = withWatch(views, moved('a', from, to, second));
  }
  assert.equal(views[0].steps.length, 6);
  assert.equal(views[0].steps.at(-1), 'UNPAID');
});

test('a watch that is removed is gone, and an answer from before does not bring it back', () => {
  const source = { name: 'm', kind: 'cashu', state: 'connected', reason: null };
  const start = [{ type: 'status', asked: 0, status: { sources: [source] } },
    { type: 'watched', watch: watch('a') }].reduce(reduce, initialState());
  const asked = start.watchTurn;
  const removed = reduce(start, { type: 'unwatched', handle: 'a' });
  assert.deepEqual(removed.watches, []);
  const late = reduce(removed, { type: 'watches', asked, watches: [watch('a')] });
  assert.deepEqual(late.watches, []);
  assert.deepEqual(handles(reduce(late, { type: 'watches', asked: late.watchTurn, watches: [watch('b')] }).watches), ['b']);
  assert.deepEqual(without(start.watches, 'z'), start.watches);
});

test('an event of the stream moves a watch', () => {
  const start = reduce(initialState(), { type: 'watched', watch: watch('a') });
  const event = { type: 'event', name: 'watch', id: 'e-1', data: moved('a', 'UNPAID', 'PAID', 1), at: 1 };
  assert.equal(reduce(start, event).watches[0].watch.state, 'PAID');
});

test('with mints alone the page is about the first mint', () => {
  const source = (name, kind) => ({ name, kind, state: 'connected', reason: null });
  const state = reduce(initialState(), {
    type: 'status', asked: 0, status: { sources: [source('m', 'cashu'), source('n', 'cashu')] },
  });
  assert.equal(mainSource(state), 'm');
  assert.deepEqual(mints(state).map(({ name }) => name), ['m', 'n']);
});

test('a melt quote is over when it is paid, a mint quote when its tokens are issued', () => {
  assert.equal(isOver(watch('a', { state: 'PAID' })), false);
  assert.equal(isOver(watch('a', { state: 'ISSUED' })), true);
  assert.equal(isOver(watch('a', { kind: 'bolt12_melt_quote', state: 'PAID' })), true);
  assert.equal(isOver(watch('a', { kind: 'proof_state', state: 'SPENT' })), true);
  assert.equal(isOver(watch('a', { state: 'EXPIRED' })), true);
  assert.equal(isOver(watch('a', { kind: 'bolt12_mint_quote', state: 'ISSUED' })), false);
});

test('amounts are told in their unit, sats in the chosen one', () => {
  assert.equal(amountWords(watch('a', { amount: 2100 }), 'sat'), '2\u2009100 sat');
  assert.equal(amountWords(watch('a', { amount: 2100 }), 'msat'), '2\u2009100\u2009000 msat');
  assert.match(amountWords(watch('a', { amount: 1234, unit: 'usd' }), 'sat'), /12[.,]34/);
  assert.equal(amountWords(watch('a', { amount: 5, unit: 'auth tokens' }), 'sat'), '5 auth tokens');
  assert.equal(amountWords(watch('a', { amount: null }), 'sat'), '');
});

test('words that this page has not heard of are shown as they are', () => {
  assert.equal(kindWords('bolt11_melt_quote'), 'Melt quote');
  assert.equal(kindWords('moon_quote'), 'moon quote');
  assert.equal(stateWords('UNKNOWN'), 'unknown to the mint');
  assert.equal(stateWords('MELTED'), 'melted');
  assert.match(deliveryWords('polling'), /asked/);
  assert.equal(deliveryWords('pigeon'), 'Delivery: pigeon.');
  assert.equal(deliveryWords(undefined), '');
});

test('only an unpaid quote has a time to run out of', () => {
  const now = Date.parse(at(0));
  assert.equal(expiryWords(watch('a'), now), 'expires in 9 s');
  assert.equal(expiryWords(watch('a'), now + 60_000), 'time is over');
  assert.equal(expiryWords(watch('a', { state: 'PAID' }), now), '');
  assert.equal(expiryWords(watch('a', { expiry: null }), now), '');
});
