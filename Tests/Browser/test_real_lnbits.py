"""The page, the bridge and a real LNbits: what a person sees of a payment, and when."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import eventually, picture, plain, set_hidden
from playwright.sync_api import Page, expect

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/Integration"))

from lab.bridge import Bridge  # noqa: E402
from lab.lnbits import LNbits  # noqa: E402

TOKEN = "a-token-that-nobody-guesses"
ENVIRONMENT = REPOSITORY / ".cache/lnbits-1.6.2"
OPENING_SATS = 100_000


@pytest.fixture(scope="module")
def lnbits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LNbits]:
    if not ENVIRONMENT.exists():
        pytest.fail(f"{ENVIRONMENT} is missing: run Tests/Integration/environment/setup.sh")
    server = LNbits(ENVIRONMENT, tmp_path_factory.mktemp("lnbits")).start()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def till(lnbits: LNbits):
    return lnbits.create_wallet("till", OPENING_SATS)


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A real bridge that serves this page, not yet started."""
    bridge = Bridge(tmp_path)
    bridge.configuration["upstream"] |= {"heartbeat_ms": 500, "heartbeat_timeout_ms": 1000}
    bridge.configuration["server"] |= {"public_dir": str(REPOSITORY / "public"), "heartbeat_ms": 1000}
    yield bridge
    bridge.kill()


@pytest.fixture
def real(lnbits: LNbits, till, bridge: Bridge) -> Bridge:
    bridge.add_wallet("till", lnbits.url, till.invoice_key)
    bridge.start()
    bridge.wait_for_state("connected", 20, "till")
    return bridge


def shows(page: Page, sats: int, seconds: float = 2) -> None:
    """Waits until this is the balance on the page."""
    eventually(page, lambda: plain(page.inner_text(".balance-number")) == str(sats), seconds)


def settle(lnbits: LNbits, till, sats: int, memo: str) -> float:
    """Lets another wallet pay the till; the moment at which LNbits had settled it."""
    payer = lnbits.create_wallet("guest", sats * 2)
    invoice = till.create_invoice(sats, memo)
    payer.pay(invoice)
    return time.monotonic()


def test_a_payment_in_is_shown_within_a_second_of_settling(lnbits, till, real, visit):
    page = visit(real.url + "/")
    settled = settle(lnbits, till, 2100, "two flat whites ☕")
    row = page.locator(".row", has_text="two flat whites ☕")
    expect(row).to_be_visible(timeout=1000)
    expect(page.get_by_role("status").filter(has_text="two flat whites ☕")).to_be_visible(timeout=1000)
    shows(page, OPENING_SATS + 2100, 1)
    assert time.monotonic() - settled < 1.5, "one second, and what the browser took to be asked"
    picture(page, "real-lnbits")


def test_a_payment_out_is_a_row_without_a_toast(lnbits, till, real, visit):
    page = visit(real.url + "/")
    shop = lnbits.create_wallet("wholesale", 1)
    till.pay(shop.create_invoice(700, "beans"))
    expect(page.locator(".row", has_text="beans")).to_be_visible(timeout=2000)
    expect(page.get_by_role("status").filter(has_text="beans")).to_have_count(0)
    shows(page, OPENING_SATS - 700)


def test_a_payment_that_fails_is_refunded_before_ones_eyes(lnbits, till, bridge, visit):
    # LNbits tells nobody of a payment that is pending or has failed: the reconcile finds both.
    bridge.configuration["upstream"]["reconcile_ms"] = 1000
    bridge.add_wallet("till", lnbits.url, till.invoice_key)
    bridge.start()
    bridge.wait_for_state("connected", 20, "till")
    page = visit(bridge.url + "/")
    invoice = lnbits.foreign_invoice(900, "a coffee abroad", answer="pending")
    till.pay(invoice)
    row = page.locator(".row", has_text="a coffee abroad")
    expect(row.locator(".status")).to_have_text("pending", timeout=8000)
    eventually(page, lambda: int(plain(page.inner_text(".balance-number"))) <= OPENING_SATS - 900, 8)
    expect(page.locator("#on-its-way")).to_contain_text("909 sat on its way out")
    picture(page, "real-pending")
    lnbits.resolve(till, invoice, "failed")
    expect(row.locator(".status")).to_have_text("failed", timeout=8000)
    shows(page, OPENING_SATS, 8)
    expect(page.locator("#on-its-way")).to_be_empty()
    picture(page, "real-refund")


