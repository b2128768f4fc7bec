"""Quotes and proofs at real mints: each transition becomes one event, and no id is ever said."""

import re
import sqlite3

import pytest

from lab.cashu_wallet import CashuWallet, hash_to_curve
from lab.process import free_port, wait_until
from lab.scenario import CONNECT_TIMEOUT_S, TIME_FACTOR

SLOW_RECONCILE = {"reconcile_ms": 3_600_000}
QUICK_RECONCILE = {"reconcile_ms": 2000}
POLLED_BOUND_S = 4 * TIME_FACTOR

QUOTE = "nobodys-quote-0123456789abcdef"
PROOF = hash_to_curve(b"nobody's proof")


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
    scene.wallet.ids += payee.ids


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


def test_a_quote_that_the_mint_does_not_know(mint_stage, mint):
    scene = mint_stage(mint, **QUICK_RECONCILE)
    handle = scene.bridge.open_watch("alpha", "bolt11_mint_quote", QUOTE)["handle"]
    scene.wallet.ids.append(QUOTE)
    scene.expect(handle, "UNKNOWN", within=3 * POLLED_BOUND_S, via="poll")


# Routes


@pytest.fixture
def bridge(new_bridge):
    """With a mint that is not there."""
    bridge = new_bridge()
    bridge.add_mint("alpha", f"http://127.0.0.1:{free_port()}")
    return bridge.start()


def test_a_watch_is_shown_without_its_id(bridge):
    answer = bridge.post(
        "/api/v1/watches", json={"mint": "alpha", "kind": "bolt11_mint_quote", "id": QUOTE}
    )
    assert answer.status == 201, answer.text
    watch = answer.json
    assert re.fullmatch(r"w_[0-9A-Za-z_-]{16,}", watch["handle"])
    assert watch == {
        "handle": watch["handle"],
        "mint": "alpha",
        "kind": "bolt11_mint_quote",
        "state": "UNPAID",
        "amount": None,
        "unit": None,
        "expiry": None,
        "observed_at": None,
    }
    assert bridge.watches() == [watch]
    shown = bridge.get(f"/api/v1/watches/{watch['handle']}")
    assert (shown.status, shown.json) == (200, watch)
    assert QUOTE not in bridge.everything_said()


@pytest.mark.parametrize(
    ("kind", "id", "state"),
    [
        ("bolt11_mint_quote", QUOTE, "UNPAID"),
        ("bolt11_melt_quote", QUOTE, "UNPAID"),
        ("bolt12_mint_quote", QUOTE, "UNPAID"),
        ("bolt12_melt_quote", QUOTE, "UNPAID"),
        ("proof_state", PROOF, "UNSPENT"),
    ],
)
def test_the_same_id_again_is_the_same_watch(bridge, kind, id, state):
    first = bridge.open_watch("alpha", kind, id)
    assert first["state"] == state
    again = bridge.post("/api/v1/watches", json={"mint": "alpha", "kind": kind, "id": id})
    assert again.status in (200, 201)
    assert again.json["handle"] == first["handle"]
    assert len(bridge.watches()) == 1


def test_a_watch_ends_once(bridge):
    handle = bridge.open_watch("alpha", "bolt11_mint_quote", QUOTE)["handle"]
    kept = bridge.open_watch("alpha", "proof_state", PROOF)["handle"]
    path = f"/api/v1/watches/{handle}"
    headers = {"Content-Type": "application/json"}
    answer = bridge.request("DELETE", path, headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = bridge.request(method, path, headers=headers)
        assert (gone.status, problem(gone)["status"]) == (404, 404)
    assert [watch["handle"] for watch in bridge.watches()] == [kept]
    assert bridge.open_watch("alpha", "bolt11_mint_quote", QUOTE)["handle"] != handle


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


def problem(answer) -> dict:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.json


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"mint": "nowhere"}, 404),
        ({"kind": "bolt13_mint_quote"}, 400),
        ({"kind": None}, 400),
        ({"id": ""}, 400),
        ({"id": "x" * 100_000}, 400),
        ({"id": "two words"}, 400),
        ({"id": "line\nfeed"}, 400),
        ({"id": 7}, 400),
        ({"id": None}, 400),
        ({"kind": "proof_state", "id": "not a point"}, 400),
        ({"kind": "proof_state", "id": PROOF[2:]}, 400),
    ],
)
def test_an_order_that_cannot_be_met_is_refused(bridge, change, status):
    order = {"mint": "alpha", "kind": "bolt11_mint_quote", "id": QUOTE, **change}
    answer = bridge.post("/api/v1/watches", json=order)
    # A body that is too large may be refused for its size alone.
    assert answer.status == status or (answer.status == 413 and len(str(order["id"])) > 1000)
    assert problem(answer)["detail"]
    assert order["id"] in ("", 7, None) or order["id"] not in answer.text
    assert bridge.watches() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"mint":"alpha"}'])
def test_a_body_that_is_no_order_is_refused(bridge, body):
    answer = bridge.request(
        "POST", "/api/v1/watches", body=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status, problem(answer)["status"]) == (400, 400)


def test_a_content_type_other_than_json_is_refused(bridge):
    body = f'{{"mint":"alpha","kind":"bolt11_mint_quote","id":"{QUOTE}"}}'.encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = bridge.request(
            "POST", "/api/v1/watches", body=body, headers={"Content-Type": kind}
        )
        assert (answer.status, problem(answer)["status"]) == (415, 415)
    assert bridge.watches() == []


def test_another_method_is_refused(bridge):
    handle = bridge.open_watch("alpha", "bolt11_mint_quote", QUOTE)["handle"]
    headers = {"Content-Type": "application/json"}
    for path, allowed in (
        ("/api/v1/watches", {"GET", "HEAD", "POST"}),
        (f"/api/v1/watches/{handle}", {"GET", "HEAD", "DELETE"}),
    ):
        answer = bridge.request("PUT", path, headers=headers, body=b"{}")
        assert answer.status == 405
        assert allowed <= {name.strip() for name in answer.headers["allow"].split(",")}


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


# Durability


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

    said = bridge.everything_said() + exported(bridge.folder / "bridge.db")
    assert handle in said, "the search looks where the watches are"
    for id in scene.wallet.ids:
        assert id not in said, f"an id was said: {id[:6]}…"


def exported(store) -> str:
    """Every value of every table, but those of the one column that holds the ids."""
    said: list[str] = []
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema")]
        for table in (name for name in tables if not name.startswith("sqlite_")):
            with_columns = database.execute(f"PRAGMA table_info({table})").fetchall()
            if not with_columns:
                continue
            for row in database.execute(f"SELECT * FROM {table}"):
                said += [
                    value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    for name, value in dict(row).items()
                    if (table, name) != ("watches", "secret")
                ]
    return "\n".join(said)
