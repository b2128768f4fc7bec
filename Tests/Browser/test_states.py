"""Whether it is true now: six states, each with a shape and a word, and a banner whenever the number is stale."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize(("state", "reason", "shape", "word", "headline", "why"), [
    ("connecting", None, "connecting", "connecting", "Connecting", ""),
    ("reconnecting", "heartbeat", "connecting", "reconnecting", "Reconnecting", "heartbeat"),
    ("error", "network", "trouble", "trouble", "Not connected", "network"),
    ("failed", "credentials", "trouble", "failed", "Connection failed", "refused the key"),
    ("disconnected", "paused", "paused", "paused", "Paused", "by hand"),
    ("disconnected", "unwatched", "paused", "resting", "Resting", "Nobody was watching"),
])
def test_state_has_a_shape_a_word_and_a_banner(
    bridge, server, visit, state, reason, shape, word, headline, why,
):
    page = visit(server.url)
    expect(page.locator("#banner")).to_be_hidden()
    bridge.set_state("main", state, reason)
    expect(page.locator("#state")).to_have_text(word)
    expect(page.locator("#state")).to_have_attribute("data-shape", shape)
    expect(page.locator("#banner-headline")).to_contain_text(f"{headline} since ")
    expect(page.locator("#banner-why")).to_contain_text(why)
    assert page.locator("#banner").bounding_box()["width"] == 1280
    bridge.set_state("main", "connected")
    expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#banner")).to_be_hidden()


def test_stale_number_has_a_banner_though_connected(bridge, server, visit):
    bridge.set_state("main", "connected", "server_error", confirmed_ago=180, stale=True)
    page = visit(server.url, wait=False)
    expect(page.locator("#state")).to_have_text("trouble")
    expect(page.locator("#banner-headline")).to_contain_text("(3 min 0")


def test_next_try_is_counted_down(bridge, server, visit):
    page = visit(server.url)
    bridge.set_state("main", "reconnecting", "network", retry_in=3)
    seen = []
    for _ in range(45):
        words = page.inner_text("#banner-next")
        if words and words not in seen:
            seen.append(words)
        page.wait_for_timeout(80)
    assert seen[-3:] == ["Next try in 2 s", "Next try in 1 s", "Trying now …"]


def test_button_tries_now(bridge, server, visit):
    page = visit(server.url)
    bridge.set_state("main", "failed", "credentials")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#banner")).to_be_hidden()
    assert "POST /api/v1/reconnect?source=main" in bridge.requests


def test_what_is_paused_can_be_resumed(bridge, server, visit):
    page = visit(server.url)
    bridge.set_state("main", "disconnected", "paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#banner")).to_be_hidden()
    assert "POST /api/v1/resume?source=main" in bridge.requests


def test_bridge_that_cannot_be_reached_is_told(bridge, server, visit):
    page = visit(server.url)
    bridge.broken = True
    bridge.drop_streams()
    expect(page.locator("#banner-headline")).to_contain_text("Walletwire cannot be reached since")
    expect(page.locator("#state")).to_have_text("trouble")
    bridge.broken = False
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#state")).to_have_text("live")


def test_page_comes_back_by_itself(bridge, server, visit):
    page = visit(server.url)
    bridge.broken = True
    bridge.drop_streams()
    expect(page.locator("#state")).to_have_text("trouble")
    bridge.pay(memo="meanwhile")
    bridge.broken = False
    expect(page.locator("#state")).to_have_text("live", timeout=8000)
    expect(page.locator(".row .memo")).to_have_text("meanwhile")


def test_change_of_state_is_announced_once(bridge, server, visit):
    page = visit(server.url, clock=True)
    bridge.set_state("main", "reconnecting", "heartbeat", retry_in=30)
    announcement = page.locator("#announcement")
    expect(announcement).to_have_text("Reconnecting. Its server stopped answering the heartbeat.")
    page.evaluate("""() => {
      window.changes = 0;
      new MutationObserver(() => { window.changes += 1; })
        .observe(document.getElementById('announcement'), { childList: true, characterData: true, subtree: true });
    }""")
    page.clock.run_for(3000)
    page.wait_for_timeout(200)
    assert page.evaluate("window.changes") == 0


def test_refused_request_is_told(bridge, server, visit):
    page = visit(server.url)
    bridge.set_state("main", "failed", "credentials")
    expect(page.locator("#banner")).to_be_visible()
    del bridge.sources["main"]
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".toast")).to_contain_text("no such source")
