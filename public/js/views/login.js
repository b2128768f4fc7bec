// @ts-check
// Who has the access token signs in with it. The token goes to the bridge once, which answers with a cookie that
// no script can read: it is in no URL, in no storage, and not in the field any longer than it is sent.

import { signIn } from '../api.js';
import { byId, setAttribute, setText } from '../dom.js';

export class Login {
  #form = /** @type {HTMLFormElement} */ (byId('login'));
  #field = /** @type {HTMLInputElement} */ (byId('access-token'));
  #problem = byId('login-problem');
  #signedIn;
  #isSending = false;

  /** @param {() => void} signedIn */
  constructor(signedIn) {
    this.#signedIn = signedIn;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    addEventListener('pagehide', () => this.#clear());
  }

  /** @param {import('../types.js').State} state */
  draw({ unauthorised }) {
    if (this.#form.hidden === !unauthorised) return;
    this.#form.hidden = !unauthorised;
    document.documentElement.toggleAttribute('data-locked', unauthorised);
    this.#clear();
    setText(this.#problem, '');
    if (unauthorised) this.#field.focus();
    else byId('wallet').focus({ preventScroll: true });
  }

  async #send() {
    const token = this.#field.value;
    this.#clear();
    if (this.#isSending || token === '') return;
    this.#isSending = true;
    setAttribute(this.#form, 'aria-busy', 'true');
    setText(this.#problem, '');
    try {
      await signIn(token);
      this.#signedIn();
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : String(error));
      this.#field.focus();
    }
    this.#isSending = false;
    setAttribute(this.#form, 'aria-busy', null);
  }

  #clear() {
    this.#field.value = '';
  }
}
