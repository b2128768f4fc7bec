"""A stub of the bridge's HTTP side, for tests of the page and for screenshots of faults.

It is not Walletwire: it holds no wallet and checks nothing. It answers the endpoints the page uses in
the words of the contract, and lets a test decide what happens next: a payment, a state, a lost
connection. The tests that matter run against the real bridge; this one makes the rare states cheap.
"""

from __future__ import annotations

import json
import mimetypes
import queue
import random
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

PUBLIC = Path(__file__).resolve().parents[2] / "public"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEARTBEAT_SECONDS = 1.0
"""How often an idle stream carries a comment. Short, so that a closed tab is noticed soon."""


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def now() -> datetime:
    return datetime.now(UTC)


class StubBridge:
    """The state behind the stub; every method may be called from any thread."""

    def __init__(self, wallets: list[dict] | None = None, base_path: str = "") -> None:
        self.lock = threading.RLock()
        self.base_path = base_path
        self.epoch = "stub"
        self.sequence = 0
        self.events: list[tuple[int, str, dict]] = []
        self.subscribers: dict[int, queue.Queue] = {}
        self.next_subscriber = 0
        self.streams_opened: list[str | None] = []
        self.requests: list[str] = []
        self.started = now()
        self.payments: list[dict] = []
        self.balances: dict[str, dict] = {}
        self.sources: dict[str, dict] = {}
        self.broken = False
        self.history_known = True
        self.random = random.Random(21)
        for wallet in wallets if wallets is not None else [{"name": "main"}]:
            self.add_wallet(**wallet)

    # What a test makes happen.

    def add_wallet(self, name: str, label: str = "", balance_msat: int | None = 99_877_000) -> None:
        moment = rfc3339(now())
        self.balances[name] = {
            "wallet": name, "label": label or name, "balance_msat": balance_msat,
            "balance_sat": None if balance_msat is None else balance_msat // 1000,
            "confirmed_at": None if balance_msat is None else moment,
            "changed_at": None if balance_msat is None else moment,
            "pending_outgoing_msat": 0, "state": "connected", "stale": False,
        }
        self.sources[name] = {
            "name": name, "kind": "lnbits", "state": "connected", "reason": None, "since": moment,
            "next_retry_at": None, "reconnect_attempt": 0, "connection_attempts": 3,
            "successful_connections": 3, "success_rate": 1.0, "last_connect_ms": 12.3,
            "downtime_seconds": 4.1, "disconnections": 2, "last_close_code": 1012,
            "last_close_reason": "", "last_frame_at": moment, "heartbeat_rtt_ms": 0.4,
            "last_reconcile_at": moment, "books": "balanced", "unexplained_msat": 0,
            "frames_received": 9, "frames_rejected": 0, "frames_duplicate": 1,
            "payments_without_frame": 0, "server_version": "1.6.2", "upstream_name": "alice",
            "trust": "verified", "delivery": "live", "last_error": None,
        }

    def pay(
        self, wallet: str = "main", amount_msat: int = 123_000, direction: str = "incoming",
        status: str = "settled", memo: str = "hi ⚡", fee_msat: int = 0, late: bool = False,
        payment_id: str | None = None, seconds_ago: float = 0, quiet: bool = False, **extra,
    ) -> dict:
        """One payment with its balance, as the bridge would publish them."""
        with self.lock:
            identity = payment_id or f"{self.random.getrandbits(256):064x}"
            known = next((p for p in self.payments if p["payment_id"] == identity), None)
            moment = now() - timedelta(seconds=seconds_ago)
            payment = {
                "wallet": wallet, "payment_id": identity, "payment_hash": identity,
                "direction": direction, "status": status, "amount_msat": amount_msat,
                "amount_sat": amount_msat // 1000, "fee_msat": fee_msat, "memo": memo,
                "tag": None, "comment": None, "fiat_amount": None, "fiat_currency": None,
                "created_at": rfc3339(moment - timedelta(seconds=20)),
                "settled_at": rfc3339(moment - timedelta(seconds=180 if late else 0))
                if status == "settled" else None,
                "observed_at": rfc3339(moment), "late": late, **extra,
            }
            if known:
                known.update(payment)
            else:
                self.payments.insert(0, payment)
            self.publish("payment", payment, quiet)
            balance = self.balances[wallet]
            change = 0
            if direction == "incoming" and status == "settled":
                change = amount_msat
            elif direction == "outgoing" and not known and status != "failed":
                change = -amount_msat - fee_msat
            elif direction == "outgoing" and known and status == "failed":
                change = amount_msat + fee_msat
            if change and balance["balance_msat"] is not None:
                stamp = rfc3339(now())
                balance.update(
                    balance_msat=balance["balance_msat"] + change,
                    balance_sat=(balance["balance_msat"] + change) // 1000,
                    confirmed_at=stamp, changed_at=stamp)
                self.publish("balance", {
                    "wallet": wallet, "balance_msat": balance["balance_msat"],
                    "balance_sat": balance["balance_sat"], "change_msat": change,
                    "cause": "payment", "confirmed_at": stamp}, quiet)
            return payment

    def set_state(
        self, name: str, state: str, reason: str | None = None, retry_in: float | None = None,
        confirmed_ago: float | None = None, stale: bool | None = None, **figures,
    ) -> None:
        with self.lock:
            source = self.sources[name]
            source.update(
                state=state, reason=reason, since=rfc3339(now()),
                next_retry_at=None if retry_in is None
                else rfc3339(now() + timedelta(seconds=retry_in)), **figures)
            if name in self.balances:
                balance = self.balances[name]
                balance.update(state=state, stale=state != "connected" if stale is None else stale)
                if confirmed_ago is not None and balance["confirmed_at"]:
                    balance["confirmed_at"] = rfc3339(now() - timedelta(seconds=confirmed_ago))
            self.send(None, "status", {
                key: source[key] for key in ("name", "kind", "state", "reason", "next_retry_at")})

    def confirm(self) -> None:
        """What a quiet reconcile does: the same number, confirmed anew."""
        with self.lock:
            for name, balance in self.balances.items():
                if self.sources[name]["state"] == "connected" and balance["confirmed_at"]:
                    balance["confirmed_at"] = rfc3339(now())
                    self.sources[name]["last_reconcile_at"] = balance["confirmed_at"]

    def drop_streams(self) -> None:
        with self.lock:
            for inbox in self.subscribers.values():
                inbox.put(None)

    # What the wire does.

    def event_id(self, sequence: int | None = None) -> str:
        return f"{self.epoch}-{self.sequence if sequence is None else sequence}"

    def publish(self, kind: str, data: dict, quiet: bool = False) -> None:
        self.sequence += 1
        self.events.append((self.sequence, kind, data.copy()))
        if not quiet:
            self.send(self.sequence, kind, data)

    def send(self, sequence: int | None, kind: str, data: dict) -> None:
        block = self.block(sequence, kind, data)
        for inbox in self.subscribers.values():
            inbox.put(block)

    def block(self, sequence: int | None, kind: str, data: dict) -> bytes:
        head = "" if sequence is None else f"id: {self.event_id(sequence)}\n"
        return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    def balance_list(self) -> list[dict]:
        return [{**b, "last_event_id": self.event_id()} for b in self.balances.values()]

    def snapshot(self) -> dict:
        return {
            "balances": self.balance_list(),
            "sources": [{k: s[k] for k in ("name", "state", "reason")} for s in self.sources.values()],
            "last_event_id": self.event_id()}

    def status(self) -> dict:
        return {
            "service": "walletwire", "version": "0.1.0", "started_at": rfc3339(self.started),
            "uptime_seconds": int((now() - self.started).total_seconds()),
            "subscribers": len(self.subscribers), "last_event_id": self.event_id(),
            "sources": list(self.sources.values())}

    def subscribe(self, since: str | None) -> tuple[int, queue.Queue]:
        with self.lock:
            self.streams_opened.append(since)
            inbox: queue.Queue = queue.Queue()
            inbox.put(b"retry: 500\n\n")
            if since:
                epoch, _, sequence = since.rpartition("-")
                if epoch == self.epoch and sequence.isdigit() and int(sequence) <= self.sequence:
                    for number, kind, data in self.events:
                        if number > int(sequence):
                            inbox.put(self.block(number, kind, data))
                else:
                    inbox.put(self.block(None, "gap", {
                        "requested": since, "resumed_after": self.event_id(), "reason": "epoch"}))
            inbox.put(self.block(self.sequence, "snapshot", self.snapshot()))
            self.next_subscriber += 1
            self.subscribers[self.next_subscriber] = inbox
            return self.next_subscriber, inbox

    def history(self, wallet: str, group: str, since: datetime) -> list[dict]:
        """Sums by hour or day, from the payments that the stub has made up."""
        step = timedelta(hours=1) if group == "hour" else timedelta(days=1)
        start = since.replace(minute=0, second=0, microsecond=0)
        if group == "day":
            start = start.replace(hour=0)
        rows = []
        balance = self.balances[wallet]["balance_msat"] or 0
        settled = [p for p in self.payments if p["wallet"] == wallet and p["settled_at"]]
        moments = [(datetime.fromisoformat(p["settled_at"]), p) for p in settled]
        while start <= now():
            inside = [p for at, p in moments if start <= at < start + step]
            after = [p for at, p in moments if at >= start + step]
            effect = sum(
                p["amount_msat"] if p["direction"] == "incoming"
                else -p["amount_msat"] - p["fee_msat"] for p in after)
            outgoing = [p for p in inside if p["direction"] == "outgoing"]
            rows.append({
                "start": rfc3339(start), "count": len(inside),
                "incoming_msat": sum(
                    p["amount_msat"] for p in inside if p["direction"] == "incoming"),
                "outgoing_msat": sum(p["amount_msat"] for p in outgoing),
                "fee_msat": sum(p["fee_msat"] for p in outgoing),
                "closing_balance_msat": balance - effect})
            start += step
        return rows


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
        if path in ("/api/v1/events", "/events"):
            return self.stream(self.headers.get("Last-Event-ID") or query.get("since"))
        with bridge.lock:
            if path == "/api/v1/balances":
                return self.json(bridge.balance_list())
            if path == "/api/v1/status":
                return self.json(bridge.status())
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
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = parts.path[len(bridge.base_path):]
        if self.headers.get_content_type() != "application/json":
            return self.problem(415, "send Content-Type: application/json")
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
