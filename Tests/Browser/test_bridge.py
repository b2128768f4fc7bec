"""The page on the real bridge: `walletwire demo`, whose simulator makes a payment every few seconds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import eventually, picture, plain, set_hidden
from playwright.sync_api import expect

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("WALLETWIRE_BINARY", REPOSITORY / ".build/debug/walletwire"))
START_SECONDS = 20
PAYMENT_SECONDS = 40
"""Longer than the demo ever waits between two payments."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(url: str) -> object:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running demo."""
    if not BINARY.exists():
        pytest.fail(f"no bridge at {BINARY}: build it or set WALLETWIRE_BINARY")
    folder = tmp_path_factory.mktemp("demo")
    url = f"http://127.0.0.1:{free_port()}/"
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [str(BINARY.resolve()), "demo", "--listen", url[7:-1]], cwd=REPOSITORY, stdout=log,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, "XDG_STATE_HOME": str(folder), "WALLETWIRE_SERVER_HEARTBEAT_MS": "1000"})
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(url + "readyz", timeout=2).close()
                break
            except OSError:
                log_text = (folder / "log").read_text(errors="replace")
                assert child.poll() is None, f"the demo ended: {log_text}"
                assert time.monotonic() < deadline, f"the demo did not get ready: {log_text}"
                time.sleep(0.1)
        yield url
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Listener(threading.Thread):
    """Reads the event stream and notes when each payment came."""

    def __init__(self, url: str):
        super().__init__(daemon=True)
        self.response = urllib.request.urlopen(url + "api/v1/events", timeout=60)
        self.payments: list[tuple[float, dict]] = []
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        """Cuts the connection, so that the bridge counts one subscriber less."""
        self.response.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        self.join(5)

    def of(self, wallet: str) -> list[dict]:
        return [payment for _, payment in self.payments if payment["wallet"] == wallet]

    def run(self) -> None:
        name = ""
        for line in self.response:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name == "payment":
                self.payments.append((time.monotonic(), json.loads(value)))


def test_balance_is_the_one_that_the_bridge_serves(demo, visit):
    page = visit(demo)
    first = read(demo + "api/v1/balances")[0]
    expect(page.locator("#wallet-label")).to_have_text(first["label"])
    shown = int(plain(page.inner_text(".balance-number")))
    later = read(demo + "api/v1/balances")[0]
    assert shown in (first["balance_sat"], later["balance_sat"])
    picture(page, "demo")
    assert Axe().run(page).response["violations"] == []


def test_payment_is_a_row_within_a_second_of_its_event(demo, visit):
    page = visit(demo)
    with Listener(demo) as listener:
        eventually(page, lambda: bool(listener.payments), PAYMENT_SECONDS)
        at, payment = listener.payments[0]
        key = json.dumps(f"{payment['wallet']} {payment['payment_id']}")
        page.wait_for_selector(f".row[data-key={key}]", timeout=1000)
        assert time.monotonic() - at < 1


def test_three_tabs_hold_one_stream(demo, visit):
    page = visit(demo)
    pages = [page, visit(demo, context=page.context), visit(demo, context=page.context)]
    # A reader that left is noticed at the second heartbeat at the latest.
    eventually(page, lambda: read(demo + "api/v1/status")["subscribers"] == 1, 40)
    for each in pages:
        set_hidden(each, True)
    eventually(page, lambda: read(demo + "api/v1/status")["subscribers"] == 0, 40)


def test_hidden_page_misses_nothing_and_doubles_nothing(demo, visit):
    page = visit(demo)
    wallet = read(demo + "api/v1/balances")[0]["wallet"]
    set_hidden(page, True)
    with Listener(demo) as listener:
        eventually(page, lambda: len(listener.of(wallet)) >= 2, 3 * PAYMENT_SECONDS)
    set_hidden(page, False)
    for payment in listener.of(wallet):
        key = json.dumps(f"{wallet} {payment['payment_id']}")
        expect(page.locator(f".row[data-key={key}]")).to_have_count(1)
    keys = page.eval_on_selector_all(".row", "rows => rows.map((row) => row.dataset.key)")
    assert len(keys) == len(set(keys))


def test_wallet_can_be_paused_and_resumed(demo, visit):
    page = visit(demo)
    name = read(demo + "api/v1/balances")[0]["wallet"]
    page.get_by_text("Diagnostics").click()
    page.get_by_role("button", name=f"Pause {name}").click()
    expect(page.locator("#banner-headline")).to_contain_text("Paused since")
    page.locator("#banner").get_by_role("button", name="Resume").click()
    expect(page.locator("#banner")).to_be_hidden(timeout=15_000)
    expect(page.locator("#state")).to_have_text("live")


def test_every_figure_that_the_bridge_serves_is_shown(demo, visit):
    page = visit(demo)
    page.get_by_text("Diagnostics").click()
    status = read(demo + "api/v1/status")
    sources = status.pop("sources")
    expected = len(status) + sum(len(source) - 1 for source in sources)
    expect(page.locator(".figures dd")).to_have_count(expected)
