"""Small and large, light and dark, by keyboard and by ear; nothing from another host."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import picture
from playwright.sync_api import expect
from stub_bridge import StubBridge
from stub_server import StubServer
from stub_shop import demonstration

SIZES = [(320, 568), (721, 900), (1280, 800), (3840, 2160)]


@pytest.fixture(params=[False, True], ids=["one wallet", "three wallets"])
def shop(request):
    bridge = demonstration(request.param)
    with StubServer(bridge) as server:
        yield bridge, server


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_scrolls_sideways(shop, visit, size):
    bridge, server = shop
    scheme = "dark" if len(bridge.balances) > 1 else "light"
    width, height = size
    page = visit(server.url, viewport={"width": width, "height": height}, color_scheme=scheme)
    bridge.pay("till", 21_000_000, memo="W" * 200)
    page.wait_for_selector(".toast")
    bridge.set_state("till", "reconnecting", "heartbeat", retry_in=90)
    page.wait_for_selector("#banner:not([hidden])")
    for unit in ("msat", "BTC", "sat"):
        page.locator(".units").get_by_text(unit, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        right = page.evaluate("document.querySelector('.balance-unit').getBoundingClientRect().right")
        column = page.evaluate("document.querySelector('#wallet').getBoundingClientRect().right")
        assert right <= column + 1
    tabs = len(bridge.balances)
    picture(page, f"{width}x{height}-{scheme}-{tabs}")


@pytest.mark.parametrize(("width", "opposite"), [(390, False), (1280, True)], ids=["390", "1280"])
def test_axe_finds_nothing(shop, visit, width, opposite):
    bridge, server = shop
    scheme = "dark" if (len(bridge.balances) > 1) != opposite else "light"
    page = visit(
        server.url, viewport={"width": width, "height": 900}, color_scheme=scheme,
        reduced_motion="reduce")
    page.get_by_text("Diagnostics").click()
    page.wait_for_selector(".figure-block")
    bridge.pay("till", 1_000, "outgoing", "pending", memo="pending")
    bridge.pay("till", 1_000, "outgoing", "failed", memo="failed")
    bridge.pay("till", 1_000, memo="late", late=True, tag="tpos")
    bridge.set_state("till", "error", "network", retry_in=60)
    page.wait_for_selector(".toast")
    page.wait_for_selector("#banner:not([hidden])")
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()


def test_keyboard_reaches_everything(visit):
    bridge = demonstration(True)
    with StubServer(bridge) as server:
        page = visit(server.url)
        page.get_by_text("Diagnostics").click()
        page.wait_for_selector(".figure-block")
        bridge.set_state("till", "error", "network")
        bridge.pay("till", 1_000)
        page.wait_for_selector(".toast")
        page.wait_for_selector("#banner:not([hidden])")
        page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
        reached = set()
        page.focus("#banner-remedy")
        for _ in range(70):
            reached.add(page.evaluate("""() => {
              const element = document.activeElement;
              return element.id || element.name || element.className || element.tagName;
            }"""))
            page.keyboard.press("Tab")
        for wanted in ("banner-remedy", "wordmark", "sound-switch", "notification-switch", "to-counter",
                       "unit", "tab-till", "SUMMARY", "button small",
                       "copy-diagnostics", "search-memo", "direction", "toast-close"):
            assert wanted in reached, (wanted, reached)
        assert any("row" in each for each in reached)
        page.focus(".row")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("[...document.querySelectorAll('.row')].indexOf(document.activeElement)") == 2
        page.keyboard.press("Home")
        assert page.evaluate("[...document.querySelectorAll('.row')].indexOf(document.activeElement)") == 0


def test_reduced_motion_is_honoured(bridge, server, visit):
    page = visit(server.url, reduced_motion="reduce")
    bridge.pay()
    page.wait_for_selector(".toast")
    running = page.evaluate("""() => document.getAnimations()
      .filter((each) => each.effect.getKeyframes().some((frame) => 'transform' in frame && frame.transform !== 'none')
        && each.effect.getComputedTiming().duration > 0).length""")
    assert running == 0


def test_page_works_under_a_prefix(visit):
    bridge = StubBridge(base_path="/wallets")
    with StubServer(bridge) as server:
        page = visit(server.url)
        bridge.pay(memo="under a prefix")
        expect(page.locator(".row .memo")).to_have_text("under a prefix")
        assert all(
            request.removeprefix("POST ").startswith("/wallets/") for request in bridge.requests
            if "favicon" not in request)


def test_policy_of_the_server_is_the_strict_one(server, visit):
    page = visit(server.url)
    answer = page.request.get(server.url)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text() and "onclick" not in answer.text()
