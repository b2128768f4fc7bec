import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialState, reduce, shownList } from '../../../public/js/store.js';

const balance = (extra = {}) => ({
  wallet: 'main', label: 'Main', balance_msat: 1000, confirmed_at: '2026-11-21T01:00:00.000Z',
  state: 'connected', stale: false, last_event_id: 'e-10', ...extra,
});
const payment = (id, extra = {}) => ({
  wallet: 'main', payment_id: id, direction: 'incoming', status: 'settled', amount_msat: 1000,
  fee_msat: 0, memo: id, settled_at: '2026-11-21T01:00:00.000Z',
  observed_at: '2026-11-21T01:00:00.000Z', late: false, ...extra,
});
const heard = (name, data, id = null) => ({ type: 'event', name, id, data, at: 1000 });
const page = (payments, next_before = null) => ({
  type: 'payments', wallet: 'main', page: { payments, next_before }, older: false,
});
const after = (...actions) => actions.reduce(reduce, initialState());
const ids = (state) => shownList(state).rows.map((row) => row.payment.payment_id);

const loaded = [{ type: 'balances', balances: [balance()], asked: 0 }, page([payment('b'), payment('a')])];

test('a payment that is repeated or replayed is one row', () => {
  const state = after(...loaded, heard('payment', payment('c'), 'e-11'),
    heard('payment', payment('c'), 'e-11'), heard('payment', payment('a'), 'e-2'));
  assert.deepEqual(ids(state), ['c', 'b', 'a']);
});

test('the same payment id in two wallets is two payments', () => {
  const state = after(...loaded, heard('payment', payment('b', { wallet: 'other' }), 'e-11'));
  assert.deepEqual(ids(state), ['b', 'a']);
});

test('a later status changes the row in its place, an earlier one replayed does not', () => {
  const out = { direction: 'outgoing' };
  const pending = payment('a', { ...out, status: 'pending', settled_at: null });
  const failed = payment('a', { ...out, status: 'failed', settled_at: null });
  const settled = payment('a', { ...out, status: 'settled' });
  const start = [loaded[0], page([payment('b'), pending])];
  const status = (...actions) => shownList(after(...start, ...actions)).rows[1].payment.status;
  assert.equal(status(heard('payment', failed, 'e-11')), 'failed');
  assert.equal(status(heard('payment', failed, 'e-11'), heard('payment', settled, 'e-12')), 'settled');
  assert.equal(status(heard('payment', settled, 'e-12'), heard('payment', pending, 'e-9')), 'settled');
});

test('an event that a state has already taken in leaves the very same state', () => {
  const state = after(...loaded, heard('payment', payment('c'), 'e-11'));
  const again = reduce(state, heard('payment', payment('c'), 'e-11'));
  assert.equal(again.lists.main, state.lists.main);
});

test('a balance moves on with events and never back', () => {
  const event = (msat, id) => heard('balance', {
    wallet: 'main', balance_msat: msat, change_msat: 0, cause: 'payment',
    confirmed_at: '2026-11-21T01:00:05.000Z',
  }, id);
  const msat = (...actions) => after(...loaded, ...actions).wallets[0].balance_msat;
  assert.equal(msat(event(2000, 'e-11')), 2000);
  assert.equal(msat(event(2000, 'e-9')), 1000, 'replayed from before the answer');
  assert.equal(msat(event(2000, 'e-11'), loaded[0]), 2000, 'an answer overtaken by an event');
  assert.equal(msat(event(2000, 'f-1')), 2000, 'a new epoch has no past');
});

test('a page read again keeps what came in above it, and what lies beneath', () => {
  const state = after(...loaded, heard('payment', payment('c'), 'e-11'),
    page([payment('b', { memo: 'changed' })], 'cursor'));
  assert.deepEqual(ids(state), ['c', 'b', 'a']);
  assert.equal(shownList(state).rows[1].payment.memo, 'changed');
});

test('a page that does not reach down to what is there replaces it: no unseen hole', () => {
  const later = { observed_at: '2026-11-21T02:00:00.000Z' };
  const state = after(...loaded, heard('payment', payment('c'), 'e-11'),
    page([payment('y', later), payment('x', later)], 'cursor'));
  assert.deepEqual(ids(state), ['y', 'x']);
  assert.equal(shownList(state).nextBefore, 'cursor');
});

test('earlier pages go beneath', () => {
  const state = after(...loaded, {
    ...page([payment('a'), payment('0')]), older: true,
  });
  assert.deepEqual(ids(state), ['b', 'a', '0']);
});

test('a filter shows what it finds, and takes in what matches and arrives', () => {
  const state = after(...loaded,
    { type: 'filter', filter: { direction: 'incoming', q: 'TEA' } },
    { type: 'found', page: { payments: [payment('t', { memo: 'tea' })], next_before: null }, older: false },
    heard('payment', payment('u', { memo: 'Green Tea' }), 'e-11'),
    heard('payment', payment('v', { memo: 'coffee' }), 'e-12'),
    heard('payment', payment('w', { memo: 'tea', direction: 'outgoing' }), 'e-13'));
  assert.deepEqual(ids(state), ['u', 't']);
  const cleared = reduce(state, { type: 'filter', filter: { direction: '', q: '' } });
  assert.deepEqual(ids(cleared), ['w', 'v', 'u', 'b', 'a']);
});

