"""HTTP as the contract has it: for browsers, dashboards and small devices, against strangers."""

import csv
import io
import re
import socket
from collections.abc import Iterator

import pytest

from lab.backend import Backend
from lab.bridge import Bridge
from lab.process import wait_until
from lab.scenario import CONNECT_TIMEOUT_S

JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json"
RFC3339_MS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

CACHED = ("/api/v1/balance", "/api/v1/balances", "/api/v1/payments", "/api/v1/config")
UNCACHED = ("/api/v1/status", "/healthz", "/readyz", "/metrics")
GETS = (
    *CACHED,
    *UNCACHED,
    "/api/v1/history",
    "/api/v1/payments.csv",
    "/api/v1/openapi.json",
    "/",
    "/page.js",
)
POSTS = ("/api/v1/reconnect", "/api/v1/pause", "/api/v1/resume")


@pytest.fixture(scope="module")
def wallet(any_backend: Backend):
    """+1000 sat credit, +21 in, -22 out, -10 and a fee out, one pending of 12."""
    wallet = any_backend.create_wallet("shop", 1000)
    peer = any_backend.create_wallet("peer", 1000)
    peer.pay(wallet.create_invoice(21, "first, coffee"))
    wallet.pay(peer.create_invoice(22, "second tea"))
    wallet.pay(any_backend.foreign_invoice(10, 'third "quoted"', fee_msat=1234))
    wallet.pay(any_backend.foreign_invoice(12, "fourth", answer="pending"))
    return wallet


@pytest.fixture(scope="module")
def bridge(
    any_backend: Backend, wallet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bridge]:
    """One bridge for all of this page's readers."""
    folder = tmp_path_factory.mktemp("http")
    public = folder / "public"
    public.mkdir()
    (public / "index.html").write_text("<!doctype html><title>page</title>\n")
    (public / "page.js").write_text("export {}\n")
    (folder / "private.txt").write_text("private\n")
    bridge = Bridge(folder)
    bridge.configuration["server"]["public_dir"] = str(public)
    bridge.add_wallet("main", any_backend.url, wallet.invoice_key, label="The shop")
    bridge.start()
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
    bridge.wait_for_balance(wallet.balance_msat, 5)
    yield bridge
    assert wallet.invoice_key not in bridge.everything_said()
    assert bridge.stop() == 0


def check_problem(answer, status: int) -> dict:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)
    assert int(answer.headers["content-length"]) == len(answer.body)
    problem = answer.json
    assert problem["status"] == status
    assert problem["title"]
    return problem


# What is answered


def test_the_balance_is_flat_and_exact(bridge: Bridge, wallet):
    shown = bridge.balance()
    assert shown == {
        **shown,
        "wallet": "main",
        "label": "The shop",
        "balance_msat": wallet.balance_msat,
        "balance_sat": wallet.balance_msat // 1000,
        "pending_outgoing_msat": 14_000,
        "state": "connected",
        "stale": False,
    }
    assert RFC3339_MS.match(shown["confirmed_at"])
    assert RFC3339_MS.match(shown["changed_at"])
    assert re.match(r"^[0-9a-z]+-\d+$", shown["last_event_id"])
    assert bridge.get("/api/v1/balance").json["wallet"] == "main", "the first wallet by default"
    assert bridge.get("/api/v1/balances").json == [bridge.balance()]


def test_the_status_names_every_figure(bridge: Bridge):
    status = bridge.get("/api/v1/status").json
    assert {"service", "version", "started_at", "uptime_seconds", "subscribers"} <= set(status)
    assert status["service"] == "walletwire"
    (source,) = status["sources"]
    assert set(source) >= {
        *("name", "kind", "state", "reason", "since", "next_retry_at", "reconnect_attempt"),
        *("connection_attempts", "successful_connections", "success_rate", "last_connect_ms"),
        *("downtime_seconds", "disconnections", "last_close_code", "last_close_reason"),
        *("last_frame_at", "heartbeat_rtt_ms", "last_reconcile_at", "books", "unexplained_msat"),
        *("corrections_msat", "last_correction_at", "rows_skipped"),
        *("frames_received", "frames_rejected", "frames_duplicate", "payments_without_frame"),
        *("server_version", "upstream_name", "trust", "delivery", "last_error"),
    }
    assert (source["kind"], source["state"], source["reason"]) == ("lnbits", "connected", None)
    assert source["server_version"] == "1.6.2"
    assert source["upstream_name"] == "shop"
    assert RFC3339_MS.match(source["since"])


