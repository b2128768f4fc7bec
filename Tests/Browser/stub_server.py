"""The stub of the bridge on a port of its own."""

from __future__ import annotations

import json
import mimetypes
import queue
import secrets
import socket
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from stub_bridge import StubBridge, now

PUBLIC = Path(__file__).resolve().parents[2] / "public"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEARTBEAT_SECONDS = 1.0
"""How often an idle stream carries a comment. Short, so that a closed tab is noticed soon."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bridge: StubBridge

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:
        bridge = self.bridge
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        bridge.requests.append(self.path)
        if bridge.broken:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if not parts.path.startswith(bridge.base_path + "/"):
            return self.problem(404, "not here")
        path = parts.path[len(bridge.base_path):]
        if path.startswith("/api/") and not self.is_allowed():
            return self.problem(401, "Send the access token: Authorization: Bearer TOKEN")
        if path in ("/api/v1/events", "/events"):
            return self.stream(self.headers.get("Last-Event-ID") or query.get("since"))
        with bridge.lock:
            if path == "/api/v1/balances":
                return self.json(bridge.balance_list())
            if path == "/api/v1/status":
                return self.json(bridge.status())
            if path == "/api/v1/watches":
                return self.json({"watches": bridge.watches})
            if path == "/api/v1/config":
                return self.json({"server": {"access_token": "***" if bridge.token else ""}})
            if path == "/api/v1/payments":
                return self.json(self.payments(query))
            if path == "/api/v1/history" and bridge.history_known:
                since = query.get("since")
                moment = datetime.fromisoformat(since) if since else now() - timedelta(days=1)
                return self.json(bridge.history(
                    query.get("wallet") or next(iter(bridge.balances)),
                    query.get("group", "day"), moment))
        if path.startswith("/api/"):
            return self.problem(404, "no such path")
        self.file(path)

    def do_POST(self) -> None:
        bridge = self.bridge
        bridge.requests.append("POST " + self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = parts.path[len(bridge.base_path):]
        if self.headers.get_content_type() != "application/json":
            return self.problem(415, "send Content-Type: application/json")
        if path == "/api/v1/session":
            return self.open_session(json.loads(body))
        if not self.is_allowed():
            return self.problem(401, "Send the access token: Authorization: Bearer TOKEN")
        if path == "/api/v1/watches":
            return self.open_watch(json.loads(body))
        source = parse_qs(parts.query).get("source", [None])[0]
        action = path.rpartition("/")[2]
        if action not in ("reconnect", "pause", "resume"):
            return self.problem(404, "no such path")
        for name in [source] if source else list(bridge.sources):
            if name not in bridge.sources:
                return self.problem(404, "no such source")
            if action == "pause":
                bridge.set_state(name, "disconnected", "paused")
            else:
                bridge.set_state(name, "connecting")
                connected = threading.Timer(0.6, bridge.set_state, (name, "connected"))
                connected.daemon = True
                connected.start()
        self.json(bridge.sources[source] if source else list(bridge.sources.values()), status=202)

    def do_DELETE(self) -> None:
        bridge = self.bridge
        bridge.requests.append("DELETE " + self.path)
        name = urlsplit(self.path).path.rpartition("/")[2]
        if not self.is_allowed():
            return self.problem(401, "Send the access token: Authorization: Bearer TOKEN")
        if name == "session":
            bridge.sessions.discard(self.cookie())
            return self.no_content()
        with bridge.lock:
            remaining = [each for each in bridge.watches if each["handle"] != name]
            if len(remaining) == len(bridge.watches):
                return self.problem(404, "There is no watch of this handle")
            bridge.watches = remaining
        self.no_content()

    def cookie(self) -> str:
        return (self.headers.get("Cookie") or "").partition("walletwire_session=")[2]

    def is_allowed(self) -> bool:
        return self.bridge.token is None or self.cookie() in self.bridge.sessions

    def open_session(self, body: dict) -> None:
        if self.bridge.token is not None and body["token"] != self.bridge.token:
            return self.problem(401, "That is not the access token.")
        session = secrets.token_hex(16)
        self.bridge.sessions.add(session)
        self.no_content(f"walletwire_session={session}; HttpOnly; SameSite=Strict; Path=/")

    def open_watch(self, body: dict) -> None:
        source = self.bridge.sources.get(body["mint"])
        if source is None or source["kind"] != "cashu":
            return self.problem(400, "There is no such mint")
        if " " in body["id"]:
            return self.problem(400, "The field id must be the quote's id: 1 to 256 characters without blanks.")
        self.json(self.bridge.watch(body["mint"], body["kind"], body["id"]), status=201)

    def no_content(self, cookie: str | None = None) -> None:
        self.send_response(204)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()

    def payments(self, query: dict) -> dict:
        found = [
            p for p in self.bridge.payments
            if query.get("wallet") in (None, p["wallet"])
            and query.get("direction") in (None, p["direction"])
            and query.get("status") in (None, p["status"])
            and query.get("q", "").lower() in (p["memo"] or "").lower()]
        start, limit = int(query.get("before", "0")), int(query.get("limit", "50"))
        more = start + limit < len(found)
        return {
            "payments": found[start:start + limit],
            "next_before": str(start + limit) if more else None}

    def stream(self, since: str | None) -> None:
        number, inbox = self.bridge.subscribe(since)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                try:
                    block = inbox.get(timeout=HEARTBEAT_SECONDS)
                except queue.Empty:
                    block = b":\n\n"
                if block is None:
                    break
                self.wfile.write(block)
                self.wfile.flush()
        except OSError:
            pass
        finally:
            with self.bridge.lock:
                self.bridge.subscribers.pop(number, None)

    def json(self, body: object, status: int = 200) -> None:
        self.answer(
            status, "application/json; charset=utf-8",
            json.dumps(body, ensure_ascii=False).encode())

    def problem(self, status: int, detail: str) -> None:
        self.answer(status, "application/problem+json", json.dumps(
            {"type": "about:blank", "title": detail, "status": status, "detail": detail}).encode())

    def file(self, path: str) -> None:
        target = (PUBLIC / (path.lstrip("/") or "index.html")).resolve()
        if not target.is_relative_to(PUBLIC) or not target.is_file():
            return self.problem(404, "no such file")
        kind = mimetypes.guess_type(target.name)[0] or "application/octet-stream"
        if target.suffix == ".webmanifest":
            kind = "application/manifest+json"
        if target.suffix == ".js":
            kind = "text/javascript"
        self.answer(200, kind, target.read_bytes())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


class StubServer:
    """The stub on a port of its own; a context manager."""

    def __init__(self, bridge: StubBridge, port: int = 0) -> None:
        handler = type("BoundHandler", (Handler,), {"bridge": bridge})
        self.bridge = bridge
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}{bridge.base_path}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.bridge.drop_streams()
        self.server.shutdown()
        self.server.server_close()
