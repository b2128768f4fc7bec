"""A stub of the bridge's HTTP side, for tests of the page and for screenshots of faults.

It is not Walletwire: it holds no wallet and checks nothing. It answers the endpoints the page uses in
the words of the contract, and lets a test decide what happens next: a payment, a state, a lost
connection. The tests that matter run against the real bridge; this one makes the rare states cheap.
"""

from __future__ import annotations

import json
import queue
import random
import threading
from datetime import UTC, datetime, timedelta


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
        self.watches: list[dict] = []
        self.secrets: list[str] = []
        self.broken = False
        self.token: str | None = None
        self.sessions: set[str] = set()
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
            "pending_outgoing_msat": 0, "state": "connected", "reason": None, "stale": False,
        }
        self.sources[name] = {
            "name": name, "kind": "lnbits", "state": "connected", "reason": None, "since": moment,
            "next_retry_at": None, "reconnect_attempt": 0, "connection_attempts": 3,
            "successful_connections": 3, "success_rate": 1.0, "last_connect_ms": 12.3,
            "downtime_seconds": 4.1, "disconnections": 2, "last_close_code": 1012,
            "last_close_reason": "", "last_frame_at": moment, "heartbeat_rtt_ms": 0.4,
            "last_reconcile_at": moment, "books": "balanced", "unexplained_msat": 0,
            "corrections_msat": 0, "last_correction_at": None, "rows_skipped": 0,
            "frames_received": 9, "frames_rejected": 0, "frames_duplicate": 1,
            "payments_without_frame": 0, "server_version": "1.6.2", "upstream_name": "alice",
            "trust": "verified", "delivery": "live", "last_error": None,
        }

    def add_mint(self, name: str = "minibits", label: str = "Minibits", delivery: str = "live") -> None:
        known = dict.fromkeys(next(iter(self.sources.values()), {}))
        self.sources[name] = {
            **known, "name": name, "label": label, "kind": "cashu", "state": "connected",
            "reason": None, "since": rfc3339(now()), "next_retry_at": None, "delivery": delivery,
            "server_version": "Nutshell/0.19.2", "frames_received": 4,
        }

    def watch(self, mint: str, kind: str, secret: str, amount: int | None = 100) -> dict:
        """A watch of what the mint knows; its secret goes no further."""
        with self.lock:
            self.secrets.append(secret)
            first = "UNSPENT" if kind == "proof_state" else "UNPAID"
            made = {
                "handle": f"w_{self.random.getrandbits(128):032x}", "mint": mint, "kind": kind,
                "state": first, "amount": amount, "unit": None if amount is None else "sat",
                "expiry": rfc3339(now() + timedelta(minutes=10)) if first == "UNPAID" else None,
                "observed_at": rfc3339(now())}
            self.watches.append(made)
            return made

    def move(self, handle: str, state: str, via: str = "websocket") -> None:
        """What the mint tells of a watch."""
        with self.lock:
            watch = next(each for each in self.watches if each["handle"] == handle)
            event = {
                **{k: watch[k] for k in ("handle", "mint", "kind", "amount", "unit")},
                "state": state, "previous_state": watch["state"], "observed_at": rfc3339(now()),
                "via": via}
            watch.update(state=state, observed_at=event["observed_at"])
            self.publish("watch", event)

    def pay(
        self, wallet: str = "main", amount_msat: int = 123_000, direction: str = "incoming",
        status: str = "settled", memo: str = "hi ⚡", fee_msat: int = 0, late: bool = False,
        payment_id: str | None = None, seconds_ago: float = 0, quiet: bool = False, **extra,
    ) -> dict:
        """One payment with its balance, as the bridge would publish them."""
        with self.lock:
            identity = payment_id or f"{self.random.getrandbits(256):064x}"
            known = payment_id and next(
                (p for p in self.payments if p["payment_id"] == identity), None)
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
