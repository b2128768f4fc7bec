"""Ten thousand payments: all within reach, few in the document, and none the slower for it."""

import pytest
from playwright.sync_api import Page, expect
from stub_bridge import StubBridge

COUNT = 10_000
MOST_DRAWN = 130
LONGEST_BLOCK_MS = 400
"""Of the page's own thread, on a busy machine; with every row in the document it is seconds."""

WATCH_BLOCKS = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: 'longtask' });
}"""


@pytest.fixture
def bridge(request: pytest.FixtureRequest) -> StubBridge:
    """As many payments as the test asks for, ten minutes apart."""
    bridge = StubBridge()
    for index in range(request.param):
        bridge.pay(memo=f"row {index}", seconds_ago=(request.param - index) * 600, quiet=True)
    return bridge


def known(page: Page) -> int:
    return int(page.eval_on_selector("#rows", "list => list.style.getPropertyValue('--count')"))


def read_to_the_end(page: Page) -> None:
    page.evaluate("""async () => {
      const list = document.getElementById('rows');
      while (!document.getElementById('older').hidden) {
        scrollTo(0, document.documentElement.scrollHeight);
        await new Promise((done) => setTimeout(done, 5));
      }
      scrollTo(0, document.documentElement.scrollHeight);
    }""")


@pytest.mark.parametrize("bridge", [COUNT], indirect=True)
def test_ten_thousand_payments_are_read_drawn_and_added_to(bridge, server, visit):
    page = visit(server.url)
    read_to_the_end(page)
    assert known(page) == COUNT
    assert page.locator(".row").count() <= MOST_DRAWN
    expect(page.locator(".row").last).to_contain_text("row 0")
    page.evaluate(WATCH_BLOCKS)
    reading = page.locator(".row").last
    before = reading.bounding_box()["y"]
    bridge.pay(memo="one more")
    expect(page.locator("#pill")).to_have_text("1 new", timeout=1000)
    assert reading.bounding_box()["y"] == pytest.approx(before, abs=1), "the reader is not moved"
    page.evaluate("document.querySelector('[name=unit][value=msat]').click()")
    expect(page.locator("#balance .balance-unit")).to_have_text("msat")
    page.wait_for_timeout(1200)
    assert page.evaluate("window.longest") < LONGEST_BLOCK_MS
    page.click("#pill")
    expect(page.locator(".row").first).to_contain_text("one more")
    assert page.locator(".row").count() <= MOST_DRAWN


@pytest.mark.parametrize("bridge", [600], indirect=True)
def test_keyboard_goes_from_the_first_to_the_last_and_back(bridge, server, visit):
    page = visit(server.url)
    read_to_the_end(page)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".row").first).to_contain_text("row 599")
    page.focus(".row >> nth=0")
    page.keyboard.press("End")
    expect(page.locator(".row:focus .memo")).to_have_text("row 0")
    expect(page.locator(".row:focus")).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".row:focus .memo")).to_have_text("row 1")
    page.keyboard.press("Home")
    expect(page.locator(".row:focus .memo")).to_have_text("row 599")
    order = page.eval_on_selector_all(".row", "rows => rows.map((row) => Number(row.ariaPosInSet))")
    assert order == sorted(order)
    assert page.locator(".row:focus").get_attribute("aria-setsize") == "600"


@pytest.mark.parametrize("bridge", [1000], indirect=True)
def test_search_finds_what_is_not_in_the_document(server, visit):
    page = visit(server.url)
    page.fill("#search-memo", "row 77")
    expect(page.locator(".row").first).to_contain_text("row 779")
    assert known(page) == 11
    expect(page.locator(".row").last).to_contain_text("row 77")
