"""A bridge with an access token: the page asks for it once, and keeps it nowhere."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import eventually, picture
from playwright.sync_api import Page, expect
from stub_bridge import StubBridge

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def bridge() -> StubBridge:
    bridge = StubBridge()
    bridge.token = TOKEN
    return bridge


def sign_in(page: Page, token: str = TOKEN) -> None:
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Sign in").click()


def kept(page: Page) -> str:
    return page.evaluate("""() => [
      document.documentElement.outerHTML, document.getElementById('access-token').value,
      JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href,
    ].join('\\n')""")


def test_token_opens_the_page_and_is_kept_nowhere(bridge, server, visit):
    page = visit(server.url, wait=False)
    field = page.get_by_label("Token", exact=True)
    expect(field).to_be_focused()
    expect(page).to_have_title(re.compile("^▲ locked"))
    expect(page.locator("#wallet")).to_be_hidden()
    picture(page, "login")
    assert Axe().run(page).response["violations"] == []
    sign_in(page)
    expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#login")).to_be_hidden()
    expect(page.locator(".balance-number")).to_have_text("99\u2009877")
    bridge.pay(memo="after signing in")
    expect(page.locator(".row .memo")).to_have_text("after signing in")
    assert TOKEN not in kept(page)
    assert not any(TOKEN in request for request in bridge.requests)
    page.reload()
    expect(page.locator("#state")).to_have_text("live")


def test_wrong_token_is_told_and_cleared(server, visit):
    page = visit(server.url, wait=False)
    sign_in(page, "wrong")
    expect(page.locator("#login-problem")).to_have_text("That is not the access token.")
    expect(page.get_by_label("Token", exact=True)).to_be_focused()
    assert page.input_value("#access-token") == ""
    sign_in(page)
    expect(page.locator("#state")).to_have_text("live")


def test_session_that_ends_meanwhile_asks_again_and_comes_back(bridge, server, visit):
    page = visit(server.url, wait=False)
    sign_in(page)
    expect(page.locator("#state")).to_have_text("live")
    bridge.pay(memo="before")
    expect(page.locator(".row")).to_have_count(1)
    bridge.sessions.clear()
    bridge.drop_streams()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#login")).to_be_visible()
    expect(page.locator(".row")).to_have_count(0)
    assert "99" not in page.title()
    bridge.pay(memo="meanwhile")
    page.wait_for_timeout(200)
    assert "meanwhile" not in page.content(), "who is signed out is told nothing"
    sign_in(page)
    expect(page.locator(".row .memo")).to_have_text(["meanwhile", "before"])
    expect(page.locator("#state")).to_have_text("live")


def test_another_tab_comes_back_with_the_one_that_signs_in(server, visit):
    page = visit(server.url, wait=False)
    other = visit(server.url, wait=False, context=page.context)
    expect(other.get_by_label("Token", exact=True)).to_be_visible()
    sign_in(page)
    expect(page.locator("#state")).to_have_text("live")
    expect(other.locator("#state")).to_have_text("live")


def test_who_signs_out_leaves_nothing_behind(bridge, server, visit):
    page = visit(server.url, wait=False)
    sign_in(page)
    expect(page.locator("#state")).to_have_text("live")
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
    assert "99\u2009877" not in kept(page)
    assert not bridge.sessions
    eventually(page, lambda: not bridge.subscribers)


def test_counter_display_asks_too(server, visit):
    page = visit(server.url + "?display=counter", wait=False)
    sign_in(page)
    expect(page.locator("#counter-figure")).to_contain_text("99\u2009877")


def test_bridge_without_a_token_has_nothing_to_sign_out_of(bridge, server, visit):
    bridge.token = None
    page = visit(server.url)
    page.get_by_text("Diagnostics").click()
    page.wait_for_selector(".figure-block")
    eventually(page, lambda: any("/config" in request for request in bridge.requests))
    page.wait_for_timeout(200)
    expect(page.locator("#sign-out")).to_be_hidden()
