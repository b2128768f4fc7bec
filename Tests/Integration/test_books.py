"""The books must balance, and the bridge says so when they cannot."""

import pytest

from lab.backend import Backend
from lab.scenario import TIME_FACTOR, balance, received

RECONCILE_MS = 1000
# Two rounds at least five seconds apart must agree before a difference is told.
CORRECTION_TIMEOUT_S = (5 + 4 * RECONCILE_MS / 1000 + 3) * TIME_FACTOR


@pytest.mark.parametrize("change_msat", [5000, -7000])
def test_an_edited_amount_is_one_correction(stage, backend: Backend, change_msat: int):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    invoice = scene.wallet.create_invoice(40, "edited later")
    scene.wait_for_incoming([invoice], received(40_000))
    assert scene.bridge.source()["books"] == "balanced"

    backend.edit_amount(scene.wallet, invoice.payment_hash, 40_000 + change_msat)
    confirmed = scene.wallet.balance_msat
    scene.bridge.wait_for_balance(confirmed, CORRECTION_TIMEOUT_S)
    scene.stream.wait_for(lambda _: scene.news, 5, "a correction")
    scene.take([balance(change_msat, "correction")])

    source = scene.bridge.source()
    assert (source["books"], source["unexplained_msat"]) == ("balanced", 0)
    assert source["corrections_msat"] == change_msat
    assert source["last_correction_at"] == scene.bridge.balance()["changed_at"]
    scene.nothing_more()
    if change_msat < 0:
        return
    scene.bridge.stop()
    scene.bridge.start()
    scene.bridge.wait_for_state("connected", 20)
    again = scene.bridge.source()
    assert again["corrections_msat"] == change_msat
    assert again["last_correction_at"] == source["last_correction_at"]
    scene.listen()


def test_books_balance_after_ordinary_life(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    scene.play(lambda: backend.change_balance(scene.wallet, 5), received(5000))
    source = scene.bridge.source()
    assert (source["books"], source["unexplained_msat"]) == ("balanced", 0)
    assert source["last_reconcile_at"] is not None
    assert source["server_version"] == backend.version
    assert source["upstream_name"] == "watched"
    assert source["delivery"] == "live"
