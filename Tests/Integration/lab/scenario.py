"""The play that most tests give: something happens at the server, and the bridge tells it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .backend import Backend, Invoice, Purse
from .bridge import Bridge
from .process import wait_until
from .stream import Event, EventStream

# Stretches the contract's own time bounds on machines that are slower than the tests assume.
TIME_FACTOR = float(os.environ.get("WALLETWIRE_TIME_FACTOR", "1"))

FRAMED_BOUND_S = 1.0
"""What a frame announced is published within this, counted from LNbits' own new answer."""

CONNECT_TIMEOUT_S = 20
NEVER_MS = 3_600_000
"""A reconcile interval in which no test ends: only a frame can explain what is published."""


@dataclass(frozen=True)
class Expected:
    """One durable event, by what the contract fixes of it. None stands for any value."""

    kind: str
    values: tuple[Any, ...]

    def fits(self, event: Event) -> bool:
        return event.kind == self.kind and all(
            wanted is None or wanted == got
            for wanted, got in zip(self.values, told(event), strict=True)
        )

    def __repr__(self) -> str:
        return f"{self.kind}{self.values}"


def told(event: Event) -> tuple[Any, ...]:
    data = event.data
    if event.kind == "payment":
        return data["direction"], data["status"], data["amount_msat"], data["fee_msat"]
    if event.kind == "balance":
        return data["change_msat"], data["cause"]
    return (data,)


def payment(direction: str, status: str, amount_msat: int, fee_msat: int | None = 0) -> Expected:
    return Expected("payment", (direction, status, amount_msat, fee_msat))


def balance(change_msat: int | None, cause: str = "payment") -> Expected:
    return Expected("balance", (change_msat, cause))


def received(amount_msat: int) -> list[Expected]:
    return [payment("incoming", "settled", amount_msat), balance(amount_msat)]


def sent(amount_msat: int, fee_msat: int = 0) -> list[Expected]:
    return [
        payment("outgoing", "settled", amount_msat, fee_msat),
        balance(-amount_msat - fee_msat),
    ]


@dataclass
class Stage:
    """A watched wallet, a peer at the same server, and a bridge with one stream open."""

    backend: Backend
    bridge: Bridge
    wallet: Purse
    peer: Purse
    reconcile_ms: int
    stream: EventStream = field(init=False)
    told_before: int = 0
    is_over: bool = False
    """The test has ended the story itself: no last check."""

    @classmethod
    def set(
        cls,
        backend: Backend,
        bridge: Bridge,
        *,
        reconcile_ms: int = NEVER_MS,
        balance_sat: int = 100_000,
        url: str | None = None,
        keep_events: int = 100_000,
        **settings: object,
    ) -> "Stage":
        """Starts the bridge and waits until it is connected and has told its first balance.

        `url` stands for the server's own, for a proxy; `settings` go to the wallet's table.
        """
        bridge.configuration["storage"]["keep_events"] = keep_events
        stage = cls(
            backend,
            bridge,
            backend.create_wallet("watched", balance_sat),
            backend.create_wallet("peer", 100_000),
            reconcile_ms,
        )
        bridge.add_wallet(
            "main",
            url or backend.url,
            stage.wallet.invoice_key,
            reconcile_ms=reconcile_ms,
            **settings,
        )
        bridge.start()
        bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
        bridge.wait_for_balance(stage.wallet.balance_msat, CONNECT_TIMEOUT_S)
        stage.listen()
        return stage

    def listen(self) -> None:
        """Opens the stream from the very beginning, past the first balance."""
        self.stream = self.bridge.events("since=earliest")
        self.stream.wait_for(lambda s: s.of_kind("snapshot"), CONNECT_TIMEOUT_S, "a snapshot")
        self.told_before = len(self.stream.durable)

    @property
    def news(self) -> list[Event]:
        return self.stream.durable[self.told_before :]

    def within(self, silent: bool) -> float:
        """How long the bridge may take, in seconds."""
        interval = self.reconcile_ms / 1000 if silent else 0
        return (FRAMED_BOUND_S + interval) * TIME_FACTOR

    def play(
        self,
        action: Callable[[], object],
        expected: list[Expected],
        *,
        silent: bool = False,
        is_round: bool = False,
    ) -> list[Event]:
        """Does something at the server, and holds the bridge to the events it owes for that.

        `silent` means that LNbits sends no frame for it, so that one reconcile interval may pass.
        `is_round` leaves the order of the payments to the contract's rule, see `take_round`.
        """
        action()
        confirmed = self.wallet.balance_msat
        answered = time.monotonic()
        bound = self.within(silent)
        self.bridge.wait_for_balance(confirmed, bound)
        self.stream.wait_for(
            lambda _: len(self.news) >= len(expected),
            max(0.05, bound - (time.monotonic() - answered)),
            f"{len(expected)} events {expected}",
        )
        assert self.wallet.balance_msat == confirmed, "LNbits itself changed its mind"
        return self.take_round(expected) if is_round else self.take(expected)

    def take(self, expected: list[Expected]) -> list[Event]:
        """The news so far, which must be these events in this order and no other."""
        news = self.news
        assert len(news) == len(expected) and all(
            wanted.fits(event) for wanted, event in zip(expected, news, strict=True)
        ), f"expected {expected}, got {[(event.kind, told(event)) for event in news]}"
        self.told_before += len(news)
        return news

    def take_round(self, expected: list[Expected]) -> list[Event]:
        """The news of one reconcile: these payments in the contract's order, then the balance."""
        news = self.news
        payments = [event for event in news if event.kind == "payment"]
        assert news[: len(payments)] == payments, "payments come before the balance"
        keys = [
            (event.data["settled_at"] or event.data["created_at"], event.data["payment_id"])
            for event in payments
        ]
        assert keys == sorted(keys), "payments are ordered by settlement, then by id"
        left = list(news)
        for wanted in expected:
            found = next((event for event in left if wanted.fits(event)), None)
            assert found, f"no {wanted} among {[(event.kind, told(event)) for event in news]}"
            left.remove(found)
        assert left == []
        self.told_before += len(news)
        return news

    def nothing_more(self) -> None:
        """Whatever was still to come has come: a last credit is told next, nothing before it."""
        self.play(lambda: self.backend.change_balance(self.wallet, 1), received(1000))

    def wait_for_incoming(self, invoices: list[Invoice], expected: list[Expected]) -> list[Event]:
        """Somebody out there pays these; the bounds count once the server itself shows the sum."""
        sum_msat = self.wallet.balance_msat + sum(invoice.amount_msat for invoice in invoices)

        def receive() -> None:
            self.backend.receive(self.wallet, invoices)
            wait_until(lambda: self.wallet.balance_msat == sum_msat, 60, f"server has {sum_msat}")

        return self.play(receive, expected)

    def wait_for_frames(self, count: int, of: str = "frames_received", timeout: float = 10) -> None:
        """Until the bridge has counted this many frames: what they did has then been done."""
        wait_until(lambda: self.bridge.source()[of] >= count, timeout, f"{count} {of}")