def test_a_payment_has_the_contract_s_shape(bridge: Bridge):
    (row,) = bridge.payments("q=third&limit=5")
    assert set(row) == {
        *("wallet", "payment_id", "payment_hash", "direction", "status", "amount_msat"),
        *("amount_sat", "fee_msat", "memo", "tag", "comment", "fiat_amount", "fiat_currency"),
        *("created_at", "settled_at", "observed_at", "late"),
    }
    assert (row["amount_msat"], row["amount_sat"], row["fee_msat"]) == (10_000, 10, 1234)
    assert row["memo"] == 'third "quoted"'
    assert all(RFC3339_MS.match(row[key]) for key in ("created_at", "settled_at", "observed_at"))
    one = bridge.get(f"/api/v1/payments/{row['payment_id']}").json
    assert one == row
    (pending,) = bridge.payments("status=pending")
    assert (pending["direction"], pending["settled_at"]) == ("outgoing", None)


@pytest.mark.parametrize(
    ("query", "memos"),
    [
        ("direction=incoming", {"Admin credit", "first, coffee"}),
        ("direction=outgoing&status=settled", {"second tea", 'third "quoted"'}),
        ("status=failed", set()),
        ("q=COFFEE", {"first, coffee"}),
        ("q=%25", set()),
    ],
)
def test_payments_are_filtered(bridge: Bridge, query: str, memos: set):
    assert {row["memo"] for row in bridge.payments(query)} == memos


def test_payments_are_paged_by_an_opaque_cursor(bridge: Bridge):
    whole = bridge.payments("limit=1000")
    assert len(whole) == 5
    assert len(bridge.get("/api/v1/payments?limit=2").json["payments"]) == 2
    assert bridge.payments("limit=2") == whole


