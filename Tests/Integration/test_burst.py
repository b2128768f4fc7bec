"""A thousand payments at once are told once each, and cost the server a handful of requests."""

import time
from collections import Counter

import pytest

from lab.backend import Backend, Purse
from lab.bridge import Bridge
from lab.process import wait_until
from lab.proxy import Proxy

COUNT = 1000
SERVER_TIMEOUT_S = 120
BRIDGE_TIMEOUT_S = 60
REQUESTS_PER_MINUTE = 150


@pytest.mark.timeout(300)
def test_a_thousand_incoming_payments(stage, new_bridge, backend: Backend):
    proxy = Proxy(backend.url)
    try:
        scene = stage(backend, url=proxy.url, requests_per_minute=REQUESTS_PER_MINUTE)
        invoices = scene.wallet.create_invoices(COUNT, amount_sat=3)
        wanted = scene.wallet.balance_msat + sum(invoice.amount_msat for invoice in invoices)
        before, started = proxy.requests.copy(), time.monotonic()

        backend.receive(scene.wallet, invoices)
        wait_until(
            lambda: scene.wallet.balance_msat == wanted,
            SERVER_TIMEOUT_S,
            "the server has them all",
            interval=0.5,
        )
        answered = time.monotonic()
        scene.bridge.wait_for_balance(wanted, BRIDGE_TIMEOUT_S)
        scene.stream.wait_for(
            lambda s: len(s.of_kind("payment")) >= COUNT, BRIDGE_TIMEOUT_S, "every payment"
        )
        print(f"complete {time.monotonic() - answered:.2f} s after the server")

        told = Counter(event.data["payment_hash"] for event in scene.stream.of_kind("payment"))
        assert told == Counter(invoice.payment_hash for invoice in invoices)
        assert scene.news[-1].kind == "balance"
        assert sum(e.data["change_msat"] for e in scene.news if e.kind == "balance") == sum(
            invoice.amount_msat for invoice in invoices
        )
        minutes = (time.monotonic() - started) / 60
        asked = proxy.requests - before
        # A busy machine's LNbits takes so long that the limit on both paths alone comes to more.
        assert asked.total() < max(COUNT / 2, 2 * REQUESTS_PER_MINUTE * minutes + 1)
        assert max(asked.values()) <= REQUESTS_PER_MINUTE * max(1, minutes)
        scene.told_before += len(scene.news)
        # Frames trail behind REST in a burst; until the last has come, LNbits delays any other.
        scene.wait_for_frames(COUNT, timeout=SERVER_TIMEOUT_S)
        print(f"frames {time.monotonic() - answered:.2f} s after the server")
        scene.nothing_more()
        check_that_history_is_listed_whole(new_bridge(), backend, scene.wallet)
    finally:
        proxy.close()


def check_that_history_is_listed_whole(bridge: Bridge, backend: Backend, wallet: Purse) -> None:
    """A bridge that meets this wallet for the first time takes in more than one page of LNbits'."""
    bridge.add_wallet("main", backend.url, wallet.invoice_key)
    bridge.start()
    bridge.wait_for_balance(wallet.balance_msat, BRIDGE_TIMEOUT_S)
    listed = [row["payment_id"] for row in bridge.payments("limit=300")]
    assert len(listed) == len(set(listed)) == COUNT + 2
    assert bridge.source()["books"] == "balanced"
