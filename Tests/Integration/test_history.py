"""What happened before the bridge looked, and what happened while it was away."""

import pytest

from lab.backend import Backend
from lab.bridge import Bridge
from lab.hostile_lnbits import HostileLNbits
from lab.scenario import CONNECT_TIMEOUT_S, balance, payment, received


def settled(row: dict) -> tuple:
    return row["direction"], row["amount_msat"], row["fee_msat"], row["memo"]


def test_a_wallet_with_history_is_no_news(new_bridge, backend: Backend):
    wallet = backend.create_wallet("old", 5000)
    peer = backend.create_wallet("peer", 5000)
    peer.pay(wallet.create_invoice(21, "first"))
    wallet.pay(peer.create_invoice(22, "second"))
    wallet.pay(backend.foreign_invoice(23, "third", fee_msat=77))
    wallet.pay(backend.foreign_invoice(24, "fails", answer="failed"))
    wallet.create_invoice(25, "unpaid")

    bridge: Bridge = new_bridge()
    bridge.add_wallet("main", backend.url, wallet.invoice_key)
    bridge.start()
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
    bridge.wait_for_balance(wallet.balance_msat, 5)
    stream = bridge.events("since=earliest")
    stream.wait_for(lambda s: s.of_kind("snapshot"), 5, "a snapshot")

    assert [event.kind for event in stream.durable] == ["balance"]
    first = stream.durable[0].data
    assert (first["cause"], first["balance_msat"]) == ("initial", wallet.balance_msat)
    rows = [row for row in bridge.payments() if row["status"] == "settled"]
    assert sorted(map(settled, rows)) == sorted(
        [
            ("incoming", 5_000_000, 0, "Admin credit"),
            ("incoming", 21_000, 0, "first"),
            ("outgoing", 22_000, 0, "second"),
            ("outgoing", 23_000, 77, "third"),
        ]
    )
    assert all(row["memo"] != "unpaid" for row in bridge.payments())
    assert bridge.source()["books"] == "balanced"


def test_what_happened_while_the_bridge_was_down_is_told_late_and_once(stage, backend: Backend):
    scene = stage(backend)
    pending = backend.foreign_invoice(12, answer="pending")
    last = scene.stream.last_id
    scene.stream.close()
    assert scene.bridge.stop() == 0

    backend.change_balance(scene.wallet, 100)
    scene.peer.pay(scene.wallet.create_invoice(21, "while away"))
    scene.wallet.pay(pending)
    scene.bridge.start()
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, CONNECT_TIMEOUT_S)
    scene.listen()
    resumed = scene.bridge.events(headers={"Last-Event-ID": last})
    resumed.wait_for(lambda s: s.of_kind("snapshot"), 5, "a snapshot")
    scene.stream, scene.told_before = resumed, 0
    news = scene.take_round(
        [
            payment("incoming", "settled", 100_000),
            payment("incoming", "settled", 21_000),
            payment("outgoing", "pending", 12_000, 2000),
            balance(107_000),
        ]
    )
    settled_events = [event for event in news if event.data.get("status") == "settled"]
    assert all(event.data["late"] is backend.tells_settlement for event in settled_events)
    assert resumed.of_kind("gap") == []
    scene.nothing_more()


def test_a_killed_bridge_loses_nothing_and_repeats_nothing(stage, backend: Backend):
    scene = stage(backend)
    invoices = [scene.wallet.create_invoice(3, f"{number}") for number in range(60)]
    wanted = scene.wallet.balance_msat + 60 * 3000
    backend.receive(scene.wallet, invoices)
    scene.stream.wait_for(lambda s: len(s.of_kind("payment")) >= 5, 20, "a few payments")
    scene.bridge.kill()
    seen = [event.id for event in scene.stream.durable]

    scene.bridge.start()
    scene.bridge.wait_for_balance(wanted, CONNECT_TIMEOUT_S)
    scene.listen()
    ids = [event.id for event in scene.stream.durable]
    assert ids[: len(seen)] == seen
    told = [event.data["payment_hash"] for event in scene.stream.of_kind("payment")]
    assert sorted(told) == sorted(invoice.payment_hash for invoice in invoices)
    scene.nothing_more()


def test_a_renamed_wallet_does_not_repeat_its_history(stage, any_backend):
    scene = stage(any_backend)
    scene.play(lambda: any_backend.change_balance(scene.wallet, 5), received(5000))
    scene.stream.close()
    scene.bridge.stop()
    scene.bridge.configuration["wallet"][0]["name"] = "renamed"
    scene.bridge.start()
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, CONNECT_TIMEOUT_S, "renamed")
    stream = scene.bridge.events("since=earliest")
    stream.wait_for(lambda s: s.of_kind("snapshot"), 5, "a snapshot")
    assert len(stream.of_kind("payment")) == 1
    scene.is_over = True


def test_a_name_that_is_given_to_another_wallet_tells_no_stranger_s_history(stage, any_backend):
    scene = stage(any_backend)
    before = len(scene.stream.of_kind("payment"))
    scene.stream.close()
    scene.bridge.stop()
    scene.bridge.configuration["wallet"][0]["invoice_key"] = scene.peer.invoice_key
    scene.bridge.start()
    scene.bridge.wait_for_balance(scene.peer.balance_msat, CONNECT_TIMEOUT_S)
    stream = scene.bridge.events("since=earliest")
    stream.wait_for(lambda s: s.of_kind("snapshot"), 5, "a snapshot")
    assert len(stream.of_kind("payment")) == before
    assert stream.durable[-1].data["cause"] == "initial"
    scene.is_over = True


@pytest.mark.parametrize("group", ["hour", "day", "month"])
def test_the_largest_amounts_in_turn_are_no_end_of_anything(new_bridge, group):
    """Ten times all the money there is, in and out: the net sum is small, the sums of one direction fit nowhere."""
    largest = 2_100_000_000_000_000_000
    server = HostileLNbits(1_000_000)
    server.rows = [
        {
            "checking_id": f"p{number}", "payment_hash": f"p{number}", "wallet_id": "w",
            "amount": largest if number % 2 == 0 else -largest, "fee": 0, "status": "success",
            "memo": "", "extra": {}, "time": "2026-11-21T01:41:32+00:00",
        }
        for number in range(20)
    ]  # fmt: skip
    bridge: Bridge = new_bridge()
    bridge.add_wallet("main", server.url, "0123456789abcdef0123456789abcdef")
    try:
        bridge.start()
        bridge.wait_for_balance(1_000_000, CONNECT_TIMEOUT_S)
        # How many of them the books take is the source's matter; stores of older bridges hold them all.
        assert bridge.payments()
        assert bridge.get(f"/api/v1/history?group={group}").status == 200
        for path in ("payments", "payments.csv", "balance", "status"):
            assert bridge.get(f"/api/v1/{path}").status == 200
        assert bridge.get("/metrics").status == 200
        assert bridge.stop() == 0
        bridge.start()
        assert bridge.get(f"/api/v1/history?group={group}").status == 200
    finally:
        server.close()
