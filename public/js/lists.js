// @ts-check
// Lists of payments: what arrives joined to what is there. Pure.

/** @typedef {import('./types.js').Payment} Payment */
/** @typedef {import('./types.js').List} List */

/** @type {Record<Payment['status'], number>} a later status never gives way to an earlier one */
const RANK = { pending: 0, failed: 1, settled: 2 };

/**
 * @param {Payment} payment
 * @param {import('./types.js').Filter} filter
 */
export function matches(payment, filter) {
  if (filter.direction && payment.direction !== filter.direction) return false;
  return (payment.memo ?? '').toLowerCase().includes(filter.q.toLowerCase());
}

/** @param {Payment} payment */
export function keyOf(payment) {
  return `${payment.wallet} ${payment.payment_id}`;
}

/**
 * @param {List} list
 * @param {Payment} payment
 * @returns {List}
 */
export function withPayment(list, payment) {
  const key = keyOf(payment);
  const index = list.rows.findIndex((row) => row.key === key);
  if (index < 0) return { ...list, rows: [{ key, payment, arrived: true }, ...list.rows] };
  const row = list.rows[index];
  if (RANK[payment.status] < RANK[row.payment.status] || same(row.payment, payment)) return list;
  const rows = list.rows.slice();
  rows[index] = { ...row, payment };
  return { ...list, rows };
}

/**
 * @param {Payment} a
 * @param {Payment} b
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * A page from REST joined to what is there. Older pages go beneath. The newest page is laid over the top:
 * rows it does not know came in while it was under way and stay above it, unless it does not reach down to
 * what is there, when it replaces everything rather than leave an unseen hole.
 *
 * @param {List|undefined} list
 * @param {import('./types.js').PaymentPage} page
 * @param {boolean} older
 * @returns {List}
 */
export function listed(list, page, older) {
  const old = new Map((list?.rows ?? []).map((row) => [row.key, row]));
  const fresh = page.payments.map((payment) => {
    const row = old.get(keyOf(payment));
    if (!row) return { key: keyOf(payment), payment, arrived: false };
    const outdated = RANK[payment.status] < RANK[row.payment.status] || same(row.payment, payment);
    return outdated ? row : { ...row, payment };
  });
  if (!list) return { rows: fresh, nextBefore: page.next_before, read: true };
  const inPage = new Set(fresh.map((row) => row.key));
  const others = list.rows.filter((row) => !inPage.has(row.key));
  if (older) return { rows: [...others, ...fresh], nextBefore: page.next_before, read: true };
  if (!list.read) return { rows: [...others, ...fresh], nextBefore: page.next_before, read: true };
  const first = list.rows.findIndex((row) => inPage.has(row.key));
  if (first < 0) {
    const newest = page.payments[0]?.observed_at ?? '';
    const above = list.rows.filter((row) => row.arrived && row.payment.observed_at >= newest
      && !inPage.has(row.key));
    return { rows: [...above, ...fresh], nextBefore: page.next_before, read: true };
  }
  const above = list.rows.slice(0, first);
  const below = list.rows.slice(first).filter((row) => !inPage.has(row.key));
  return { rows: [...above, ...fresh, ...below], nextBefore: list.nextBefore, read: true };
}