test('a number is in doubt as soon as its source leaves connected, and since then', () => {
  const status = { type: 'status', asked: 0, status: { sources: [{ name: 'main', state: 'connected', reason: null }] } };
  const down = { name: 'main', state: 'reconnecting', reason: 'heartbeat', next_retry_at: null };
  const state = after(...loaded, status, { ...heard('status', down), at: 5000 },
    { ...heard('status', { ...down, state: 'failed' }), at: 9000 });
  assert.equal(state.wallets[0].stale, true);
  assert.equal(state.sources.main.downSince, 5000);
  const up = reduce(state, heard('status', { ...down, state: 'connected', reason: null }));
  assert.equal(up.wallets[0].stale, false);
  assert.equal(up.sources.main.downSince, null);
});

test('a wallet that left the configuration leaves the page', () => {
  const state = after(...loaded, { type: 'balances', balances: [balance({ wallet: 'next' })], asked: 0 });
  assert.equal(state.chosen, 'next');
});

test('an answer that an event has overtaken does not turn a state back', () => {
  const source = (state) => ({ name: 'main', state, reason: null, next_retry_at: null });
  const answer = (asked) => ({ type: 'status', asked, status: { sources: [source('connected')] } });
  const balances = (asked) => ({ type: 'balances', asked, balances: [balance()] });
  const start = after(...loaded, answer(0));
  const asked = start.turn;
  const failed = [heard('status', source('failed')), answer(asked), balances(asked),
    { type: 'source', asked, source: source('connecting'), at: 1 }].reduce(reduce, start);
  assert.equal(failed.sources.main.source.state, 'failed');
  assert.deepEqual([failed.wallets[0].state, failed.wallets[0].stale], ['failed', true]);
  const later = [answer(failed.turn), balances(failed.turn)].reduce(reduce, failed);
  assert.equal(later.sources.main.source.state, 'connected');
  assert.equal(later.wallets[0].stale, false);
});

test('what arrives before the first page of its list is kept', () => {
  const early = after(loaded[0], heard('payment', payment('c'), 'e-11'));
  assert.equal(shownList(early), null, 'it is no list yet');
  assert.deepEqual(ids(reduce(early, page([payment('b')]))), ['c', 'b']);
  assert.deepEqual(ids(reduce(early, page([payment('c'), payment('b')]))), ['c', 'b']);
});

const sources = (...list) => ({ type: 'status', asked: 0, status: { sources: list } });
const source = (name, extra = {}) => ({ name, kind: 'lnbits', state: 'connected', reason: null, ...extra });

test('a wallet that was never confirmed is served no balance, and is shown all the same', () => {
  const failed = source('main', { label: 'Till', state: 'failed', reason: 'credentials' });
  const state = after(sources(failed), { type: 'balances', balances: [], asked: 0 });
  assert.equal(state.chosen, 'main');
  assert.deepEqual(state.wallets.map(({ wallet, label, balance_msat, stale }) => [wallet, label, balance_msat, stale]),
    [['main', 'Till', null, true]]);
  const confirmed = reduce(state, heard('balance', {
    wallet: 'main', balance_msat: 7, change_msat: 7, cause: 'initial', confirmed_at: '2026-11-21T01:00:05.000Z',
  }, 'e-1'));
  assert.equal(confirmed.wallets[0].balance_msat, 7);
});

test('wallets stand in the order of the configuration, confirmed or not', () => {
  const state = after(sources(source('a', { state: 'error' }), source('mint', { kind: 'cashu' }), source('main')),
    loaded[0]);
  assert.deepEqual(state.wallets.map(({ wallet }) => wallet), ['a', 'main']);
  const reloaded = reduce(state, { ...sources(source('main')), asked: state.turn });
  assert.deepEqual(reloaded.wallets.map(({ wallet }) => wallet), ['main'], 'removed by a reload');
});

test('the wallet that was asked for is waited for until it is known which there are', () => {
  const asked = { type: 'choose', wallet: 'new' };
  const early = after(asked, loaded[0]);
  assert.equal(early.chosen, 'new');
  assert.equal(reduce(early, sources(source('main'), source('new', { state: 'error' }))).chosen, 'new');
  assert.equal(reduce(early, sources(source('main'))).chosen, 'main');
});

test('a wallet that is no longer served does not come back as one that was never confirmed', () => {
  const state = after(sources(source('main'), source('next')),
    { type: 'balances', balances: [balance(), balance({ wallet: 'next' })], asked: 0 },
    { type: 'balances', balances: [balance({ wallet: 'next', last_event_id: 'e-11' })], asked: 0 });
  assert.deepEqual(state.wallets.map(({ wallet }) => wallet), ['next']);
});

test('who is signed out sees nothing more, and comes back to the same place', () => {
  const state = after(...loaded, sources(source('main')), heard('payment', payment('c'), 'e-11'));
  const locked = reduce(state, { type: 'unauthorised', unauthorised: true });
  assert.deepEqual([locked.wallets, locked.lists, locked.sources, locked.status], [[], {}, {}, null]);
  assert.deepEqual([locked.chosen, locked.heardId, locked.turn], ['main', 'e-11', state.turn]);
  assert.equal(reduce(locked, { type: 'unauthorised', unauthorised: true }), locked);
  assert.equal(reduce(locked, { type: 'unauthorised', unauthorised: false }).unauthorised, false);
});

test('one more payment upon ten thousand costs no more than a few milliseconds', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => payment(`p${index}`));
  const start = after(loaded[0], page(many));
  const began = performance.now();
  const state = reduce(start, heard('payment', payment('one more'), 'e-11'));
  assert.ok(performance.now() - began < 50);
  assert.equal(shownList(state).rows.length, 10_001);
});
