"""A second listener at a mint, beside the bridge or without one."""

import contextlib
import json
import threading
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .process import wait_until


class Ears:
    """A connection to a mint, and what was heard on it."""

    def __init__(self, url: str):
        self.answers: list[dict] = []
        self.states: list[tuple[str, str]] = []
        self.sent = 0
        self.close_code: int | None = None
        # Uncompressed, as the bridge does it.
        address = url.replace("http", "ws") + "/v1/ws"
        self.socket = connect(address, compression=None).__enter__()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = json.loads(self.socket.recv())
                if "method" not in message:
                    self.answers.append(message)
                    continue
                payload = message["params"]["payload"]
                self.states.append((payload.get("quote") or payload["Y"], payload["state"]))
        self.close_code = self.socket.protocol.close_code

    def subscribe(self, kind: str, *ids: str) -> dict:
        """Says it, and returns the mint's answer."""
        self.sent += 1
        params = {"kind": kind, "filters": list(ids), "subId": f"ears-{self.sent}"}
        message = {"jsonrpc": "2.0", "id": self.sent, "method": "subscribe", "params": params}
        self.socket.send(json.dumps(message))
        wait_until(lambda: len(self.answers) >= self.sent, 5, "an answer")
        return self.answers[-1]

    def exhaust_limit(self, quote: str) -> int:
        """Talks until the mint limits who talks from here; returns how often it did listen."""
        count = 0
        while "result" in self.subscribe("bolt11_mint_quote", quote):
            count += 1
        assert self.answers[-1]["id"] == 0, "the mint limits, and does not say whom it answers"
        return count

    def hear(self, name: str, *states: str) -> None:
        """These states of one quote or proof: waits for them, then a little for one too many."""

        def heard() -> list[str]:
            return [state for told, state in self.states if told == name]

        wait_until(lambda: len(heard()) >= len(states), 5, f"{states}")
        time.sleep(0.2)
        assert heard() == list(states)
