"""What only a real LNbits does: each of these once looked like news, or hid some."""

import threading
from collections.abc import Callable

import pytest

from lab.backend import Invoice
from lab.bridge import Bridge
from lab.lnbits import LNbits
from lab.process import wait_until
from lab.scenario import TIME_FACTOR, Stage, balance, payment, received, sent

LNBITS = ["lnbits-1.6.2", "lnbits-1.4.1"]
# A difference, and a payment that is gone, have to stand for five seconds.
STANDING_TIMEOUT_S = 15 * TIME_FACTOR


@pytest.fixture
def lnbits(servers, request: pytest.FixtureRequest) -> LNbits:
    return servers[request.param]


def foreign(lnbits: LNbits, amount_sat: int, **script: object) -> Invoice:
    made = lnbits.script("foreign-invoice", amount_sat=amount_sat, memo="", **script)
    return Invoice(made["bolt11"], made["payment_hash"], amount_sat * 1000)


@pytest.mark.parametrize("lnbits", ["lnbits-1.6.2"], indirect=True)
def test_a_node_that_names_payments_itself(stage, lnbits: LNbits):
    """LNbits then renames the row, and dates the change to the second before."""
    scene: Stage = stage(lnbits)
    invoice = foreign(lnbits, 15, node_id="node-77", fee_msat=5)
    event, _ = scene.play(lambda: scene.wallet.pay(invoice), sent(15_000, 5))
    assert event.data["payment_id"] == "node-77"
    assert event.data["late"] is False
    scene.nothing_more()


@pytest.mark.parametrize("lnbits", LNBITS, indirect=True)
def test_a_slow_payment_holds_up_every_answer(stage, lnbits: LNbits):
    """While it waits for the node, LNbits answers nobody; then the payment shows as pending."""
    scene: Stage = stage(lnbits, reconcile_ms=500)
    invoice = foreign(lnbits, 14, answer_delay_s=30)
    payer = threading.Thread(target=scene.wallet.pay, args=[invoice])
    scene.play(
        lambda: (payer.start(), payer.join()),
        [payment("outgoing", "pending", 14_000, 2000), balance(-16_000)],
        silent=True,
    )
    assert {event.data["state"] for event in scene.stream.of_kind("status")} <= {"connected"}
    scene.play(
        lambda: lnbits.resolve(scene.wallet, invoice, "settled", fee_msat=900),
        [payment("outgoing", "settled", 14_000, 900), balance(1100)],
        silent=True,
    )
    scene.nothing_more()


@pytest.mark.parametrize("lnbits", LNBITS, indirect=True)
def test_a_label_moves_an_old_payment_to_the_top_and_is_no_news(stage, lnbits: LNbits):
    scene: Stage = stage(lnbits, reconcile_ms=500)
    invoice = scene.wallet.create_invoice(40)
    scene.wait_for_incoming([invoice], received(40_000))

    def label() -> None:
        answer = lnbits.request(
            "PUT",
            f"/api/v1/payments/{invoice.payment_hash}/labels",
            json={"labels": ["sorted"]},
            headers={"X-Api-Key": scene.wallet.admin_key},
        )
        assert answer.status == 200, answer.text

    scene.play(label, [], silent=True)
    scene.nothing_more()


@pytest.mark.parametrize("lnbits", LNBITS, indirect=True)
def test_payments_without_a_date_of_change_hide_nothing(stage, lnbits: LNbits):
    """LNbits dates such rows to the moment of each reading: they always look newest."""
    wallet_rows = 30
    scene: Stage = stage(lnbits)
    for invoice in [scene.wallet.create_invoice(2) for _ in range(wallet_rows)]:
        scene.peer.pay(invoice)
    scene.stream.wait_for(
        lambda s: len(s.of_kind("payment")) == wallet_rows, 20, "all the payments"
    )
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, 5)
    scene.told_before += len(scene.news)
    with lnbits.database() as base:
        base.execute(
            "UPDATE apipayments SET updated_at = NULL WHERE wallet_id = ?", (scene.wallet.id,)
        )
    scene.play(lambda: scene.peer.pay(scene.wallet.create_invoice(3)), received(3000))
    scene.nothing_more()


