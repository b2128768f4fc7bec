"""A wallet's server that answers as it should, until a test hands it something else to send."""

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable

Sender = Callable[[socket.socket], None]

WALLET = "/api/v1/wallet"
PAYMENTS = "/api/v1/payments/paginated"
VERSION = "/openapi.json"
SOCKET = "/api/v1/ws/"
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def response(
    body: bytes, status: str = "200 OK", content_type: str = "application/json", extra: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
    return (head + f"Content-Length: {len(body)}\r\n{extra}\r\n").encode() + body


def send(data: bytes) -> Sender:
    return lambda wire: wire.sendall(data)


def send_json(text: str) -> Sender:
    return send(response(text.encode()))


def endless(head: bytes, piece: bytes) -> Sender:
    """Sends without an end, until the peer has had enough."""

    def run(wire: socket.socket) -> None:
        wire.sendall(head)
        while True:
            wire.sendall(piece)

    return run


def text_frame(payload: bytes, first_byte: int = 0x81) -> bytes:
    if len(payload) < 126:
        return bytes([first_byte, len(payload)]) + payload
    if len(payload) < 65536:
        return bytes([first_byte, 126]) + struct.pack(">H", len(payload)) + payload
    return bytes([first_byte, 127]) + struct.pack(">Q", len(payload)) + payload


class HostileLNbits:
    """One wallet. `faults` names what a path sends instead of its answer."""

    def __init__(self, balance_msat: int = 1_000_000):
        self.balance_msat = balance_msat
        self.rows: list[dict[str, object]] = []
        self.name = "alice"
        self.version = "1.6.2"
        self.faults: dict[str, Sender] = {}
        # Another spelling of the same answer.
        self.spell: Callable[[str], str] = str
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def push(self, data: bytes) -> None:
        """Bytes on the open WebSockets, as they are."""
        for wire in self.sockets:
            with contextlib.suppress(OSError):
                wire.sendall(data)

    def close(self) -> None:
        self.listener.close()
        for wire in self.sockets:
            wire.close()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[wire], daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with contextlib.suppress(OSError), wire.makefile("rb") as lines:
            while head := self._read_head(lines):
                path = head.split(" ")[1].split("?")[0]
                self.heads.append(head)
                self.requests.append(path)
                name = SOCKET if path.startswith(SOCKET) else path
                if (fault := self.faults.get(name)) is not None:
                    fault(wire)
                    break
                if name == SOCKET:
                    self._upgrade(wire, head)
                    return
                wire.sendall(response(self.spell(json.dumps(self._answer(path))).encode()))
        wire.close()

    @staticmethod
    def _read_head(lines) -> str:
        head = b""
        while (line := lines.readline()) not in (b"\r\n", b""):
            head += line
        return head.decode()

    def _answer(self, path: str) -> object:
        if path == VERSION:
            return {"info": {"version": self.version}}
        if path == WALLET:
            return {"name": self.name, "balance": self.balance_msat}
        return {"data": self.rows, "total": len(self.rows)}

    def _upgrade(self, wire: socket.socket, head: str) -> None:
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        key = next(value for name, value in fields.items() if name.lower() == "sec-websocket-key")
        digest = hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()
        accept = base64.b64encode(digest).decode()
        wire.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self.sockets.append(wire)
