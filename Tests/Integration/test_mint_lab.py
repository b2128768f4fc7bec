"""The laboratory itself: Nutshell behaves as the tests of mints assume. No bridge takes part."""

import time

import pytest
from websockets.exceptions import InvalidStatus

from lab.cashu_wallet import CashuWallet
from lab.mint_ears import Ears
from lab.mint_proxy import MintProxy
from lab.nutshell import Nutshell
from lab.process import wait_until
from lab.rest import request


@pytest.fixture
def ears(mint: Nutshell):
    ears = Ears(mint.url)
    yield ears
    ears.socket.close()


@pytest.fixture
def wallet(mint: Nutshell) -> CashuWallet:
    return CashuWallet(mint.url)


def test_a_mint_quote_is_told_when_it_is_paid_and_when_it_is_issued(mint, wallet, ears):
    quote = wallet.request_mint(100)
    assert ears.subscribe("bolt11_mint_quote", quote.id)["result"]["status"] == "OK"
    ears.hear(quote.id, "UNPAID")
    assert wallet.mint_state(quote) == "UNPAID", "nobody but a test pays"
    mint.receive(quote.bolt11)
    ears.hear(quote.id, "UNPAID", "PAID")
    assert sum(proof.amount for proof in wallet.mint(quote)) == 100
    wait_until(lambda: (quote.id, "ISSUED") in ears.states, 5, "ISSUED is told")


def test_a_payment_can_come_without_a_notification(mint, wallet, ears):
    quote = wallet.request_mint(100)
    ears.subscribe("bolt11_mint_quote", quote.id)
    mint.receive(quote.bolt11, announced=False)
    ears.hear(quote.id, "UNPAID")
    assert wallet.mint_state(quote) == "PAID"


@pytest.mark.parametrize(
    ("result", "quote_ends", "proof_ends"),
    [("SETTLED", "PAID", "SPENT"), ("FAILED", "UNPAID", "UNSPENT")],
)
def test_a_melt_is_pending_until_its_payment_is_decided(
    mint, other_mint, wallet, ears, result, quote_ends, proof_ends
):
    quote = wallet.request_melt(CashuWallet(other_mint.url).request_mint(50).bolt11)
    proofs = wallet.buy(mint, quote.amount + quote.fee_reserve)
    ears.subscribe("bolt11_melt_quote", quote.id)
    ears.subscribe("proof_state", *[proof.y for proof in proofs])
    wallet.melt(quote, proofs)
    ears.hear(quote.id, "UNPAID", "PENDING")
    assert (wallet.melt_state(quote), wallet.proof_state(proofs[0])) == ("PENDING", "PENDING")
    mint.resolve(quote.bolt11, result)
    ears.hear(quote.id, "UNPAID", "PENDING", quote_ends)
    for proof in proofs:
        ears.hear(proof.y, "UNSPENT", "PENDING", proof_ends)


def test_a_silent_connection_is_closed(idle_closing_mint: Nutshell):
    ears = Ears(idle_closing_mint.url)
    time.sleep(5)
    assert ears.close_code is None
    wait_until(lambda: ears.close_code, 3, "the mint closes")
    assert ears.close_code == 1000


def test_the_mint_limits_who_is_said_to_come_from_elsewhere(mint, wallet, mint_proxy: MintProxy):
    quote = wallet.request_mint(1)
    mint_proxy.come_from_elsewhere()
    ears = Ears(mint_proxy.url)
    assert ears.exhaust_limit(quote.id) == 19, "of 20: a connection counts too"
    assert ears.answers[-1]["error"]["message"] == "Error: Rate limit exceeded"
    with pytest.raises(InvalidStatus) as refused:
        Ears(mint_proxy.url)
    assert refused.value.response.status_code == 500
    assert "result" in Ears(mint.url).subscribe("bolt11_mint_quote", quote.id)


def test_the_proxy_falsifies_on_command(mint, wallet, mint_proxy: MintProxy):
    quotes = [wallet.request_mint(1) for _ in range(3)]
    ears = Ears(mint_proxy.url)
    for copies, quote in enumerate(quotes):
        mint_proxy.notification_copies = copies
        assert "result" in ears.subscribe("bolt11_mint_quote", quote.id)
        ears.hear(quote.id, *["UNPAID"] * copies)
    assert request("GET", mint_proxy.url + "/v1/info").json["nuts"]["17"]["supported"]
    mint_proxy.hides_websockets = True
    assert "17" not in request("GET", mint_proxy.url + "/v1/info").json["nuts"]


def test_a_stopped_mint_closes_its_sockets_and_comes_back_with_its_quotes(
    mortal_mint: Nutshell, wallet, ears
):
    quote = wallet.request_mint(21)
    mortal_mint.stop()
    assert not mortal_mint.is_running
    wait_until(lambda: ears.close_code, 5, "the socket is closed")
    assert ears.close_code == 1012
    mortal_mint.start()
    assert wallet.mint_state(quote) == "UNPAID"