def take_when_there(scene: Stage, expected: list) -> None:
    scene.stream.wait_for(
        lambda _: len(scene.news) >= len(expected), STANDING_TIMEOUT_S, f"{expected}"
    )
    scene.take(expected)


@pytest.mark.parametrize("lnbits", ["lnbits-1.6.2"], indirect=True)
def test_a_pending_payment_that_lnbits_forgets_has_failed(stage, lnbits: LNbits):
    """Its clean-ups take the row away, and nobody is told; nor while the bridge is not there."""
    scene: Stage = stage(lnbits, reconcile_ms=1000)
    going = [payment("outgoing", "pending", 12_000, 2000), balance(-14_000)]
    gone = [payment("outgoing", "failed", 12_000), balance(14_000)]
    for is_running in (True, False):
        invoice = lnbits.foreign_invoice(12, answer="pending")
        scene.play(lambda invoice=invoice: scene.wallet.pay(invoice), going, silent=True)
        assert scene.bridge.balance()["pending_outgoing_msat"] == 14_000
        told_before = scene.told_before
        if not is_running:
            scene.bridge.stop()
        lnbits.forget(scene.wallet, invoice)
        if not is_running:
            scene.bridge.start()
            scene.bridge.wait_for_state("connected", 20)
            scene.listen()
            scene.told_before = told_before
        take_when_there(scene, gone)
        assert scene.bridge.balance()["pending_outgoing_msat"] == 0
        source = scene.bridge.source()
        assert (source["books"], source["corrections_msat"]) == ("balanced", 0)
    scene.nothing_more()


@pytest.mark.parametrize("lnbits", ["lnbits-1.6.2"], indirect=True)
def test_an_unpaid_invoice_in_a_state_of_another_release_hides_nothing(
    new_bridge: Callable[[], Bridge], lnbits: LNbits
):
    wallet = lnbits.create_wallet("odd", 1000)
    odd = wallet.create_invoice(7, "odd")
    statement = "UPDATE apipayments SET status = 'expired' WHERE payment_hash = ?"
    with lnbits.database() as base:
        base.execute(statement, (odd.payment_hash,))
    assert [row["status"] for row in wallet.rows() if row["payment_hash"] == odd.payment_hash] == [
        "expired"
    ]
    bridge = new_bridge()
    bridge.add_wallet("main", lnbits.url, wallet.invoice_key, reconcile_ms=1000)
    bridge.start()
    bridge.wait_for_state("connected", 20)
    bridge.wait_for_balance(1_000_000, 5)
    lnbits.change_balance(wallet, 5)
    bridge.wait_for_balance(1_005_000, 5)
    assert [row["amount_msat"] for row in bridge.payments()] == [5000, 1_000_000]
    source = bridge.source()
    assert (source["rows_skipped"], source["books"]) == (1, "balanced")
    assert odd.payment_hash in source["last_error"] and "expired" in source["last_error"]


@pytest.mark.parametrize("lnbits", ["lnbits-1.6.2"], indirect=True)
def test_an_admin_key_is_spoken_of(new_bridge: Callable[[], Bridge], lnbits: LNbits):
    wallet = lnbits.create_wallet("careless", 1000)
    bridge = new_bridge()
    bridge.add_wallet("main", lnbits.url, wallet.admin_key, reconcile_ms=500)
    bridge.start()
    bridge.wait_for_state("connected", 20)
    lnbits.change_balance(wallet, 5)
    wait_until(lambda: bridge.balance()["balance_msat"] == 1_005_000, 10, "a reconcile")
    advice = [line for line in bridge.log.splitlines() if "admin key" in line]
    assert len(advice) == 1 and "invoice/read key" in advice[0]
    assert wallet.admin_key not in bridge.everything_said()
