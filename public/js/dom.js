// @ts-check
// The few things the views do to the document. Data only ever becomes text.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The element that index.html promises to have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {(Node|string)[]} children
 * @returns {HTMLElement}
 */
export function element(tag, className = '', ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/**
 * One of the drawings in index.html.
 * @param {string} symbol its id
 * @returns {SVGSVGElement}
 */
export function icon(symbol) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#${symbol}`);
  svg.append(use);
  return svg;
}

/**
 * @param {Element} holder an element with an icon in it
 * @param {string} symbol
 */
export function setIcon(holder, symbol) {
  const use = holder.querySelector('use');
  if (use?.getAttribute('href') !== `#${symbol}`) use?.setAttribute('href', `#${symbol}`);
}

/**
 * @param {Element} node
 * @param {string} value
 */
export function setText(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string|null} value null takes it away
 */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Changes the document without moving `anchor` under the reader's eyes.
 * @param {Element} anchor
 * @param {() => void} change
 */
export function keepStill(anchor, change) {
  const before = anchor.getBoundingClientRect().top;
  change();
  const moved = anchor.getBoundingClientRect().top - before;
  if (moved) window.scrollBy({ top: moved, behavior: 'auto' });
}

export function prefersStillness() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
