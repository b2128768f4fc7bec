"""Quotes and proofs at real mints: each transition becomes one event, and no id is ever said."""

import re
import signal
import sqlite3
import threading
from contextlib import closing

import pytest

from lab.cashu_wallet import CashuWallet
from lab.mint_proxy import MintProxy
from lab.mint_scenario import check_no_secret_was_said
from lab.process import wait_until
from lab.scenario import CONNECT_TIMEOUT_S, TIME_FACTOR

SLOW_RECONCILE = {"reconcile_ms": 3_600_000}
QUICK_RECONCILE = {"reconcile_ms": 2000}
POLLED_BOUND_S = 4 * TIME_FACTOR

NOBODYS_QUOTE = "nobodys-quote-0123456789abcdef"


# Transitions


def test_a_mint_quote_is_paid_and_issued(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote(100)
    scene.expect(handle)
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", via="websocket")
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED", via="websocket")

    paid = scene.told(handle)[0]
    assert paid.id is not None
    observed_at = paid.data["observed_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", observed_at)
    assert paid.data == {
        "handle": handle,
        "mint": "alpha",
        "kind": "bolt11_mint_quote",
        "state": "PAID",
        "previous_state": "UNPAID",
        "amount": 100,
        "unit": "sat",
        "amount_paid": None,
        "amount_issued": None,
        "observed_at": observed_at,
        "via": "websocket",
    }


@pytest.mark.parametrize(
    ("result", "quote_ends", "proof_ends"),
    [("SETTLED", "PAID", "SPENT"), ("FAILED", "UNPAID", "UNSPENT")],
)
def test_a_melt_quote_and_its_proofs_are_pending_and_then_decided(
    mint_stage, mint, other_mint, result, quote_ends, proof_ends
):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quote, proofs, handle = scene.watch_new_melt(CashuWallet(other_mint.url))
    proof_handles = [scene.watch("proof_state", proof.y) for proof in proofs]
    scene.wallet.melt(quote, proofs)
    for pending in (handle, *proof_handles):
        scene.expect(pending, "PENDING")
    mint.resolve(quote.bolt11, result)
    scene.expect(handle, "PENDING", quote_ends, via="websocket")
    for proof_handle in proof_handles:
        scene.expect(proof_handle, "PENDING", proof_ends, via="websocket")


def test_an_older_nutshell_is_followed_as_well(mint_stage, older_mint, other_mint):
    scene = mint_stage(older_mint, **SLOW_RECONCILE)
    assert older_mint.version in scene.bridge.source("alpha")["server_version"]
    quote, handle = scene.watch_new_quote(100)
    older_mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", via="websocket")
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED", via="websocket")
    melt, proofs, melt_handle = scene.watch_new_melt(CashuWallet(other_mint.url))
    proof_handle = scene.watch("proof_state", proofs[0].y)
    # It answers only once the payment is decided.
    paying = threading.Thread(target=scene.wallet.melt, args=(melt, proofs), daemon=True)
    paying.start()
    scene.expect(melt_handle, "PENDING")
    older_mint.resolve(melt.bolt11)
    scene.expect(melt_handle, "PENDING", "PAID", via="websocket")
    scene.expect(proof_handle, "PENDING", "SPENT", via="websocket")
    paying.join(10)
    scene.check_that_it_lives()


def test_two_mints_tell_both_ends_of_one_payment(mint_stage, mint, other_mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    assert scene.bridge.stop() == 0
    scene.bridge.add_mint("beta", other_mint.url, **SLOW_RECONCILE)
    scene.bridge.start()
    scene.bridge.wait_for_state("connected", CONNECT_TIMEOUT_S, "beta")
    scene.listen()
    only_beta = scene.bridge.events("wallet=beta")

    payee = CashuWallet(other_mint.url)
    invoice = payee.request_mint(50)
    incoming = scene.watch("bolt11_mint_quote", invoice.id, "beta")
    quote = scene.wallet.request_melt(invoice.bolt11)
    proofs = scene.wallet.buy(mint, quote.amount + quote.fee_reserve)
    outgoing = scene.watch("bolt11_melt_quote", quote.id)
    scene.wallet.melt(quote, proofs)
    scene.expect(outgoing, "PENDING")
    mint.resolve(quote.bolt11)
    other_mint.receive(invoice.bolt11)
    scene.expect(outgoing, "PENDING", "PAID", via="websocket")
    scene.expect(incoming, "PAID", via="websocket")
    payee.mint(invoice)
    scene.expect(incoming, "PAID", "ISSUED", via="websocket")
    only_beta.wait_for(lambda s: len(s.durable) >= 2, 5, "both states of beta's quote")
    assert {event.data["mint"] for event in only_beta.durable} == {"beta"}
    scene.wallet.secrets += payee.secrets


def test_what_happened_before_the_watch_is_told_first(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quote = scene.wallet.request_mint(21)
    mint.receive(quote.bolt11)
    scene.expect(scene.watch("bolt11_mint_quote", quote.id), "PAID")


def test_a_payment_that_the_mint_does_not_notify_is_found_by_asking(mint_stage, mint):
    scene = mint_stage(mint, **QUICK_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mint.receive(quote.bolt11, announced=False)
    # The question makes the mint look, and tell: either way may be the first.
    scene.expect(handle, "PAID", within=POLLED_BOUND_S)


def test_many_quotes_are_told_each_once(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quotes = [scene.wallet.request_mint(1) for _ in range(12)]
    handles = [
        scene.bridge.open_watch("alpha", "bolt11_mint_quote", quote.id)["handle"]
        for quote in quotes
    ]
    for quote in quotes:
        mint.receive(quote.bolt11)
    for handle in handles:
        scene.expect(handle, "PAID", within=5 * TIME_FACTOR, via="websocket")


def test_a_quote_that_the_mint_does_not_know(mint_stage, mint):
    scene = mint_stage(mint, **QUICK_RECONCILE)
    handle = scene.bridge.open_watch("alpha", "bolt11_mint_quote", NOBODYS_QUOTE)["handle"]
    scene.wallet.secrets.append(NOBODYS_QUOTE)
    scene.expect(handle, "UNKNOWN", within=3 * POLLED_BOUND_S, via="poll")


def test_a_deleted_watch_is_told_of_no_more(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    answer = scene.bridge.request(
        "DELETE", f"/api/v1/watches/{handle}", headers={"Content-Type": "application/json"}
    )
    assert answer.status == 204
    mint.receive(quote.bolt11)
    scene.check_that_it_lives()
    scene.expect(handle)


# Status


def test_a_mint_is_a_source(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    _, handle = scene.watch_new_quote()
    scene.wait_for_delivery("live", 5)
    source = scene.bridge.source("alpha")
    assert (source["kind"], source["state"], source["reason"]) == ("cashu", "connected", None)
    assert source["server_version"] in (mint.version, f"Nutshell/{mint.version}")
    assert source["upstream_name"] == "alpha"
    snapshot = scene.bridge.events()
    snapshot.wait_for(lambda s: s.of_kind("snapshot"), 5, "a snapshot")
    named = snapshot.of_kind("snapshot")[0].data["sources"]
    assert named == [{"name": "alpha", "state": "connected", "reason": None}]
    assert scene.bridge.get("/readyz").status == 200
    metrics = scene.bridge.get("/metrics").text
    assert re.search(r'^walletwire_\w+\{[^}]*source="alpha"', metrics, re.MULTILINE)
    assert handle not in metrics, "a label for each watch would grow without end"


def test_a_mint_that_is_paused_is_told_of_afterwards(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    assert scene.bridge.post("/api/v1/pause?source=alpha").status == 202
    scene.bridge.wait_for_state("disconnected", 5, "alpha", reason="paused")
    mint.receive(quote.bolt11)
    assert scene.wallet.mint_state(quote) == "PAID"
    scene.expect(handle)
    assert scene.bridge.post("/api/v1/resume?source=alpha").status == 202
    scene.expect(handle, "PAID", within=CONNECT_TIMEOUT_S)
    scene.check_that_it_lives()


# Durability


def test_another_mint_of_the_same_name_learns_nothing(mint_stage, mint, other_mint):
    scene = mint_stage(mint, **QUICK_RECONCILE)
    quote, handle = scene.watch_new_quote()
    other = MintProxy(other_mint.url)
    try:
        reload(scene, other.url)
        wait_until(lambda: other.requests["upgrade"], 5, "the other mint is connected")
        assert scene.bridge.watches() == []
        assert scene.bridge.get(f"/api/v1/watches/{handle}").status == 404
        scene.bridge.wait_for_state("connected", CONNECT_TIMEOUT_S, "alpha")
        assert set(other.requests) == {"/v1/info", "upgrade"}
    finally:
        other.close()
    mint.receive(quote.bolt11)
    reload(scene, mint.url)
    scene.expect(handle, "PAID", within=CONNECT_TIMEOUT_S)
    assert [watch["handle"] for watch in scene.bridge.watches()] == [handle]


def reload(scene, url: str) -> None:
    scene.bridge.configuration["mint"][0]["url"] = url
    scene.bridge.write_configuration()
    scene.bridge.signal(signal.SIGHUP)


def test_watches_survive_a_kill(mint_stage, mint):
    scene = mint_stage(mint, **SLOW_RECONCILE)
    paid, handle = scene.watch_new_quote()
    meanwhile, other = scene.watch_new_quote()
    mint.receive(paid.bolt11)
    scene.expect(handle, "PAID")
    listed = scene.bridge.watches()
    scene.bridge.kill()
    mint.receive(meanwhile.bolt11)
    scene.bridge.start()
    scene.listen()
    scene.expect(other, "PAID", within=CONNECT_TIMEOUT_S)
    scene.expect(handle, "PAID")
    assert [watch["handle"] for watch in scene.bridge.watches()] == [
        watch["handle"] for watch in listed
    ]
    scene.wallet.mint(paid)
    scene.expect(handle, "PAID", "ISSUED")
    scene.check_that_it_lives()


# Secrecy


def test_no_id_is_said_anywhere(mint_stage, mint, other_mint):
    scene = mint_stage(mint, **QUICK_RECONCILE)
    bridge = scene.bridge
    quote, handle = scene.watch_new_quote()
    melt, proofs, melt_handle = scene.watch_new_melt(CashuWallet(other_mint.url))
    scene.watch("proof_state", proofs[0].y)
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID")
    scene.wallet.melt(melt, proofs)
    mint.resolve(melt.bolt11)
    scene.expect(melt_handle, "PENDING", "PAID")
    # Twice the same, a wrong kind, a wrong mint: an answer may quote what it was asked.
    for order in (
        {"mint": "alpha", "kind": "bolt11_mint_quote", "id": quote.id},
        {"mint": "alpha", "kind": "bolt11_melt_quote", "id": quote.id},
        {"mint": "nowhere", "kind": "bolt11_mint_quote", "id": quote.id},
        {"mint": "alpha", "kind": quote.id, "id": quote.id},
        {"mint": quote.id, "kind": "bolt11_mint_quote", "id": "x"},
    ):
        bridge.post("/api/v1/watches", json=order)
    for path in (
        "/metrics", "/healthz", "/readyz", "/api/v1/config", "/api/v1/status",
        "/api/v1/openapi.json", "/api/v1/watches", f"/api/v1/watches/{handle}",
        "/api/v1/balances", "/api/v1/payments",
        f"/api/v1/watches/{quote.id}",
    ):  # fmt: skip
        bridge.get(path)
    assert bridge.get("/").status == 200
    asked = bridge.source("alpha")["last_reconcile_at"]
    wait_until(
        lambda: bridge.source("alpha")["last_reconcile_at"] != asked, 10, "a question is logged"
    )

    assert bridge.watches() != []
    store = bridge.folder / "bridge.db"
    for secret in (quote.id, melt.id, proofs[0].y):
        assert secret in exported(store), "the search looks where the secrets are"
    check_no_secret_was_said(scene, exported(store, without=("watches", "secret")))


def exported(store, without: tuple[str, str] | None = None) -> str:
    """Every value of every table, but those of one column."""
    said: list[str] = []
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f"SELECT * FROM {table}"):
                said += [
                    value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    for column, value in dict(row).items()
                    if (table, column) != without
                ]
    return "\n".join(said)
