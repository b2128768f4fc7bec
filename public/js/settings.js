// @ts-check
// What this browser remembers. Storage may be forbidden: then it remembers until the page is closed.

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {string} key
 * @returns {string|null}
 */
export function recall(key) {
  try {
    return localStorage.getItem(`walletwire.${key}`);
  } catch {
    return memory.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function remember(key, value) {
  memory.set(key, value);
  try {
    localStorage.setItem(`walletwire.${key}`, value);
  } catch {
    // Kept in memory.
  }
}
