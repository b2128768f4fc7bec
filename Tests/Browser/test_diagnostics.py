"""Every figure, the buttons, and the copy for a bug report."""

from conftest import eventually
from playwright.sync_api import expect


def test_every_figure_of_the_status_is_shown(bridge, server, visit):
    bridge.sources["main"]["moon_phase"] = 3
    page = visit(server.url)
    page.get_by_text("Diagnostics").click()
    expect(page.locator(".figure-block")).to_have_count(2)
    figures = dict(zip(
        page.locator(".figures dt").all_inner_texts(), page.locator(".figures dd").all_inner_texts(),
        strict=True))
    assert len(figures) >= len(bridge.sources["main"]) - 1
    assert figures["Heartbeat round trip"] == "0.4 ms"
    assert figures["Success rate"] == "100 %"
    assert figures["Last close code"] == "1012"
    assert figures["Event streams"] == "1"
    assert figures["moon phase"] == "3"


def test_status_is_asked_for_only_while_it_is_shown(bridge, server, visit):
    page = visit(server.url, clock=True)

    def asked() -> int:
        return sum(request.endswith("/status") for request in bridge.requests)

    page.clock.run_for(2500)
    page.wait_for_timeout(300)
    before = asked()
    page.clock.run_for(10_000)
    page.wait_for_timeout(300)
    assert asked() == before
    page.get_by_text("Diagnostics").click()
    page.clock.run_for(4500)
    eventually(page, lambda: asked() >= before + 2)


def test_source_can_be_paused_resumed_and_reconnected(bridge, server, visit):
    page = visit(server.url)
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name="Pause main").click()
    expect(page.locator("#state")).to_have_text("paused")
    expect(page.get_by_role("button", name="Pause main")).to_be_hidden()
    page.get_by_role("button", name="Resume main").click()
    expect(page.locator("#state")).to_have_text("live")
    page.get_by_role("button", name="Reconnect main").click()
    expect(page.locator("#state")).to_have_text("connecting")
    expect(page.locator("#state")).to_have_text("live")


def test_diagnostics_are_copied_as_text(bridge, server, visit):
    page = visit(server.url, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    for key in bridge.sources["main"]:
        assert key == "name" or f"  {key}: " in text
    assert "source main" in text
