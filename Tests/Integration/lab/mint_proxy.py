"""A proxy before a Cashu mint, which makes it behave as other mints were seen to behave."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from .proxy import Proxy

ELSEWHERE = (f"203.0.113.{number}" for number in count(1))
"""Addresses of documentation (RFC 5737): nobody's. A mint remembers one for a minute."""

TEXT_FRAME = 0x81
"""The first byte of a whole one (RFC 6455 section 5.2)."""


class MintProxy(Proxy):
    """Relays to a mint, with what is said about notifications changed on command."""

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self.notification_copies = 1
        """0: subscriptions are acknowledged, and nothing is ever told."""
        self.only_pongs_pass = False
        """The socket is served, and nobody behind it."""
        self.hides_websockets = False
        """The mint does not advertise NUT-17."""
        self.falsify: Callable[[str, Any], Any] | None = None
        """What becomes of an answer: its path and its JSON, to the JSON instead."""

    def come_from_elsewhere(self) -> None:
        """Says that everything comes from an address that the mint's rate limit does not spare."""
        self.added_headers = {"X-Forwarded-For": next(ELSEWHERE)}

    def body_relayed(self, path: str, body: bytes) -> bytes:
        if self.falsify is not None:
            return json.dumps(self.falsify(path, json.loads(body))).encode()
        if not self.hides_websockets or path != "/v1/info":
            return body
        info = json.loads(body)
        del info["nuts"]["17"]
        return json.dumps(info).encode()

    def copies(self, frame: bytes) -> int:
        """How often what the mint sent is handed on. Its answers have an `id`, not a `method`."""
        if frame[0] == TEXT_FRAME and self.only_pongs_pass:
            return 0
        return self.notification_copies if b'"method"' in frame else 1

    def filter_for_socket(self) -> Callable[[bytes], bytes]:
        frames = Frames()

        def relayed(data: bytes) -> bytes:
            return b"".join(frame * self.copies(frame) for frame in frames.take(data))

        return relayed


class Frames:
    """Cuts what a server sends into whole frames (RFC 6455 section 5.2), the HTTP head first.

    When the server refuses the upgrade, there are none.
    """

    def __init__(self) -> None:
        self.pending = b""
        self.is_past_head = False
        self.is_refused = False

    def take(self, data: bytes) -> list[bytes]:
        self.pending += data
        whole = []
        while (size := self._size()) and size <= len(self.pending):
            whole.append(self.pending[:size])
            self.pending = self.pending[size:]
        return whole

    def _size(self) -> int | None:
        """Of what comes next; None while that cannot be told. A server masks nothing."""
        if self.is_refused:
            return len(self.pending)
        if not self.is_past_head:
            end = self.pending.find(b"\r\n\r\n")
            if end < 0:
                return None
            self.is_past_head = True
            self.is_refused = not self.pending.startswith(b"HTTP/1.1 101 ")
            return end + 4
        if len(self.pending) < 10:
            short = len(self.pending) >= 2 and self.pending[1] < 126
            return 2 + self.pending[1] if short else None
        length = self.pending[1]
        if length < 126:
            return 2 + length
        extended = 2 if length == 126 else 8
        return 2 + extended + int.from_bytes(self.pending[2 : 2 + extended], "big")
