"""LNbits 0.12.12, the last before 1.0, which many small servers still run: one life, all its steps.

Rows without a status word of today's, times in whole seconds, no `updated_at`, no way to ask for a
payment by its hash, no reserve for a fee, other routes for accounts and top-ups.
"""

import pytest

from lab.lnbits import LNbits
from lab.process import wait_until
from lab.scenario import TIME_FACTOR, Stage, balance, payment, received, sent

STANDING_TIMEOUT_S = 20 * TIME_FACTOR
NEWER_ROWS = 25
"""More than the first page holds."""


@pytest.fixture
def lnbits(servers) -> LNbits:
    return servers["lnbits-0.12.12"]


def test_a_whole_life(stage, lnbits: LNbits):
    scene: Stage = stage(lnbits, reconcile_ms=1000)
    assert scene.bridge.source()["server_version"] == "0.12.12"

    # Announced by a frame
    scene.play(lambda: lnbits.change_balance(scene.wallet, 500), received(500_000))
    invoice = scene.wallet.create_invoice(21, "coffee")
    event, _ = scene.play(lambda: scene.peer.pay(invoice), received(21_000))
    assert event.data["memo"] == "coffee" and event.data["late"] is False
    scene.wait_for_incoming([scene.wallet.create_invoice(40)], received(40_000))
    lunch = scene.peer.create_invoice(9, "lunch")
    scene.play(lambda: scene.wallet.pay(lunch), sent(9000))
    far = lnbits.foreign_invoice(10, fee_msat=1234)
    scene.play(lambda: scene.wallet.pay(far), sent(10_000, 1234))

    # Silent
    unseen = scene.wallet.create_invoice(30)

    def receive() -> None:
        before = scene.wallet.balance_msat
        lnbits.receive(scene.wallet, [unseen], announced=False)
        # It answers before it has written down what it found.
        wait_until(lambda: scene.wallet.balance_msat != before, 10, "another balance")

    scene.play(receive, received(30_000), silent=True)
    for end, told in (
        ("settled", [payment("outgoing", "settled", 12_000, 700), balance(-700)]),
        ("failed", [payment("outgoing", "failed", 12_000), balance(12_000)]),
    ):
        slow = lnbits.foreign_invoice(12, answer="pending")
        scene.play(
            lambda slow=slow: scene.wallet.pay(slow),
            [payment("outgoing", "pending", 12_000), balance(-12_000)],
            silent=True,
        )
        scene.play(
            lambda slow=slow, end=end: lnbits.resolve(scene.wallet, slow, end, fee_msat=700),
            told,
            silent=True,
        )
    scene.nothing_more()


def test_a_pending_payment_behind_newer_ones_is_followed_and_may_be_forgotten(
    stage, lnbits: LNbits
):
    """It stands behind the first page, and this release answers 500 to a question by hash."""
    scene: Stage = stage(lnbits, reconcile_ms=1000)
    slow, lost = (lnbits.foreign_invoice(12, answer="pending") for _ in range(2))
    for invoice in (slow, lost):
        scene.play(
            lambda invoice=invoice: scene.wallet.pay(invoice),
            [payment("outgoing", "pending", 12_000), balance(-12_000)],
            silent=True,
        )
    for invoice in [scene.wallet.create_invoice(1) for _ in range(NEWER_ROWS)]:
        scene.peer.pay(invoice)
    final_msat = scene.wallet.balance_msat
    scene.stream.wait_for(
        lambda _: sum(event.kind == "payment" for event in scene.news) == NEWER_ROWS
        and scene.news[-1].kind == "balance"
        and scene.news[-1].data["balance_msat"] == final_msat,
        20,
        "all of them, and the balance after the last",
    )
    scene.told_before += len(scene.news)
    scene.play(
        lambda: lnbits.resolve(scene.wallet, slow, "settled", fee_msat=700),
        [payment("outgoing", "settled", 12_000, 700), balance(-700)],
        silent=True,
    )
    states = {event.data["state"] for event in scene.stream.of_kind("status")}
    assert states <= {"connected"}
    lnbits.forget(scene.wallet, lost)
    scene.stream.wait_for(lambda _: len(scene.news) >= 2, STANDING_TIMEOUT_S, "its failure")
    scene.take([payment("outgoing", "failed", 12_000), balance(12_000)])
    assert scene.bridge.source()["corrections_msat"] == 0
    scene.nothing_more()
