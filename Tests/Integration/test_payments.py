"""Each thing that can happen to a wallet is told once, in order, and to the millisatoshi.

LNbits announces some of them by a frame: those are published at once, with no reconcile due for
an hour. The others it keeps to itself: those are found within one reconcile interval.
"""

import pytest

from lab.backend import Backend
from lab.scenario import balance, payment, received, sent

RECONCILE_MS = 1000

either_trust = pytest.mark.parametrize("trust", ["verified", "frames"])


# Announced by a frame


@either_trust
def test_internal_payment_in(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    extra = {"tag": "tpos", "comment": "thank you"}
    invoice = scene.wallet.create_invoice(21, "coffee ☕ <b>", extra)
    event, _ = scene.play(lambda: scene.peer.pay(invoice), received(21_000))
    assert event.data["memo"] == "coffee ☕ <b>"
    assert event.data["amount_sat"] == 21
    assert event.data["tag"] == "tpos"
    assert event.data["comment"] == "thank you"
    assert event.data["payment_hash"] == invoice.payment_hash
    assert event.data["late"] is False
    scene.nothing_more()


@either_trust
def test_internal_payment_out(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    invoice = scene.peer.create_invoice(21, "lunch")
    event, _ = scene.play(lambda: scene.wallet.pay(invoice), sent(21_000))
    assert event.data["payment_id"] == f"internal_{invoice.payment_hash}"
    scene.nothing_more()


@either_trust
def test_admin_credit(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    scene.play(lambda: backend.change_balance(scene.wallet, 500), received(500_000))
    scene.nothing_more()


@either_trust
def test_external_payment_with_a_fee(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    invoice = backend.foreign_invoice(10, "far away", fee_msat=1234)
    scene.play(lambda: scene.wallet.pay(invoice), sent(10_000, 1234))
    scene.nothing_more()


@either_trust
def test_external_payment_in(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    invoice = scene.wallet.create_invoice(40, "from afar")
    scene.wait_for_incoming([invoice], received(40_000))
    scene.nothing_more()


@either_trust
def test_the_same_notification_twice_is_told_once(stage, backend: Backend, trust: str):
    scene = stage(backend, trust=trust)
    invoice = scene.wallet.create_invoice(40)
    scene.wait_for_incoming([invoice], received(40_000))
    frames = scene.bridge.source()["frames_received"]
    scene.play(lambda: backend.repeat_notification(invoice), [])
    scene.wait_for_frames(frames + 1)
    assert scene.bridge.source()["frames_duplicate"] >= 1
    scene.nothing_more()


def test_a_self_payment_has_two_legs_and_changes_nothing(stage, backend: Backend):
    scene = stage(backend)
    invoice = scene.wallet.create_invoice(7, "to myself")
    legs = scene.play(
        lambda: scene.wallet.pay(invoice),
        [payment("outgoing", "settled", 7000), payment("incoming", "settled", 7000)],
        is_round=True,
    )
    assert len({leg.data["payment_hash"] for leg in legs}) == 1
    assert len({leg.data["payment_id"] for leg in legs}) == 2
    scene.nothing_more()


def test_a_forged_frame_says_nothing(stage, backend: Backend):
    scene = stage(backend)
    for frame in (
        '{"wallet_balance": 21000000}',
        '{"wallet_balance": 1, "payment": {"checking_id": "00ff", "payment_hash": "00ff", '
        '"amount": 5000000, "fee": 0, "status": "success", "memo": "forged", '
        '"time": "2026-01-01T00:00:00+00:00", "pending": false}}',
    ):
        frames = scene.bridge.source()["frames_received"]
        scene.play(lambda frame=frame: backend.forge_frame(scene.wallet, frame), [])
        scene.wait_for_frames(frames + 1)
    scene.nothing_more()
    assert all(row["memo"] != "forged" for row in scene.bridge.payments())


@pytest.mark.parametrize("frame", ["nonsense", "[]", "{", "null", '"text"', "\u0000", "9" * 400])
def test_a_frame_that_is_no_frame_is_counted_and_forgotten(stage, any_backend, frame: str):
    scene = stage(any_backend)
    scene.play(lambda: any_backend.forge_frame(scene.wallet, frame), [])
    scene.wait_for_frames(1, of="frames_rejected")
    scene.nothing_more()


# Silent


def test_admin_debit(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    scene.play(lambda: backend.change_balance(scene.wallet, -300), sent(300_000), silent=True)
    scene.nothing_more()


def test_a_payment_that_fails_at_once_is_no_news(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = backend.foreign_invoice(11, answer="failed")
    scene.play(lambda: scene.wallet.pay(invoice), [], silent=True)
    scene.nothing_more()


def test_a_payment_is_pending_and_then_settles(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = backend.foreign_invoice(12, answer="pending")
    scene.play(
        lambda: scene.wallet.pay(invoice),
        [payment("outgoing", "pending", 12_000, 2000), balance(-14_000)],
        silent=True,
    )
    assert scene.bridge.balance()["pending_outgoing_msat"] == 14_000
    settled, _ = scene.play(
        lambda: backend.resolve(scene.wallet, invoice, "settled", fee_msat=700),
        [payment("outgoing", "settled", 12_000, 700), balance(1300)],
        silent=True,
    )
    assert settled.data["settled_at"] > settled.data["created_at"]
    assert scene.bridge.balance()["pending_outgoing_msat"] == 0
    scene.nothing_more()


def test_a_payment_is_pending_and_then_refunded(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = backend.foreign_invoice(300, answer="pending")
    scene.play(
        lambda: scene.wallet.pay(invoice),
        [payment("outgoing", "pending", 300_000, 3000), balance(-303_000)],
        silent=True,
    )
    scene.play(
        lambda: backend.resolve(scene.wallet, invoice, "failed"),
        [payment("outgoing", "failed", 300_000, None), balance(303_000)],
        silent=True,
    )
    scene.nothing_more()


def test_a_refunded_payment_settles_after_all(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = backend.foreign_invoice(13, answer="pending")
    scene.play(
        lambda: scene.wallet.pay(invoice),
        [payment("outgoing", "pending", 13_000, 2000), balance(-15_000)],
        silent=True,
    )
    scene.play(
        lambda: backend.resolve(scene.wallet, invoice, "failed"),
        [payment("outgoing", "failed", 13_000, None), balance(15_000)],
        silent=True,
    )
    scene.play(
        lambda: backend.settle_failed(scene.wallet, invoice, fee_msat=500),
        [payment("outgoing", "settled", 13_000, 500), balance(-13_500)],
        silent=True,
    )
    scene.nothing_more()


def test_a_payment_that_failed_unseen_settles_after_all(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = backend.foreign_invoice(14, answer="failed")
    scene.play(lambda: scene.wallet.pay(invoice), [], silent=True)
    scene.play(
        lambda: backend.settle_failed(scene.wallet, invoice, fee_msat=500),
        sent(14_000, 500),
        silent=True,
    )
    scene.nothing_more()


def test_incoming_payment_that_no_frame_announces(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = scene.wallet.create_invoice(41, "unannounced")
    scene.play(
        lambda: backend.receive(scene.wallet, [invoice], announced=False),
        received(41_000),
        silent=True,
    )
    scene.nothing_more()


def test_an_unpaid_invoice_is_not_a_payment(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = scene.wallet.create_invoice(1000, "never paid")
    scene.play(lambda: None, [], silent=True)
    scene.nothing_more()
    assert all(row["payment_hash"] != invoice.payment_hash for row in scene.bridge.payments())
