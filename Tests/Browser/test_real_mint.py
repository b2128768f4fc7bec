"""The page and the real bridge on a mint without NUT-17: a quote is added, followed by polls, and let go."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import picture
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/Integration"))

from lab.bridge import Bridge  # noqa: E402

QUOTE = "vQ7-only-the-mint-and-its-holder-know"
ADDRESS = "127.0.0.2"
"""Not the bridge's own: the laboratory takes the first 127.0.0.1 in the log for the bridge's address."""


class Mint(BaseHTTPRequestHandler):
    """Two endpoints of NUT-04 and NUT-06, with one quote whose state the test sets."""

    state = "UNPAID"

    def do_GET(self) -> None:
        if self.path == "/v1/info":
            return self.answer(200, {"name": "scripted", "version": "Scripted/1", "nuts": {}})
        if self.path == f"/v1/mint/quote/bolt11/{QUOTE}":
            return self.answer(200, {
                "quote": QUOTE, "request": "lnbc1", "amount": 2100, "unit": "sat",
                "state": type(self).state, "expiry": None})
        self.answer(400, {"detail": "quote not found", "code": 20000})

    def answer(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def mint() -> Iterator[type[Mint]]:
    scripted = type("ScriptedMint", (Mint,), {})
    server = ThreadingHTTPServer((ADDRESS, 0), scripted)
    scripted.url = f"http://{ADDRESS}:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield scripted
    server.shutdown()
    server.server_close()


@pytest.fixture
def bridge(mint: type[Mint], tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path)
    bridge.configuration["server"]["public_dir"] = str(REPOSITORY / "public")
    bridge.configuration["mint"] = [{
        "name": "corner", "label": "Corner shop", "url": mint.url, "websocket": False,
        "reconcile_ms": 1000}]
    bridge.start()
    bridge.wait_for_state("connected", 20, "corner")
    yield bridge
    bridge.kill()


def test_a_quote_is_added_followed_and_let_go(mint, bridge, visit):
    page = visit(bridge.url + "/", wait=False)
    expect(page.locator(".mint")).to_contain_text("Corner shop")
    expect(page.locator(".mint .state")).to_have_text("polling")
    page.get_by_role("button", name="Add a watch").click()
    page.get_by_label("Quote id").fill(QUOTE)
    page.get_by_role("button", name="Watch", exact=True).click()
    row = page.locator(".watch")
    expect(row.locator(".watch-steps")).to_have_text("unpaid")
    mint.state = "PAID"
    expect(row.locator(".watch-steps")).to_have_text("unpaid → paid", timeout=15_000)
    expect(row.locator(".watch-amount")).to_have_text("2\u2009100 sat")
    picture(page, "real-mint")
    mint.state = "ISSUED"
    expect(row.locator(".watch-steps")).to_have_text("unpaid → paid → issued", timeout=15_000)
    assert QUOTE not in page.content()
    page.reload()
    expect(row.locator(".watch-steps")).to_have_text("issued")
    page.get_by_role("button", name="Stop watching").click()
    expect(row).to_have_count(0)
    assert bridge.get("/api/v1/watches").json == {"watches": []}
    assert QUOTE not in bridge.everything_said()


def test_an_id_that_no_mint_would_know_is_refused_in_words(bridge, visit):
    page = visit(bridge.url + "/", wait=False)
    page.get_by_role("button", name="Add a watch").click()
    page.get_by_label("Kind").select_option("proof_state")
    page.get_by_label("The proof’s Y").fill("not a point")
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.locator("#watch-problem")).to_contain_text("66 hexadecimal digits")
    assert "not a point" not in page.content()
