"""A reader of Server-Sent Events that keeps what it saw and when."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

DURABLE = ("payment", "balance", "watch")


@dataclass
class Event:
    """One dispatched block. `data` is decoded JSON; `arrived` is monotonic, in seconds."""

    kind: str
    data: Any
    id: str | None
    arrived: float


@dataclass
class Block:
    """The fields of one block as they stood on the wire, comments under an empty name."""

    fields: list[tuple[str, str]] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        values = [value for key, value in self.fields if key == name]
        return "\n".join(values) if values else None


class EventStream:
    """GET of an event stream on a socket and a thread of its own, over raw HTTP/1.1.

    `ended` is set when the server closes; `ended_cleanly` then says whether the last chunk and a
    whole last event were there.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None):
        parts = urlsplit(url)
        self.lock = threading.Condition(threading.RLock())
        self.blocks: list[Block] = []
        self.events: list[Event] = []
        self.comments = 0
        self.last_id: str | None = None
        self.ended = False
        self.ended_cleanly = False
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Accept: text/event-stream"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=30)
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.socket.settimeout(None)
        self.wire = self.socket.makefile("rb")
        self.status, self.headers = self._read_head()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    # Reading

    def _read_head(self) -> tuple[int, dict[str, str]]:
        status = int(self.wire.readline().split()[1])
        headers = {}
        while (line := self.wire.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        return status, headers

    def _read(self) -> None:
        pending = b""
        whole = False
        try:
            while (chunk := self._next_chunk()) is not None:
                whole = chunk == b""
                if whole:
                    break
                pending += chunk
                *complete, pending = pending.split(b"\n\n")
                for text in complete:
                    self._dispatch(text.decode())
        except (OSError, ValueError):
            pass
        with self.lock:
            self.ended = True
            self.ended_cleanly = whole and pending == b""
            self.lock.notify_all()

    def _next_chunk(self) -> bytes | None:
        """What comes next; empty at the proper end, None when the connection breaks."""
        if self.headers.get("transfer-encoding") != "chunked":
            length = int(self.headers.pop("content-length", 0))
            return self.wire.read(length)
        size = self.wire.readline().split(b";")[0].strip()
        if not size:
            return None
        chunk = self.wire.read(int(size, 16))
        self.wire.readline()
        return chunk

    def _dispatch(self, text: str) -> None:
        block = Block()
        for line in text.split("\n"):
            name, _, value = line.partition(":")
            block.fields.append((name, value.removeprefix(" ")))
        with self.lock:
            self.blocks.append(block)
            if block.value("") is not None:
                self.comments += 1
            self.last_id = block.value("id") or self.last_id
            if (data := block.value("data")) is not None:
                kind = block.value("event") or "message"
                decoded = json.loads(data)
                self.events.append(Event(kind, decoded, block.value("id"), time.monotonic()))
            self.lock.notify_all()

    # Asking

    @property
    def durable(self) -> list[Event]:
        """Payments, balances and watches, in the order of the wire."""
        with self.lock:
            return [event for event in self.events if event.kind in DURABLE]

    def of_kind(self, kind: str) -> list[Event]:
        with self.lock:
            return [event for event in self.events if event.kind == kind]

    def wait_for(self, condition: Callable[["EventStream"], Any], timeout: float, what: str) -> Any:
        """The first true value of `condition(self)`, looked at whenever something comes in."""
        deadline = time.monotonic() + timeout
        with self.lock:
            while not (value := condition(self)):
                left = deadline - time.monotonic()
                if left <= 0:
                    seen = [(event.kind, event.id, event.data) for event in self.events[-12:]]
                    raise AssertionError(f"not within {timeout:.1f} s: {what}; last seen: {seen}")
                self.lock.wait(left)
            return value

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.wire.close()
        self.socket.close()
