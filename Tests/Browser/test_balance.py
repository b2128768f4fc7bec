"""How much, and whether that is true now."""

import re

from conftest import plain
from playwright.sync_api import expect
from stub_bridge import StubBridge
from stub_server import StubServer


def test_balance_stands_in_sats_in_thin_groups(server, visit):
    page = visit(server.url)
    assert page.inner_text(".balance-number") == "99\u2009877"
    assert page.inner_text(".balance-unit") == "sat"
    assert page.inner_text(".balance-remainder") == ""
    assert page.get_attribute("#balance", "aria-label") == "Balance 99877 satoshi"


def test_msat_remainder_is_shown_smaller(bridge, server, visit):
    bridge.balances["main"]["balance_msat"] = 99_877_123
    page = visit(server.url)
    assert page.inner_text(".balance-remainder") == ".123"
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert page.eval_on_selector(".balance-remainder", size) < page.eval_on_selector(
        ".balance-number", size)


def test_chosen_unit_is_remembered(server, visit):
    page = visit(server.url)
    page.click("text=BTC")
    assert plain(page.inner_text("#balance")).split() == ["0.00099877", "BTC"]
    page.reload()
    page.wait_for_selector("#state[data-shape=live]")
    assert page.inner_text(".balance-unit") == "BTC"
    page.keyboard.press("Tab")
    page.get_by_role("radio", name="msat").focus()
    page.keyboard.press("Space")
    assert plain(page.inner_text("#balance")).split() == ["99877000", "msat"]


def test_confirmation_is_counted(server, visit):
    page = visit(server.url)
    page.wait_for_function("() => /^confirmed [2-9] s ago$/.test(document.getElementById('confirmed').innerText)")


def test_confirmation_is_counted_by_the_clock_of_the_bridge(server, visit, browser):
    context = browser.new_context()
    context.add_init_script("const real = Date.now; Date.now = () => real() - 600000;")
    page = visit(server.url, context=context)
    expect(page.locator("#confirmed")).to_have_text(re.compile(r"^confirmed (now|\d s ago)$"))
    context.close()


def test_quiet_confirmation_reaches_the_page(bridge, server, visit):
    bridge.balances["main"]["confirmed_at"] = "2026-01-01T00:00:00.000Z"
    page = visit(server.url, clock=True)
    assert "2026" in page.get_attribute("#confirmed", "title")
    bridge.confirm()
    page.clock.fast_forward(15_000)
    expect(page.locator("#confirmed")).to_have_text(re.compile(r"^confirmed (now|\d+ s ago)$"))


def test_outgoing_money_that_is_pending_is_told(bridge, server, visit):
    bridge.balances["main"]["pending_outgoing_msat"] = 1_050_000
    page = visit(server.url)
    assert plain(page.inner_text("#on-its-way")).startswith("1050 sat on its way out")
    bridge.balances["main"]["pending_outgoing_msat"] = 0
    bridge.pay(amount_msat=1_050_000, direction="outgoing")
    expect(page.locator("#on-its-way")).to_be_empty()


def test_never_confirmed_balance_is_not_a_number(visit):
    bridge = StubBridge([{"name": "main", "balance_msat": None}])
    bridge.set_state("main", "connecting")
    with StubServer(bridge) as server:
        page = visit(server.url, wait=False)
        expect(page.locator("#confirmed")).to_have_text("not confirmed yet")
        assert page.inner_text(".balance-number") == "–"


def test_document_title_and_icon_tell_balance_and_state(bridge, server, visit):
    page = visit(server.url)
    expect(page).to_have_title("● 99\u2009877 sat · live · main")
    live = page.get_attribute("#tab-icon", "href")
    bridge.set_state("main", "failed", "credentials")
    expect(page).to_have_title("▲ 99\u2009877 sat · failed · main")
    assert page.get_attribute("#tab-icon", "href") != live


def test_numbers_change_without_moving_anything(bridge, server, visit):
    page = visit(server.url)
    places = """() => ['#wallet-label', '#confirmed', '#diagnostics', '#activity-title', '#rows']
      .map((each) => document.querySelector(each).getBoundingClientRect().top)"""
    before = page.evaluate(places)
    for amount in (1_234, 1_000_000_000, 98_765_432_101):
        bridge.pay(amount_msat=amount)
        expect(page.locator(".row")).not_to_have_count(0)
        page.wait_for_timeout(150)
        assert page.evaluate(places) == before


def test_step_line_and_sums_of_today(bridge, server, visit):
    bridge.pay(amount_msat=5_000_000)
    bridge.pay(amount_msat=2_000_000, direction="outgoing", fee_msat=1_000)
    page = visit(server.url)
    expect(page.locator("#day")).to_be_visible()
    assert plain(page.inner_text("#sum-incoming")) == "+5000"
    assert plain(page.inner_text("#sum-outgoing")) == "\u22122001"
    assert "C" not in page.get_attribute("#day-line .line", "d"), "steps, not curves"


def test_page_does_without_a_history(bridge, server, visit):
    bridge.history_known = False
    page = visit(server.url)
    page.wait_for_timeout(300)
    expect(page.locator("#day")).to_be_hidden()


def test_several_wallets_are_tabs(visit):
    bridge = StubBridge([
        {"name": "till", "label": "Till", "balance_msat": 1_000_000},
        {"name": "savings", "label": "Savings", "balance_msat": 2_000_000},
        {"name": "tips", "label": "Tips", "balance_msat": 3_000_000}])
    bridge.pay("savings", 7_000, memo="only in savings")
    bridge.set_state("tips", "disconnected", "paused")
    with StubServer(bridge) as server:
        page = visit(server.url)
        tabs = page.get_by_role("tab")
        expect(tabs).to_have_count(3)
        assert plain(tabs.nth(1).inner_text()).endswith("2007 sat")
        assert "paused" in tabs.nth(2).text_content()
        page.get_by_role("tab", selected=True).focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#wallet-label")).to_have_text("Savings")
        expect(page.locator(".memo")).to_have_text("only in savings")
        expect(page).to_have_title(re.compile("Savings"))
        expect(page.get_by_role("tabpanel", name="Savings")).to_be_visible()
        page.keyboard.press("End")
        expect(page.locator("#banner-headline")).to_contain_text("Paused")
        page.reload()
        expect(page.locator("#wallet-label")).to_have_text("Tips")
