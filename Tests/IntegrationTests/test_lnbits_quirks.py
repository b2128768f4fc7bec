"""What only a real LNbits does: each of these once looked like news, or hid some."""

import threading

import pytest

from lab.backend import Invoice
from lab.lnbits import LNbits
from lab.scenario import Stage, balance, payment, received, sent

LNBITS = ["lnbits-1.6.2", "lnbits-1.4.1"]


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
