import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asText, figures } from '../../../public/js/figures.js';
import { levels, stepLine, sumsOfToday } from '../../../public/js/day.js';
import { standing, why } from '../../../public/js/standing.js';
import { initialState, reduce } from '../../../public/js/store.js';

function stateOf(source, balance = {}, actions = []) {
  const wallet = {
    wallet: 'main', label: 'main', balance_msat: 1, confirmed_at: '2026-11-21T01:00:00.000Z',
    stale: source.state !== 'connected', state: source.state, ...balance,
  };
  return [
    { type: 'balances', balances: [wallet], asked: 0 },
    { type: 'status', asked: 0, status: { sources: [{ name: 'main', reason: null, ...source }] } },
    { type: 'link', link: 'open', lastId: 'e-1', at: 1 },
    ...actions,
  ].reduce(reduce, initialState());
}

for (const [state, shape, word, hasBanner] of [
  ['connected', 'live', 'live', false],
  ['connecting', 'connecting', 'connecting', true],
  ['reconnecting', 'connecting', 'reconnecting', true],
  ['error', 'trouble', 'trouble', true],
  ['failed', 'trouble', 'failed', true],
  ['disconnected', 'paused', 'paused', true],
]) {
  test(`${state} has a shape and a word, and a banner when the number is in doubt`, () => {
    const found = standing(stateOf({ state }), 'main');
    assert.deepEqual([found.shape, found.word, found.headline !== ''], [shape, word, hasBanner]);
    assert.equal(found.stale, hasBanner);
  });
}

test('connected is not live while the number is stale', () => {
  const found = standing(stateOf({ state: 'connected' }, { stale: true }), 'main');
  assert.equal(found.shape, 'trouble');
  assert.equal(found.since, Date.parse('2026-11-21T01:00:00.000Z'));
});

for (const reason of [
  'paused', 'disabled', 'unwatched', 'stopping', 'credentials', 'network', 'timeout', 'tls',
  'upgrade_refused', 'heartbeat', 'server_error', 'rate_limited', 'closed', 'silent',
  'protocol_error', 'storage',
]) {
  test(`${reason} is told in plain words`, () => {
    assert.match(why(reason), /^[A-Z].{20,}\.$/);
    assert.ok(!why(reason).includes('_'));
  });
}

test('a reason that this page has not heard of is shown as it is', () => {
  assert.equal(why('full_moon'), 'Full moon.');
});

test('without the bridge nothing is live, whatever was known', () => {
  const lost = standing(
    stateOf({ state: 'connected' }, {}, [{ type: 'link', link: 'lost', lastId: null, at: 7 }]), 'main');
  assert.deepEqual([lost.shape, lost.since, lost.remedy], ['trouble', 7, 'reload']);
  const silent = standing(
    stateOf({ state: 'connected' }, {}, [{ type: 'answering', answering: false, at: 8 }]), 'main');
  assert.deepEqual([silent.shape, silent.since], ['trouble', 8]);
  const again = standing(stateOf({ state: 'connected' }, {}, [
    { type: 'link', link: 'lost', lastId: null, at: 7 },
    { type: 'link', link: 'opening', lastId: null, at: 9 }]), 'main');
  assert.equal(again.since, 7, 'an attempt is still the same loss');
});

test('what is switched off has no button, what is paused can be resumed', () => {
  assert.equal(standing(stateOf({ state: 'disconnected', reason: 'disabled' }), 'main').remedy, null);
  assert.equal(standing(stateOf({ state: 'disconnected', reason: 'paused' }), 'main').remedy, 'resume');
});

test('every figure is shown, also one that is new', () => {
  const shown = figures({ heartbeat_rtt_ms: 0.4, moon_phase: 3, last_error: null }, 0);
  assert.deepEqual(shown.map((each) => [each.label, each.value]),
    [['Heartbeat round trip', '0.4 ms'], ['moon phase', '3'], ['Last error', '–']]);
});

test('the text for a bug report holds every key', () => {
  const text = asText(
    { version: '1', subscribers: 2, sources: [{ name: 'main', state: 'failed', reason: null }] },
    { stream: 'open', browser: 'a browser' }, 0);
  for (const words of ['version: 1', 'subscribers: 2', 'source main', 'state: failed', 'stream: open']) {
    assert.ok(text.includes(words), words);
  }
});

const hour = 3_600_000;
const now = new Date(2026, 10, 21, 12, 30).getTime();
const row = (hoursAgo, incoming, outgoing, closing) => ({
  start: new Date(new Date(2026, 10, 21, 12).getTime() - hoursAgo * hour).toISOString(), count: 1,
  incoming_msat: incoming, outgoing_msat: outgoing, fee_msat: 0, closing_balance_msat: closing,
});

test('a balance moves in steps', () => {
  const steps = levels([row(2, 50, 0, 150), row(0, 0, 30, 120)], 120, now);
  assert.deepEqual(steps.map((each) => each.msat), [100, 150, 120, 120]);
  assert.equal(steps[0].at, now - 24 * hour);
  assert.equal(steps.at(-1).at, now);
  assert.match(stepLine(steps, 600, 100).path, /^M0 [\d.]+(H[\d.]+V[\d.]+)+$/);
});

test('what happened before the day began is where it starts', () => {
  const steps = levels([row(24, 50, 0, 150), row(0, 0, 30, 120)], 120, now + hour / 3);
  assert.deepEqual(steps.map((each) => each.msat), [150, 120, 120]);
});

test('a day without payments is a straight line', () => {
  assert.equal(stepLine(levels([], 5, now), 600, 100).path, 'M0 50H600V50');
});

test('today begins at midnight', () => {
  const sums = sumsOfToday([row(13, 7, 0, 7), row(12, 50, 0, 57), row(0, 0, 30, 27)], now);
  assert.deepEqual(sums, { incoming: 50, outgoing: 30, count: 2 });
});
