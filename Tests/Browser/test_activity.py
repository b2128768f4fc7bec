"""What happened last: rows, toasts, and the past."""

import re
import time

import pytest
from conftest import eventually, plain, set_hidden
from playwright.sync_api import expect

INJECTION = "<img src=x onerror=alert(1)>"


def test_payment_appears_within_a_second_of_its_event(bridge, server, visit):
    page = visit(server.url)
    started = time.monotonic()
    bridge.pay(amount_msat=123_000, memo="hi ⚡")
    expect(page.locator(".row .memo")).to_have_text("hi ⚡", timeout=1000)
    expect(page.locator(".balance-number")).to_have_text("100\u2009000", timeout=1000)
    assert time.monotonic() - started < 1
    assert page.inner_text(".row .amount") == "+123"


def test_repeated_events_do_not_double_a_row(bridge, server, visit):
    page = visit(server.url)
    payment = bridge.pay(memo="once")
    for _ in range(3):
        bridge.publish("payment", payment)
    bridge.pay(memo="after")
    expect(page.locator(".row .memo")).to_have_text(["after", "once"])


def test_status_of_a_payment_changes_in_its_place(bridge, server, visit):
    page = visit(server.url)
    bridge.pay(amount_msat=9_000, direction="outgoing", status="pending", payment_id="p", memo="out")
    bridge.pay(memo="later")
    expect(page.locator(".row.pending .when")).to_contain_text("pending")
    bridge.pay(amount_msat=9_000, direction="outgoing", status="failed", payment_id="p", memo="out")
    failed = page.locator(".row").nth(1)
    expect(failed.locator(".status")).to_have_text("failed")
    assert "line-through" in failed.locator(".amount").evaluate(
        "element => getComputedStyle(element).textDecorationLine")
    bridge.pay(
        amount_msat=9_000, direction="outgoing", payment_id="p", memo="out", fee_msat=1_500)
    expect(page.locator(".row").nth(1).locator(".fee")).to_have_text("fee 1.500")
    expect(page.locator(".row")).to_have_count(2)


def test_row_without_memo_says_so_and_late_explains_itself(bridge, server, visit):
    bridge.pay(memo="", late=True)
    page = visit(server.url)
    expect(page.locator(".memo.none")).to_have_text("no memo")
    expect(page.locator(".late-word")).to_have_text("late")
    assert "3 min 00 s after it settled" in page.get_attribute(".late", "title")


def test_exact_time_is_shown_on_hover_and_on_focus(bridge, server, visit):
    bridge.pay(seconds_ago=7200)
    page = visit(server.url)
    expect(page.locator(".relative")).to_have_text("2 h ago")
    page.hover(".row")
    expect(page.locator(".exact")).to_be_visible()
    page.mouse.move(0, 0)
    expect(page.locator(".exact")).to_be_hidden()
    page.focus(".row")
    expect(page.locator(".exact")).to_be_visible()


def test_toast_comes_for_incoming_settled_payments_only(bridge, server, visit):
    page = visit(server.url)
    bridge.pay(direction="outgoing", memo="out")
    bridge.pay(direction="outgoing", status="pending", memo="on its way")
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".toast")).to_have_count(0)
    bridge.pay(amount_msat=21_000_000, memo="in")
    toast = page.get_by_role("status").locator(".toast")
    expect(toast).to_have_count(1)
    assert plain(toast.inner_text()).split("\n")[:2] == ["+21000 sat", "in"]


def test_toast_stays_six_seconds_and_longer_while_pointed_at(bridge, server, visit):
    page = visit(server.url, clock=True)
    bridge.pay()
    page.wait_for_selector(".toast")
    page.clock.fast_forward(4000)
    expect(page.locator(".toast")).to_have_count(1)
    page.hover(".toast")
    page.clock.fast_forward(20_000)
    page.wait_for_timeout(300)
    expect(page.locator(".toast:not(.leaving)")).to_have_count(1)
    page.mouse.move(1, 1)
    page.clock.fast_forward(2000)
    expect(page.locator(".toast")).to_have_count(0)


def test_the_past_that_is_replayed_raises_no_toast(bridge, server, visit):
    page = visit(server.url)
    set_hidden(page, True)
    eventually(page, lambda: not bridge.subscribers)
    bridge.pay(memo="long ago", seconds_ago=600)
    set_hidden(page, False)
    expect(page.locator(".row .memo")).to_have_text("long ago")
    expect(page.locator(".toast")).to_have_count(0)