def check_stream_is_true(stage: Stage) -> None:
    """What must hold of any story, however it went.

    Each state of a payment is told once; balances follow from each other; ids grow; a second
    listener hears the same story; the list of payments agrees with it; no secret was said; and
    SIGTERM ends the bridge with status 0 within the contract's five seconds.
    """
    bridge = stage.bridge
    assert bridge.process is not None and bridge.process.is_running, bridge.log[-3000:]
    events = stage.stream.durable
    states = [
        (event.data["wallet"], event.data["payment_id"], event.data["status"])
        for event in events
        if event.kind == "payment"
    ]
    assert len(states) == len(set(states)), "a payment's state was told twice"

    known: dict[str, int] = {}
    for event in events:
        if event.kind != "balance":
            continue
        data = event.data
        if data["wallet"] in known and data["cause"] != "initial":
            assert data["balance_msat"] == known[data["wallet"]] + data["change_msat"], data
        assert data["balance_sat"] == data["balance_msat"] // 1000
        known[data["wallet"]] = data["balance_msat"]

    ids = [event.id for event in events]
    assert all(ids), "a durable event without an id"
    sequences = [int(str(identifier).rsplit("-", 1)[1]) for identifier in ids]
    assert sequences == sorted(set(sequences)), "ids do not grow"

    again = bridge.events("since=earliest")
    again.wait_for(lambda s: s.of_kind("snapshot"), 10, "a snapshot")
    story = [(event.id, event.data) for event in again.durable]
    start = story.index((ids[0], events[0].data)) if ids else 0
    assert story[start : start + len(ids)] == [(event.id, event.data) for event in events]

    latest = {event.data["payment_id"]: event.data for event in events if event.kind == "payment"}
    listed = {row["payment_id"]: row for row in bridge.payments()}
    for identifier, data in latest.items():
        assert listed[identifier]["status"] == data["status"]

    check_no_secret_was_said(stage)
    assert bridge.stop() == 0
    for stream in (stage.stream, again):
        stream.thread.join(5)
        assert stream.ended_cleanly, "a stream was cut in the middle of an event"


def check_no_secret_was_said(stage: Stage) -> None:
    said = stage.bridge.everything_said()
    for secret in stage.wallet.secrets + stage.peer.secrets:
        assert secret not in said, f"a secret was said: {secret[:6]}…"
