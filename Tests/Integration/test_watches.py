"""The routes of watches: what may be ordered, what is shown, and what is refused."""

import re

import pytest

from lab.cashu_wallet import hash_to_curve
from lab.process import free_port

QUOTE = "nobodys-quote-0123456789abcdef"
PROOF = hash_to_curve(b"nobody's proof")


@pytest.fixture
def bridge(new_bridge):
    """With a mint that is not there."""
    bridge = new_bridge()
    bridge.add_mint("alpha", f"http://127.0.0.1:{free_port()}")
    return bridge.start()


def problem(answer) -> dict:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.json


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
        "amount_paid": None,
        "amount_issued": None,
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