def test_a_hidden_tab_misses_nothing(lnbits, till, real, visit):
    page = visit(real.url + "/")
    settle(lnbits, till, 100, "seen")
    expect(page.locator(".row", has_text="seen")).to_have_count(1)
    set_hidden(page, True)
    eventually(page, lambda: real.get("/api/v1/status").json["subscribers"] == 0, 40)
    settle(lnbits, till, 200, "unseen")
    real.wait_for_balance((OPENING_SATS + 300) * 1000, 10, "till")
    expect(page.locator(".row", has_text="unseen")).to_have_count(0)
    set_hidden(page, False)
    expect(page.locator(".row", has_text="unseen")).to_have_count(1)
    expect(page.locator(".row")).to_have_count(3)
    shows(page, OPENING_SATS + 300)


def test_three_tabs_share_one_stream_and_show_the_same(lnbits, till, real, visit):
    page = visit(real.url + "/")
    pages = [page, *(visit(real.url + "/", context=page.context) for _ in range(2))]
    assert real.get("/api/v1/status").json["subscribers"] == 1
    settle(lnbits, till, 300, "for all three")
    for each in pages:
        expect(each.locator(".row", has_text="for all three")).to_be_visible(timeout=2000)
        shows(each, OPENING_SATS + 300)


def test_the_token_opens_the_page(lnbits, till, bridge, visit):
    bridge.configuration["server"]["access_token"] = TOKEN
    bridge.add_wallet("till", lnbits.url, till.invoice_key)
    bridge.start()
    page = visit(bridge.url + "/", wait=False)
    page.get_by_label("Token", exact=True).fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#login-problem")).to_have_text("That is not the access token.")
    page.get_by_label("Token", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#state[data-shape=live]", timeout=20_000)
    settle(lnbits, till, 400, "through the door")
    expect(page.locator(".row", has_text="through the door")).to_be_visible(timeout=2000)
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
    assert TOKEN not in page.content()


def test_a_wallet_whose_key_is_refused_is_shown_with_the_reason(lnbits, bridge, visit):
    """It was never confirmed, so the bridge serves no balance of it at all."""
    bridge.add_wallet("till", lnbits.url, "0" * 32, label="Till")
    bridge.start()
    bridge.wait_for_state("failed", 20, "till")
    page = visit(bridge.url + "/", wait=False)
    expect(page.locator("#wallet-label")).to_have_text("Till")
    expect(page.locator("#banner-headline")).to_contain_text("Connection failed since")
    expect(page.locator("#banner-why")).to_contain_text("refused the key")
    expect(page.locator(".balance-number")).to_have_text("–")
    picture(page, "real-refused-key")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_small_screen(lnbits, till, real, visit, scheme):
    settle(lnbits, till, 2100, "two flat whites ☕")
    till.pay(lnbits.foreign_invoice(700, "beans for the week, and a new grinder", fee_msat=1234))
    page = visit(real.url + "/", viewport={"width": 320, "height": 640}, color_scheme=scheme)
    expect(page.locator(".row")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    picture(page, f"real-320-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 800})
    picture(page, f"real-1280-{scheme}")


def test_a_server_that_hangs_makes_the_number_stale_and_comes_back(lnbits, till, real, visit):
    page = visit(real.url + "/")
    lnbits.freeze()
    try:
        expect(page.locator("#banner")).to_be_visible(timeout=8000)
        picture(page, "real-stale")
    finally:
        lnbits.thaw()
    expect(page.locator("#banner")).to_be_hidden(timeout=20_000)
    page.wait_for_selector("#state[data-shape=live]", timeout=20_000)
