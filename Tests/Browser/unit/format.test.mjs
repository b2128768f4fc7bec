import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, amount, group, oneLine, plain, span, spoken } from '../../../public/js/format.js';

const THIN = '\u2009';

test('digits stand in groups of three', () => {
  assert.equal(group(0), '0');
  assert.equal(group(999), '999');
  assert.equal(group(1000), `1${THIN}000`);
  assert.equal(group(2_100_000_000), `2${THIN}100${THIN}000${THIN}000`);
});

for (const [msat, unit, number, remainder] of [
  [99_877_000, 'sat', `99${THIN}877`, ''],
  [99_877_123, 'sat', `99${THIN}877`, '.123'],
  [99_877_007, 'sat', `99${THIN}877`, '.007'],
  [999, 'sat', '0', '.999'],
  [0, 'sat', '0', ''],
  [-1_500, 'sat', '\u22121', '.500'],
  [99_877_123, 'msat', `99${THIN}877${THIN}123`, ''],
  [99_877_123, 'BTC', `0.00${THIN}099${THIN}877`, `${THIN}123`],
  [99_877_000, 'BTC', `0.00${THIN}099${THIN}877`, ''],
  [2_100_000_000_000_000, 'BTC', `21${THIN}000.00${THIN}000${THIN}000`, ''],
]) {
  test(`${msat} msat in ${unit}`, () => {
    assert.deepEqual(amount(msat, unit), { number, remainder, unit });
  });
}

test('a screen reader hears one number, not several', () => {
  assert.equal(spoken(-1_234_567_001, 'sat'), 'minus 1234567.001 satoshi');
  assert.equal(plain(1_234_567_001, 'sat'), `1${THIN}234${THIN}567.001`);
});

test('relative times count, then name the day', () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  assert.equal(ago(now, now), 'now');
  assert.equal(ago(now + 5000, now), 'now', 'a clock that is behind never shows a negative age');
  assert.equal(ago(now - 3_200, now), '3 s ago');
  assert.equal(ago(now - 59_999, now), '59 s ago');
  assert.equal(ago(now - 60_000, now), '1 min ago');
  assert.equal(ago(now - 2 * 3_600_000, now), '2 h ago');
  assert.equal(ago(now - 30 * 3_600_000, now), 'yesterday');
  assert.equal(ago(now - 3 * 86_400_000, now), '3 days ago');
});

test('spans are coarse', () => {
  assert.equal(span(12_400), '12 s');
  assert.equal(span(65_000), '1 min 05 s');
  assert.equal(span(3_900_000), '1 h 05 min');
  assert.equal(span(100_000_000), '1 d 3 h');
  assert.equal(span(-1), '0 s');
});

test('words of others stay on one line and turn nothing', () => {
  assert.equal(oneLine('coffee ⚡ 👨‍👩‍👧 é'), 'coffee ⚡ 👨‍👩‍👧 é');
  assert.equal(oneLine('a\r\nb\tc\u2028d\u2029e\u0085f'), 'a b c d e f');
  assert.equal(oneLine('\u202egpj.exe\u2066 \u200f\u061c\u001b[31m'), 'gpj.exe   [31m');
  assert.equal(oneLine(''), '');
});
