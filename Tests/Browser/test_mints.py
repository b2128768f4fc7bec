"""Mints: how they stand and deliver, and what is watched there. A quote's id is kept nowhere."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import picture, plain
from playwright.sync_api import Page, expect
from stub_bridge import StubBridge
from stub_server import StubServer
from stub_shop import demonstration

SECRET = "4fZ9-secret-quote-id"


@pytest.fixture
def bridge() -> StubBridge:
    bridge = StubBridge()
    bridge.add_mint()
    return bridge


def fill_in(page: Page, kind: str, identifier: str) -> None:
    if page.locator("#watch-form").is_hidden():
        page.get_by_role("button", name="Add a watch").click()
    page.get_by_label("Kind").select_option(kind)
    page.locator("#watch-id").fill(identifier)
    page.get_by_role("button", name="Watch", exact=True).click()


def everything_kept(page: Page) -> str:
    """The whole document with the fields' contents, and everything this page may store."""
    return page.evaluate("""async () => [
      document.documentElement.outerHTML,
      ...[...document.querySelectorAll('input, select, textarea')].map((field) => field.value),
      JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href,
      JSON.stringify(history.state), JSON.stringify(await indexedDB.databases()),
      JSON.stringify(await caches.keys()),
    ].join('\\n')""")


def test_section_is_there_only_with_a_mint(visit):
    with StubServer(StubBridge()) as server:
        page = visit(server.url)
        expect(page.locator("#mints")).to_be_hidden()
        assert not any("/api/v1/watches" in request for request in server.bridge.requests)


def test_mint_shows_its_state_and_how_it_delivers(bridge, server, visit):
    bridge.add_mint("slow", "Slow", delivery="polling")
    page = visit(server.url)
    mints = page.locator(".mint")
    expect(mints).to_have_count(2)
    expect(mints.nth(0)).to_contain_text("Minibits")
    expect(mints.nth(0).locator(".state")).to_have_text("live")
    expect(mints.nth(0)).to_contain_text("as they happen")
    expect(mints.nth(1).locator(".state")).to_have_text("polling")
    bridge.set_state("minibits", "reconnecting", "rate_limited", retry_in=60, delivery="rate_limited")
    expect(mints.nth(0).locator(".state")).to_have_text("reconnecting")
    expect(mints.nth(0)).to_contain_text(re.compile(r"holding back\. Next try in \d+ s"))
    expect(page.locator("#banner")).to_be_hidden()
    mints.nth(0).get_by_role("button", name="Try now").click()
    expect(mints.nth(0).locator(".state")).to_have_text("live", timeout=8000)
    assert "POST /api/v1/reconnect?source=minibits" in bridge.requests


def test_quote_is_watched_and_followed_to_its_end(bridge, server, visit):
    page = visit(server.url)
    expect(page.locator("#watches-empty")).to_be_visible()
    fill_in(page, "bolt11_mint_quote", SECRET)
    row = page.locator(".watch")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Mint quote at Minibits")
    expect(row.locator(".watch-amount")).to_have_text("100 sat")
    expect(row.locator(".watch-steps")).to_have_text("unpaid")
    expect(row).to_contain_text("expires in 9 min")
    expect(page.locator("#watch-form")).to_be_hidden()
    handle = bridge.watches[0]["handle"]
    bridge.move(handle, "PAID")
    expect(row.locator(".watch-steps")).to_have_text("unpaid → paid", timeout=1000)
    bridge.move(handle, "ISSUED", via="poll")
    expect(row.locator(".watch-steps")).to_have_text("unpaid → paid → issued")
    expect(row).to_have_class(re.compile("over"))
    page.get_by_role("button", name="Stop watching").click()
    expect(row).to_have_count(0)
    assert f"DELETE /api/v1/watches/{handle}" in bridge.requests
    expect(page.locator("#watches-empty")).to_be_visible()


