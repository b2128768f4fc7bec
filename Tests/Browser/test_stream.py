"""One stream for all tabs, closed while nobody looks, resumed by id."""

import pytest
from conftest import eventually, set_hidden
from playwright.sync_api import expect


def test_tabs_share_one_stream(bridge, server, visit):
    first = visit(server.url)
    pages = [first] + [visit(server.url, context=first.context) for _ in range(2)]
    assert len(bridge.subscribers) == 1
    assert len(bridge.streams_opened) == 1
    bridge.pay(memo="for all")
    for page in pages:
        expect(page.locator(".row .memo")).to_have_text("for all")
    pages[0].close()
    pages[1].close()
    bridge.pay(memo="for the last")
    expect(pages[2].locator(".row .memo")).to_have_text(["for the last", "for all"])


def test_stream_ends_with_the_last_tab(bridge, server, visit):
    page = visit(server.url)
    other = visit(server.url, context=page.context)
    page.close()
    set_hidden(other, True)
    eventually(other, lambda: not bridge.subscribers)


def test_hidden_page_closes_its_stream_and_resumes_by_id(bridge, server, visit):
    page = visit(server.url)
    bridge.pay(memo="before")
    expect(page.locator(".row")).to_have_count(1)
    last = bridge.event_id()
    set_hidden(page, True)
    eventually(page, lambda: not bridge.subscribers)
    expect(page).to_have_title("○ 100\u2009000 sat · asleep · main")
    bridge.pay(memo="while hidden")
    set_hidden(page, False)
    expect(page.locator(".row .memo")).to_have_text(["while hidden", "before"])
    expect(page.locator("#state")).to_have_text("live")
    assert bridge.streams_opened == [None, last]


def test_tab_in_the_background_lives_on_while_another_is_seen(bridge, server, visit):
    page = visit(server.url)
    other = visit(server.url, context=page.context)
    set_hidden(page, True)
    page.wait_for_timeout(300)
    assert len(bridge.subscribers) == 1
    bridge.pay(memo="seen by one")
    expect(other.locator(".row")).to_have_count(1)
    expect(page).to_have_title("● 100\u2009000 sat · live · main")


def test_gap_makes_the_page_read_anew(bridge, server, visit):
    page = visit(server.url)
    bridge.pay(memo="old")
    expect(page.locator(".row")).to_have_count(1)
    set_hidden(page, True)
    eventually(page, lambda: not bridge.subscribers)
    bridge.epoch, bridge.sequence, bridge.events = "other", 0, []
    bridge.pay(memo="of a new epoch")
    set_hidden(page, False)
    expect(page.locator(".row").first).to_contain_text("of a new epoch")
    expect(page.locator(".balance-number")).to_have_text("100\u2009123")


def test_deaf_stream_is_noticed_and_replaced(bridge, server, visit):
    """A stream that is open but brings nothing, as after a change of network, shows no error."""
    page = visit(server.url, clock=True)
    bridge.pay(memo="heard")
    expect(page.locator(".row")).to_have_count(1)
    bridge.pay(memo="unheard", quiet=True)
    page.clock.fast_forward(15_000)
    asked = len(bridge.requests)
    eventually(page, lambda: any("/balances" in request for request in bridge.requests[asked - 1:]))
    page.wait_for_timeout(300)
    page.clock.fast_forward(3000)
    expect(page.locator(".row .memo").first).to_have_text("unheard")
    assert bridge.streams_opened[-1] == bridge.event_id(bridge.sequence - 2)


@pytest.mark.parametrize("missing", ["SharedWorker"])
def test_page_follows_by_itself_without_a_shared_worker(bridge, server, visit, browser, missing):
    context = browser.new_context()
    context.add_init_script(f"delete window.{missing};")
    page = visit(server.url, context=context)
    bridge.pay(memo="by itself")
    expect(page.locator(".row .memo")).to_have_text("by itself")
    set_hidden(page, True)
    eventually(page, lambda: not bridge.subscribers)
    set_hidden(page, False)
    eventually(page, lambda: len(bridge.subscribers) == 1)
    context.close()
