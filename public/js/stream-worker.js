// @ts-check
// The SharedWorker: a browser allows six connections to an origin over all its tabs, so the tabs of this
// page share one stream.

import { SIGN_OF_LIFE_MS, Switchboard } from './switchboard.js';

const switchboard = new Switchboard(new URL('../api/v1/events', import.meta.url).href);
setInterval(() => switchboard.sweep(), SIGN_OF_LIFE_MS);

/** @type {any} */ (globalThis).onconnect = (/** @type {MessageEvent} */ connection) => {
  const port = connection.ports[0];
  port.onmessage = ({ data }) => switchboard.receive(port, data);
};
