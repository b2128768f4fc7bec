// @ts-check

/**
 * Whether event id `a` comes after `b`. Ids are `<epoch>-<sequence>`; between epochs there is no order,
 * and the one that arrives later is taken to be later.
 *
 * @param {string|null|undefined} a
 * @param {string|null|undefined} b
 * @returns {boolean}
 */
export function isAfter(a, b) {
  if (!a) return false;
  if (!b) return true;
  const [left, right] = [parse(a), parse(b)];
  return left.epoch !== right.epoch || left.sequence > right.sequence;
}

/** @param {string} id */
function parse(id) {
  const cut = id.lastIndexOf('-');
  return { epoch: id.slice(0, cut), sequence: Number(id.slice(cut + 1)) };
}
