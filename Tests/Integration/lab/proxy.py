"""A reverse proxy that misbehaves on command, between the bridge and a wallet's server."""

import contextlib
import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Fault:
    """What the proxy answers instead of asking the server."""

    status: int
    content_type: str
    body: bytes


BAD_GATEWAY = Fault(502, "text/html", b"<html><body><h1>502 Bad Gateway</h1></body></html>")
NO_SUCH_PAGE = Fault(404, "text/html", b"<html><body><h1>404 Not Found</h1></body></html>")
RATE_LIMITED = Fault(429, "application/json", b'{"error":"Rate limit exceeded: 200 per 1 minute"}')


class Proxy:
    """Relays HTTP and upgraded sockets to `upstream`, and counts what it was asked for."""

    def __init__(self, upstream: str):
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.fault: Fault | None = None
        self.upgrade_fault: Fault | None = None
        self.requests: Counter[str] = Counter()
        self.last_request_at = 0.0
        self.frames_are_swallowed = False
        self.added_headers: dict[str, str] = {}
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def total_requests(self) -> int:
        """Everything but upgrades."""
        return sum(count for path, count in self.requests.items() if path != "upgrade")

    def body_relayed(self, path: str, body: bytes) -> bytes:
        """What becomes of an answer's body, for heirs that falsify."""
        return body

    def filter_for_socket(self) -> Callable[[bytes], bytes]:
        """What becomes of the bytes that the server sends on one upgraded connection."""
        return lambda data: data

    def cut_sockets(self) -> None:
        """Ends every upgraded connection without a close frame."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                shut(end)

    def close(self) -> None:
        self.cut_sockets()
        self.server.shutdown()
        self.server.server_close()


def shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"
    # Small writes must not wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    def relay(self) -> None:
        proxy = self.owner
        is_upgrade = self.headers.get("Upgrade", "").lower() == "websocket"
        proxy.requests["upgrade" if is_upgrade else urlsplit(self.path).path] += 1
        proxy.last_request_at = time.monotonic()
        fault = proxy.upgrade_fault if is_upgrade else proxy.fault
        if fault is not None:
            self.answer(fault.status, [("Content-Type", fault.content_type)], fault.body)
        elif is_upgrade:
            self.relay_socket()
        else:
            self.relay_request()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = relay

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def relay_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        sent |= self.owner.added_headers
        connection = http.client.HTTPConnection(*self.owner.upstream, timeout=60)
        try:
            connection.request(self.command, self.path, body=body or None, headers=sent)
            response = connection.getresponse()
            content = self.owner.body_relayed(self.path, response.read())
            kept = [(k, v) for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP]
            self.answer(response.status, kept, content)
        except (OSError, http.client.HTTPException):
            self.answer(BAD_GATEWAY.status, [("Content-Type", "text/html")], BAD_GATEWAY.body)
        finally:
            connection.close()

    def relay_socket(self) -> None:
        """Hands the head on as it came, then bytes both ways until one side ends."""
        self.close_connection = True
        try:
            server = socket.create_connection(self.owner.upstream, timeout=30)
        except OSError:
            self.answer(BAD_GATEWAY.status, [("Content-Type", "text/html")], BAD_GATEWAY.body)
            return
        server.settimeout(None)
        head = f"{self.command} {self.path} HTTP/1.1\r\n"
        headers = [*self.headers.items(), *self.owner.added_headers.items()]
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        server.sendall(head.encode() + b"\r\n")
        pair = (self.connection, server)
        self.owner.pairs.append(pair)
        back = threading.Thread(target=self.pump, args=(server, self.connection), daemon=True)
        back.start()
        self.pump(self.connection, server)
        back.join()
        server.close()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        from_server = source is not self.connection
        relayed = self.owner.filter_for_socket() if from_server else lambda data: data
        try:
            while data := source.recv(65536):
                if from_server and self.owner.frames_are_swallowed:
                    continue
                sink.sendall(relayed(data))
        except OSError:
            pass
        shut(source)
        shut(sink)

    def log_message(self, *_: object) -> None:
        pass
