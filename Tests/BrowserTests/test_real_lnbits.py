"""The page, the bridge and a real LNbits: what a person sees of a payment, and when."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import eventually, picture, plain
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/IntegrationTests"))

from lab.bridge import Bridge  # noqa: E402
from lab.lnbits import LNbits  # noqa: E402

ENVIRONMENT = REPOSITORY / ".cache/lnbits-1.6.2"
OPENING_SATS = 100_000


@pytest.fixture(scope="module")
def lnbits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LNbits]:
    if not ENVIRONMENT.exists():
        pytest.fail(f"{ENVIRONMENT} is missing: run Tests/IntegrationTests/environment/setup.sh")
    server = LNbits(ENVIRONMENT, tmp_path_factory.mktemp("lnbits")).start()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def till(lnbits: LNbits):
    return lnbits.create_wallet("till", OPENING_SATS)


@pytest.fixture
def real(lnbits: LNbits, till, tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path)
    bridge.configuration["upstream"] |= {"heartbeat_ms": 500, "heartbeat_timeout_ms": 1000}
    bridge.configuration["server"]["public_dir"] = str(REPOSITORY / "public")
    bridge.add_wallet("till", lnbits.url, till.invoice_key)
    bridge.start()
    bridge.wait_for_state("connected", 20, "till")
    yield bridge
    bridge.kill()


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
    eventually(
        page, lambda: plain(page.inner_text(".balance-number")).startswith(str(OPENING_SATS + 2100)), 1
    )
    assert time.monotonic() - settled < 1.5, "one second, and what the browser took to be asked"
    picture(page, "real-lnbits")


def test_a_payment_out_is_a_row_without_a_toast(lnbits, till, real, visit):
    page = visit(real.url + "/")
    shop = lnbits.create_wallet("wholesale", 1)
    till.pay(shop.create_invoice(700, "beans"))
    expect(page.locator(".row", has_text="beans")).to_be_visible(timeout=2000)
    expect(page.get_by_role("status").filter(has_text="beans")).to_have_count(0)
    wanted = str(OPENING_SATS - 700)
    eventually(page, lambda: plain(page.inner_text(".balance-number")).startswith(wanted), 2)


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
