// @ts-check
// The step line of the last 24 hours and today's sums, where the bridge has a history to tell.

import { byId, setAttribute, setText } from '../dom.js';
import { levels, stepLine, sumsOfToday } from '../day.js';
import { plain, sign } from '../format.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 100;

export class Day {
  #holder = byId('day');
  #svg = byId('day-line');
  #area = document.createElementNS(SVG, 'path');
  #line = document.createElementNS(SVG, 'path');
  #drawn = '';

  constructor() {
    this.#area.setAttribute('class', 'area');
    this.#line.setAttribute('class', 'line');
    this.#svg.append(this.#area, this.#line);
  }

  /**
   * @param {import('../types.js').State} state
   * @param {import('../types.js').Unit} unit
   * @param {number} now
   */
  draw({ chosen, history, wallets }, unit, now) {
    const rows = history?.wallet === chosen ? history.rows : null;
    const balance = wallets.find((each) => each.wallet === chosen)?.balance_msat ?? null;
    this.#holder.hidden = rows === null || balance === null;
    if (rows === null || balance === null) return;
    const { path, end } = stepLine(levels(rows, balance, now), WIDTH, HEIGHT);
    if (path !== this.#drawn) {
      this.#drawn = path;
      this.#line.setAttribute('d', path);
      this.#area.setAttribute('d', `${path}V${HEIGHT}H0Z`);
      byId('day-now').style.top = `${(end / HEIGHT) * 100}%`;
    }
    const sums = sumsOfToday(rows, now);
    setText(byId('sum-incoming'), signed('incoming', sums.incoming, unit));
    setText(byId('sum-outgoing'), signed('outgoing', sums.outgoing, unit));
    setAttribute(this.#svg, 'aria-label', `Balance over the last 24 hours; ${sums.count} payments today`);
  }
}

/**
 * @param {'incoming'|'outgoing'} direction
 * @param {number} msat
 * @param {import('../types.js').Unit} unit
 */
function signed(direction, msat, unit) {
  return msat === 0 ? '0' : sign(direction) + plain(msat, unit);
}