def test_reader_further_down_is_not_disturbed(bridge, server, visit):
    for index in range(40):
        bridge.pay(memo=f"row {index}")
    page = visit(server.url)
    page.mouse.wheel(0, 900)
    page.wait_for_function("() => scrollY > 500")
    read = "() => [...document.querySelectorAll('.row')].find((row) => row.innerText.includes('row 20'))"
    before = page.evaluate(f"{read[6:]}.getBoundingClientRect().top")
    for index in range(3):
        bridge.pay(memo=f"new {index}")
    expect(page.locator("#pill")).to_have_text("3 new")
    assert page.evaluate(f"{read[6:]}.getBoundingClientRect().top") == pytest.approx(before, abs=1)
    page.click("#pill")
    expect(page.locator("#pill")).to_be_hidden()
    expect(page.locator(".row").first).to_contain_text("new 2")
    expect(page.locator(".row").first).to_be_in_viewport()


def test_memo_is_text_and_never_markup(bridge, server, visit):
    bridge.add_wallet("other", label=INJECTION)
    page = visit(server.url)
    bridge.pay(memo=INJECTION, comment=INJECTION, tag=INJECTION)
    expect(page.locator(".row .memo")).to_have_text(INJECTION)
    expect(page.locator(".toast-memo")).to_have_text(INJECTION)
    page.wait_for_timeout(300)
    assert page.locator("img").count() == 0


def test_earlier_payments_are_read_on_scrolling(bridge, server, visit):
    for index in range(120):
        bridge.pay(memo=f"row {index}", quiet=True)
    page = visit(server.url)
    expect(page.locator(".row").first).to_contain_text("row 119")
    expect(page.get_by_text("row 69", exact=True)).to_have_count(0)
    for _ in range(8):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(120)
    expect(page.locator(".row").last).to_contain_text("row 0")
    expect(page.locator(".row").last).to_have_attribute("aria-setsize", "120")
    expect(page.locator("#older")).to_be_hidden()


def test_search_and_direction_filter_and_follow(bridge, server, visit):
    bridge.pay(memo="green tea")
    bridge.pay(memo="coffee")
    bridge.pay(memo="tea leaves", direction="outgoing")
    page = visit(server.url)
    page.fill("#search-memo", "tea")
    expect(page.locator(".row .memo")).to_have_text(["tea leaves", "green tea"])
    page.locator(".directions >> text=In").click()
    expect(page.locator(".row .memo")).to_have_text(["green tea"])
    bridge.pay(memo="iced tea")
    bridge.pay(memo="cocoa")
    expect(page.locator(".row .memo")).to_have_text(["iced tea", "green tea"])
    page.fill("#search-memo", "nothing like it")
    expect(page.locator("#empty")).to_have_text("No payment matches.")
    page.fill("#search-memo", "")
    page.locator(".directions >> text=All").click()
    expect(page.locator(".row")).to_have_count(5)


def test_empty_wallet_says_what_to_expect(server, visit):
    page = visit(server.url)
    expect(page.locator("#empty")).to_have_text(re.compile("No payments yet"))


# The three direction overrides and an embedding that nobody ends, and letters that go the other way by themselves.
TURNED = ["\u202e moc.elpmaxe", "\u2067\u202d abc", "\u202b\u05d0\u05d1 1", "\u05d0\u05d1\u05d2"]


@pytest.mark.parametrize("words", TURNED)
def test_a_payer_s_direction_marks_turn_nothing_beside_them(bridge, server, visit, words):
    page = visit(server.url)
    bridge.pay(amount_msat=21_000, memo=words, tag=words, late=True)
    expect(page.locator(".row .tag")).to_have_text(words)
    for holder in (".memo", ".tag", ".toast-memo"):
        assert page.locator(holder).first.evaluate(
            "element => getComputedStyle(element).unicodeBidi") == "isolate"
    # In the order of the source, whatever the tag's letters do: time, mark, tag.
    places = [page.locator(f".row {part}").bounding_box()["x"] for part in ("time", ".late", ".tag")]
    assert places == sorted(places)
    assert page.inner_text(".row .amount") == "+21"
    title = page.get_attribute(".row .memo", "title")
    assert not set(title) & set("\u202b\u202d\u202e\u2067")