def test_melt_that_fails_goes_back_and_a_proof_is_spent(bridge, server, visit):
    melt = bridge.watch("minibits", "bolt11_melt_quote", SECRET, 5_000)
    proof = bridge.watch("minibits", "proof_state", "02" * 33, None)
    page = visit(server.url)
    rows = page.locator(".watch")
    expect(rows).to_have_count(2)
    bridge.move(melt["handle"], "PENDING")
    bridge.move(melt["handle"], "UNPAID")
    bridge.move(proof["handle"], "SPENT")
    expect(rows.nth(1).locator(".watch-steps")).to_have_text("unpaid → pending → unpaid")
    expect(rows.nth(0).locator(".watch-steps")).to_have_text("unspent → spent")
    assert plain(rows.nth(1).locator(".watch-amount").inner_text()) == "5000 sat"


@pytest.mark.parametrize("identifier", [SECRET, f"{SECRET} refused"])
def test_quote_id_is_sent_once_and_kept_nowhere(bridge, server, visit, identifier):
    page = visit(server.url, permissions=["clipboard-read", "clipboard-write"])
    sent: list[str] = []
    page.on("request", lambda request: SECRET in (request.post_data or "") and sent.append(request.url))
    fill_in(page, "bolt11_mint_quote", identifier)
    assert page.input_value("#watch-id") == "", "cleared before the answer"
    if identifier == SECRET:
        expect(page.locator(".watch")).to_have_count(1)
    else:
        expect(page.locator("#watch-problem")).to_contain_text("without blanks")
        expect(page.locator("#watch-id")).to_be_focused()
    assert sent == [f"{server.url}api/v1/watches"]
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert SECRET not in page.evaluate("navigator.clipboard.readText()")
    assert SECRET not in everything_kept(page)
    assert not any(SECRET in request for request in bridge.requests)


def test_what_was_typed_and_not_sent_goes_with_the_form_and_with_the_page(server, visit):
    page = visit(server.url)
    page.get_by_role("button", name="Add a watch").click()
    page.locator("#watch-id").fill(SECRET)
    page.keyboard.press("Escape")
    assert SECRET not in everything_kept(page)
    expect(page.get_by_role("button", name="Add a watch")).to_be_focused()
    page.get_by_role("button", name="Add a watch").click()
    page.locator("#watch-id").fill(SECRET)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert SECRET not in everything_kept(page)


def test_watch_that_others_add_or_move_while_hidden_is_there(bridge, server, visit):
    page = visit(server.url)
    other = visit(server.url)
    fill_in(other, "bolt11_mint_quote", SECRET)
    expect(other.locator(".watch")).to_have_count(1)
    bridge.move(bridge.watches[0]["handle"], "PAID")
    expect(page.locator(".watch-steps")).to_have_text("unpaid → paid")


def test_many_watches_are_shown_a_few_at_first(bridge, server, visit):
    for index in range(25):
        bridge.watch("minibits", "bolt11_mint_quote", f"{SECRET}{index}", index)
    page = visit(server.url)
    expect(page.locator(".watch")).to_have_count(10)
    page.get_by_role("button", name="Show all 25").click()
    expect(page.locator(".watch")).to_have_count(25)
    expect(page.locator(".watch").last.locator(".watch-amount")).to_have_text("0 sat")


def test_bridge_with_mints_alone_has_no_balance_to_show(visit):
    bridge = StubBridge([])
    bridge.add_mint()
    bridge.watch("minibits", "bolt11_mint_quote", SECRET)
    with StubServer(bridge) as server:
        page = visit(server.url, wait=False)
        expect(page.locator(".watch")).to_have_count(1)
        expect(page.locator("#wallet")).to_be_hidden()
        expect(page.locator("#activity")).to_be_hidden()
        expect(page).to_have_title(re.compile("^● live"))
        bridge.set_state("minibits", "failed", "network")
        expect(page.locator("#banner-headline")).to_contain_text("Connection failed since")
        picture(page, "mint-alone")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_axe_finds_nothing_about_mints(visit, width, scheme):
    bridge = demonstration(True, with_mint=True)
    with StubServer(bridge) as server:
        page = visit(
            server.url, viewport={"width": width, "height": 1300}, color_scheme=scheme,
            reduced_motion="reduce")
        fill_in(page, "bolt11_melt_quote", "with a blank")
        expect(page.locator("#watch-problem")).not_to_be_empty()
        bridge.set_state("nofees", "error", "network", retry_in=60)
        expect(page.locator(".mint .button:visible")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.response["violations"] == [], found.generate_report()
        picture(page, f"mints-{width}-{scheme}")
