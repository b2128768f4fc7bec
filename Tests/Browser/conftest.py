"""A browser, a bridge to look at, and a page that is held to its manners in every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from stub_bridge import StubBridge
from stub_server import StubServer

SCREENSHOTS = Path(__file__).resolve().parents[2] / ".cache/screenshots"

HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  Object.defineProperty(document, 'visibilityState',
    { value: hidden ? 'hidden' : 'visible', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@dataclass
class Watched:
    """What a page did that nobody should have to look for: each list stays empty."""

    origin: str
    foreign_requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._requested)
        context.on("console", self._spoken)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: self._opened(dialog))

    def _requested(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign_requests.append(request.url)

    def _spoken(self, message) -> None:
        # A bridge that is down on purpose, or says no, makes the browser complain, rightly.
        is_network = "net::ERR" in message.text or "Failed to load resource" in message.text
        if message.type in ("error", "warning", "log", "info") and not is_network:
            self.complaints.append(message.text)

    def _opened(self, dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def pytest_terminal_summary(terminalreporter) -> None:
    terminalreporter.write_line(f"screenshots to look through: {SCREENSHOTS}")


def picture(page: Page, name: str) -> None:
    """What a person should see of this test."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; nothing is downloaded."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("chromium is not installed: run environment/setup.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def bridge() -> StubBridge:
    """The stub that the page talks to; a test that wants other wallets overrides it by `wallets`."""
    return StubBridge()


@pytest.fixture
def server(bridge: StubBridge) -> Iterator[StubServer]:
    with StubServer(bridge) as server:
        yield server


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page at a URL; at the end of the test no page may have misbehaved."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def open_page(
        url: str, wait: bool = True, context: BrowserContext | None = None, clock: bool = False, **options,
    ) -> Page:
        """With `clock`, the time of the page can be moved on by `page.clock`."""
        if context is None:
            options.setdefault("viewport", {"width": 1280, "height": 800})
            context = browser.new_context(**options)
            contexts.append(context)
            parts = urlsplit(url)
            watch = Watched(f"{parts.scheme}://{parts.netloc}")
            watch.watch(context)
            watched.append(watch)
        if clock:
            context.clock.install()
        page = context.new_page()
        page.goto(url)
        if wait:
            page.wait_for_selector("#state[data-shape=live]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for watch in watched:
        assert watch.foreign_requests == []
        assert watch.complaints == []


def set_hidden(page: Page, hidden: bool) -> None:
    """What the page sees when its tab is left, or returned to."""
    page.evaluate(HIDE, hidden)


def eventually(page: Page, holds: Callable[[], bool], seconds: float = 5) -> None:
    """Waits until a condition outside the page holds, while the page goes on."""
    for _ in range(int(seconds * 50)):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it never came to hold")


def plain(text: str) -> str:
    """Text without the thin spaces between groups of digits."""
    return text.replace("\u2009", "")
