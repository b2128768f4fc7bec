"""`?display=counter`: what customers see beside the till."""

from axe_playwright_python.sync_playwright import Axe
from conftest import picture
from playwright.sync_api import expect


def test_counter_display_shows_the_payment_then_the_balance(bridge, server, visit):
    page = visit(server.url + "?display=counter", wait=False, clock=True)
    figure = page.locator("#counter-figure")
    expect(figure).to_contain_text("99\u2009877")
    expect(page.locator("#counter-state")).to_have_text("live")
    expect(page.locator("#activity")).to_be_hidden()
    bridge.pay(amount_msat=21_000_000, memo="Table 7")
    expect(figure).to_contain_text("+21\u2009000")
    expect(page.locator("#counter-memo")).to_have_text("Table 7")
    picture(page, "counter")
    assert Axe().run(page).response["violations"] == []
    page.clock.fast_forward(2000)
    page.wait_for_timeout(100)
    expect(page.locator("#counter-label")).to_have_text("Received")
    page.clock.fast_forward(8000)
    expect(figure).to_contain_text("120\u2009877")
    bridge.set_state("main", "reconnecting", "network")
    expect(page.locator("#banner")).to_be_visible()


def test_counter_display_is_a_click_away_and_fills_the_screen(server, visit):
    page = visit(server.url)
    page.get_by_role("link", name="Counter display").click()
    expect(page.locator("#counter-figure")).to_contain_text("99\u2009877")
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.get_by_role("button", name="Leave full screen").click()
    page.wait_for_function("document.fullscreenElement === null")
    page.get_by_role("link", name="Leave the counter display").click()
    expect(page.locator("#state")).to_have_text("live")


def test_stale_number_is_unmissable_on_the_counter_too(bridge, server, visit):
    page = visit(server.url + "?display=counter", wait=False)
    expect(page.locator("#counter-state")).to_have_text("live")
    bridge.set_state("main", "reconnecting", "heartbeat", retry_in=30)
    expect(page.locator("#banner-headline")).to_contain_text("Reconnecting since")
    expect(page.locator("#counter-state")).to_have_text("reconnecting")
    picture(page, "counter-stale")
