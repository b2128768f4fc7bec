// @ts-check
// Ends the session, where this bridge has any: on a screen that is not one's own.

import { isTokenRequired, signOut } from '../api.js';
import { byId } from '../dom.js';

export class SignOut {
  #button = byId('sign-out');
  #isAsked = false;

  /** @param {(work: () => Promise<void>) => void} telling says what did not work */
  constructor(telling) {
    this.#button.addEventListener('click', () => telling(async () => {
      await signOut();
      // What was shown goes with the page.
      location.reload();
    }));
  }

  /** Asks once whether there is something to sign out of. */
  async offer() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    try {
      this.#button.hidden = !await isTokenRequired();
    } catch {
      this.#isAsked = false;
    }
  }
}
