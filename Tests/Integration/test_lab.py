"""The laboratory itself: LNbits behaves as the scenarios assume. No bridge takes part."""

import contextlib
import json
import threading
import time

import pytest
from conftest import LNBITS
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from lab.backend import Backend
from lab.process import wait_until
from lab.proxy import BAD_GATEWAY, Proxy
from lab.rest import request


class Ears:
    """Collects the frames that LNbits sends for one key."""

    def __init__(self, url: str, key: str):
        self.frames: list[str] = []
        self.socket = connect(f"{url.replace('http', 'ws')}/api/v1/ws/{key}").__enter__()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for frame in self.socket:
                self.frames.append(str(frame))

    def hear(self, count: int) -> list[dict]:
        """Exactly this many frames: waits for them, then a little longer for one too many."""
        wait_until(lambda: len(self.frames) >= count, 10, f"{count} frames")
        time.sleep(0.3)
        heard, self.frames = self.frames, []
        assert len(heard) == count
        return [json.loads(frame) for frame in heard]


@pytest.fixture
def wallet(backend: Backend):
    return backend.create_wallet("alice")


@pytest.fixture
def ears(backend: Backend, wallet):
    """On the wallet's socket, with the frame of its first credit already heard."""
    ears = Ears(backend.url, wallet.invoice_key)
    backend.change_balance(wallet, 100_000)
    ears.hear(1)
    yield ears
    ears.socket.close()


def test_a_credit_sends_a_frame_and_a_debit_none(backend, wallet, ears):
    backend.change_balance(wallet, 500)
    assert ears.hear(1)[0]["payment"]["amount"] == 500_000
    backend.change_balance(wallet, -300)
    assert ears.hear(0) == []
    assert wallet.balance_msat == 100_200_000


def test_an_external_fee_is_taken_and_the_versions_disagree_about_the_balance(
    backend, wallet, ears
):
    assert wallet.pay(backend.foreign_invoice(10, fee_msat=1234))
    frame = ears.hear(1)[0]
    assert (frame["payment"]["amount"], frame["payment"]["fee"]) == (-10_000, -1234)
    assert wallet.balance_msat == 99_988_766
    before, after = 100_000, 99_988
    assert frame["wallet_balance"] == (before if backend.frames_tell_balance_before else after)


def test_a_pending_payment_takes_its_reserve_and_resolves_silently(backend, wallet, ears):
    invoice = backend.foreign_invoice(12, answer="pending")
    assert wallet.pay(invoice)
    assert wallet.balance_msat == 100_000_000 - 12_000 - 2000
    backend.resolve(wallet, invoice, "settled", fee_msat=700)
    assert wallet.balance_msat == 100_000_000 - 12_700
    refunded = backend.foreign_invoice(13, answer="pending")
    assert wallet.pay(refunded)
    backend.resolve(wallet, refunded, "failed")
    assert wallet.balance_msat == 100_000_000 - 12_700
    assert ears.hear(0) == []


def test_a_failed_payment_can_settle_after_all(backend, wallet, ears):
    invoice = backend.foreign_invoice(11, answer="failed")
    assert not wallet.pay(invoice)
    assert wallet.balance_msat == 100_000_000
    backend.settle_failed(wallet, invoice, fee_msat=500)
    assert wallet.balance_msat == 100_000_000 - 11_500
    assert ears.hear(0) == []


def test_incoming_payments_come_with_and_without_a_frame(backend, wallet, ears):
    announced = wallet.create_invoice(40, "announced")
    backend.receive(wallet, [announced])
    assert ears.hear(1)[0]["payment"]["memo"] == "announced"
    backend.repeat_notification(announced)
    ears.hear(1)
    backend.receive(wallet, [wallet.create_invoice(41)], announced=False)
    assert ears.hear(0) == []
    assert wallet.balance_msat == 100_081_000


def test_anyone_with_the_invoice_key_forges_frames(backend, wallet, ears):
    backend.forge_frame(wallet, '{"wallet_balance": 1}')
    assert ears.hear(1) == [{"wallet_balance": 1}]


def test_reset_keys_are_refused(backend, wallet, ears):
    old = wallet.invoice_key
    backend.reset_keys(wallet)
    answer = request("GET", backend.url + "/api/v1/wallet", headers={"X-Api-Key": old})
    assert (answer.status, answer.json) == (404, {"detail": "Wallet not found."})
    assert wallet.balance_msat == 100_000_000


def test_an_amount_can_be_edited_behind_its_back(backend, wallet, ears):
    invoice = wallet.create_invoice(40)
    backend.receive(wallet, [invoice])
    wait_until(lambda: wallet.balance_msat == 100_040_000, 10, "the payment has settled")
    backend.edit_amount(wallet, invoice.payment_hash, 45_000)
    assert wallet.balance_msat == 100_045_000


def test_the_proxy_relays_and_fails_on_command(backend, wallet):
    proxy = Proxy(backend.url)
    try:
        headers = {"X-Api-Key": wallet.invoice_key}
        assert request("GET", proxy.url + "/api/v1/wallet", headers=headers).status == 200
        behind_proxy = Ears(proxy.url, wallet.invoice_key)
        backend.change_balance(wallet, 1)
        behind_proxy.hear(1)
        proxy.fault = BAD_GATEWAY
        assert request("GET", proxy.url + "/api/v1/wallet", headers=headers).status == 502
        assert proxy.requests == {"/api/v1/wallet": 2, "upgrade": 1}
    finally:
        proxy.close()


@pytest.mark.parametrize("backend", LNBITS, indirect=True)
def test_a_stopped_server_comes_back_with_its_wallets(restartable_backend, wallet, ears):
    restartable_backend.stop()
    assert not restartable_backend.is_running
    restartable_backend.start()
    assert wallet.balance_msat == 100_000_000