def test_payments_come_as_csv(bridge: Bridge):
    answer = bridge.get("/api/v1/payments.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = bridge.payments("limit=1000")
    assert [row["payment_id"] for row in rows] == [row["payment_id"] for row in listed]
    assert [row["memo"] for row in rows] == [row["memo"] for row in listed]


def test_history_sums_what_happened(bridge: Bridge, wallet):
    for group in ("hour", "day", "month"):
        groups = bridge.get(f"/api/v1/history?group={group}").json
        assert sum(g["incoming_msat"] for g in groups) == 1_021_000
        settled = [row for row in bridge.payments("direction=outgoing&status=settled")]
        assert sum(g["outgoing_msat"] for g in groups) >= sum(r["amount_msat"] for r in settled)
        assert groups[-1]["closing_balance_msat"] == wallet.balance_msat


@pytest.mark.parametrize("path", GETS)
def test_every_get_answers_head_with_the_same_headers(bridge: Bridge, path: str):
    got = bridge.get(path)
    assert got.status == 200
    assert int(got.headers["content-length"]) == len(got.body)
    assert "transfer-encoding" not in got.headers
    head = bridge.request("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("path", [path for path in GETS if path.startswith("/api/v1/")][:-1])
def test_json_is_json_and_never_an_error(bridge: Bridge, path: str):
    answer = bridge.get(path)
    if path.endswith(".csv"):
        return
    assert answer.headers["content-type"] == JSON
    assert not (isinstance(answer.json, dict) and "error" in answer.json)


@pytest.mark.parametrize("path", [*CACHED, "/", "/page.js"])
def test_what_is_unchanged_is_not_sent_again(bridge: Bridge, path: str):
    first = bridge.get(path)
    tag = first.headers["etag"]
    assert re.match(r'^(W/)?"[^"]+"$', tag)
    for condition in (tag, f'"other", {tag}', "*"):
        again = bridge.get(path, headers={"If-None-Match": condition})
        assert (again.status, again.body) == (304, b""), condition
        assert again.headers["etag"] == tag
    assert bridge.get(path, headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("path", UNCACHED)
def test_what_is_of_the_moment_is_not_stored(bridge: Bridge, path: str):
    answer = bridge.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_probes(bridge: Bridge):
    assert bridge.get("/healthz").json == {"status": "ok"}
    assert bridge.get("/readyz").json == {"status": "ok"}


def test_metrics_are_prometheus_text(bridge: Bridge):
    answer = bridge.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    typed = set()
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed
            typed.add(name)
        elif line and not line.startswith("#"):
            name = re.match(r"^[a-z_0-9]+", line).group()
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in typed or family in typed, line
            float(line.rsplit(" ", 1)[1])
    assert any(name.startswith("walletwire_") for name in typed)


def test_openapi_describes_every_path(bridge: Bridge):
    document = bridge.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    described = set(document["paths"])
    for path in (*CACHED, *UNCACHED, *POSTS, "/api/v1/events", "/api/v1/history"):
        assert path in described


def test_the_configuration_shows_no_secret(bridge: Bridge, wallet):
    answer = bridge.get("/api/v1/config")
    assert wallet.invoice_key not in answer.text
    assert "***" in answer.text


# What is refused


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/api/v2/balance", "/api/v1/"])
def test_an_unknown_path_is_404(bridge: Bridge, path: str):
    check_problem(bridge.get(path), 404)


@pytest.mark.parametrize(
    "path", ["/../private.txt", "/%2e%2e/private.txt", "/..%2fprivate.txt", "//private.txt"]
)
def test_files_stay_inside_the_public_folder(bridge: Bridge, path: str):
    answer = bridge.get(path)
    assert answer.status in (400, 404)
    assert b"private" not in answer.body or b"private.txt" in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/balance?wallet=nobody",
        "/api/v1/payments?wallet=nobody",
        "/api/v1/payments/unknown",
        "/api/v1/history?wallet=nobody",
    ],
)
def test_an_unknown_thing_is_404(bridge: Bridge, path: str):
    check_problem(bridge.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", path, "GET") for path in (*CACHED, *UNCACHED)]
    + [("GET", path, "POST") for path in POSTS]
    + [("PUT", "/api/v1/events", "GET")],
)
def test_a_wrong_method_is_405_and_says_which(bridge: Bridge, method: str, path: str, allowed: str):
    answer = bridge.request(method, path)
    check_problem(answer, 405)
    assert allowed in [name.strip() for name in answer.headers["allow"].split(",")]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/v1/payments?limit=0", "limit"),
        ("/api/v1/payments?limit=1001", "limit"),
        ("/api/v1/payments?limit=ten", "limit"),
        ("/api/v1/payments?before=garbage!", "before"),
        ("/api/v1/payments?status=paid", "status"),
        ("/api/v1/payments?direction=sideways", "direction"),
        ("/api/v1/history?group=year", "group"),
        ("/api/v1/history?since=yesterday", "since"),
        ("/api/v1/events?types=weather", "types"),
    ],
)
def test_a_bad_parameter_is_400_and_named(bridge: Bridge, path: str, parameter: str):
    assert parameter in check_problem(bridge.get(path), 400)["detail"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_post_that_is_not_json_is_415(bridge: Bridge, path: str, content_type: str, body: bytes):
    answer = bridge.request("POST", path, body=body, headers={"Content-Type": content_type})
    assert "curl" in check_problem(answer, 415)["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_changes_nothing(bridge: Bridge, headers: dict):
    check_problem(bridge.post("/api/v1/reconnect", headers=headers), 403)
    assert (
        "access-control-allow-origin" not in bridge.get("/api/v1/balance", headers=headers).headers
    )


def test_our_own_page_may_act(bridge: Bridge):
    headers = {"Origin": bridge.url, "Sec-Fetch-Site": "same-origin"}
    assert bridge.post("/api/v1/resume", headers=headers).status == 202
    wait_until(lambda: bridge.source()["state"] == "connected", 5, "connected as before")


def host(bridge: Bridge, line: bytes) -> tuple[int, bytes]:
    """The status of a bare request with this Host line."""
    address = bridge.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\n" + line + b"Connection: close\r\n\r\n")
        answer = b""
        while data := wire.recv(65536):
            answer += data
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost:99"])
def test_loopback_names_are_answered(bridge: Bridge, name: str):
    assert host(bridge, b"Host: " + name.encode() + b"\r\n")[0] == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1"]
)
def test_foreign_names_are_misdirected(bridge: Bridge, name: str):
    assert host(bridge, b"Host: " + name.encode() + b"\r\n")[0] == 421


def test_a_missing_host_is_400(bridge: Bridge):
    assert host(bridge, b"")[0] == 400


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"])
def test_a_reverse_proxy_needs_a_token(bridge: Bridge, header: str):
    answer = bridge.get("/api/v1/balance", headers={header: "for=192.0.2.1"})
    assert "token" in check_problem(answer, 403)["detail"]
