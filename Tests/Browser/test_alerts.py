"""Sound and system notification: off until somebody wants them, and each payment is told once."""

import pytest
from conftest import eventually, set_hidden
from playwright.sync_api import Page, expect

SPY = """
window.notes = 0;
window.notices = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.notes += 1; start.apply(this, when); };
class Spy {
  static permission = PERMISSION;
  static async requestPermission() { return Spy.permission; }
  constructor(title, options) { window.notices.push({ title, ...options }); }
}
window.Notification = Spy;
"""
NOTES_OF_ONE_RING = 2


@pytest.fixture
def shop(browser, visit, server):
    """Opens the page in a browser whose sounds and notifications can be counted."""
    contexts = []

    def open_page(permission: str = "granted") -> Page:
        context = browser.new_context()
        contexts.append(context)
        context.add_init_script(SPY.replace("PERMISSION", f"'{permission}'"))
        return visit(server.url, context=context)

    yield open_page
    for context in contexts:
        context.close()


def notes(page: Page) -> int:
    return page.evaluate("window.notes")


def notices(page: Page) -> list[dict]:
    return page.evaluate("window.notices")


def test_nothing_sounds_or_notifies_unasked(bridge, shop):
    page = shop()
    bridge.pay()
    expect(page.locator(".toast")).to_have_count(1)
    page.wait_for_timeout(400)
    assert notes(page) == 0
    assert notices(page) == []
    expect(page.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "false")


def test_sound_is_switched_on_heard_and_remembered(bridge, shop):
    page = shop()
    switch = page.get_by_role("button", name="Sound")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    eventually(page, lambda: notes(page) == NOTES_OF_ONE_RING)
    bridge.pay()
    eventually(page, lambda: notes(page) == 2 * NOTES_OF_ONE_RING)
    bridge.pay(direction="outgoing")
    expect(page.locator(".row")).to_have_count(2)
    page.wait_for_timeout(300)
    assert notes(page) == 2 * NOTES_OF_ONE_RING, "money that goes out makes no sound"
    page.reload()
    page.wait_for_selector("#state[data-shape=live]")
    expect(switch).to_have_attribute("aria-pressed", "true")
    # A browser lets a page sound only once it was touched, and the page says so.
    if switch.get_attribute("data-state") == "muted":
        expect(switch).to_have_attribute("title", "Sound is on; touch the page once to hear it")
        page.mouse.click(5, 400)
    expect(switch).to_have_attribute("data-state", "on")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    bridge.pay()
    expect(page.locator(".row")).to_have_count(3)
    page.wait_for_timeout(300)
    assert notes(page) == 0


def test_hidden_page_notifies_where_that_is_switched_on(bridge, shop):
    page = shop()
    page.get_by_role("button", name="Notifications").click()
    set_hidden(page, True)
    page.wait_for_timeout(400)
    assert len(bridge.subscribers) == 1, "somebody wants to be told"
    bridge.pay(amount_msat=21_000_000, memo="<b>Table 7</b>")
    eventually(page, lambda: len(notices(page)) == 1)
    [notice] = notices(page)
    assert notice["title"].replace("\u2009", "") == "+21000 sat"
    assert notice["body"] == "<b>Table 7</b>"
    assert notice["icon"].endswith("/icon.svg")
    expect(page).to_have_title("● 120\u2009877 sat · live · main")
    page.evaluate("document.getElementById('notification-switch').click()")
    eventually(page, lambda: not bridge.subscribers)


def test_three_tabs_tell_a_payment_once(bridge, server, shop, visit):
    page = shop()
    pages = [page, *(visit(server.url, context=page.context) for _ in range(2))]
    page.get_by_role("button", name="Notifications").click()
    page.get_by_role("button", name="Sound").click()
    expect(pages[2].get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "true")
    eventually(page, lambda: notes(page) == NOTES_OF_ONE_RING)
    for each in pages:
        set_hidden(each, True)
    bridge.pay()
    eventually(page, lambda: any(notices(each) for each in pages))
    page.wait_for_timeout(1500)
    assert sum(len(notices(each)) for each in pages) == 1


def test_refused_permission_is_told(shop):
    page = shop("denied")
    page.get_by_role("button", name="Notifications").click()
    expect(page.locator(".toast")).to_contain_text("does not let the page show notifications")
    expect(page.get_by_role("button", name="Notifications")).to_have_attribute("aria-pressed", "false")


def test_a_notification_has_its_words_on_one_line_and_in_order(bridge, shop):
    page = shop()
    page.get_by_role("button", name="Notifications").click()
    set_hidden(page, True)
    page.wait_for_timeout(400)
    bridge.pay(amount_msat=5_000, memo="\u202etea\r\n+5 000 000 sat\u2028\u2066 \x1b now")
    eventually(page, lambda: len(notices(page)) == 1)
    assert notices(page)[0]["body"].startswith("tea +5 000 000 sat")
    assert not set(notices(page)[0]["body"]) & set("\u202e\r\n\u2028\u2066\x1b")
