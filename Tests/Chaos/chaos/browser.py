"""Chromium's own EventSource, many of them: it comes back by itself, and by hand when dropped."""

import queue
import shutil
import threading
from contextlib import suppress

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from .subscriber import Story

SOURCES_PER_CONTEXT = 5
"""Chromium opens six connections to one host from one context; one is left for the page."""
DRAIN_INTERVAL_S = 0.3
START_TIMEOUT_S = 60

SCRIPT = """(count) => {
  window.readers = Array.from({ length: count }, () => ({ last: 'earliest', log: [], source: null }));
  window.follow = (reader) => {
    const source = new EventSource('/api/v1/events?since=' + encodeURIComponent(reader.last));
    reader.source = source;
    for (const kind of ['payment', 'balance', 'watch', 'gap', 'snapshot']) {
      source.addEventListener(kind, (event) => {
        if (reader.source !== source) return;
        if (event.lastEventId) reader.last = event.lastEventId;
        reader.log.push([kind, event.lastEventId, event.data]);
      });
    }
    source.onopen = () => reader.log.push(['opened', '', '']);
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED || reader.source !== source) return;
      reader.log.push(['ended for good', '', '']);
      setTimeout(() => window.follow(reader), 1000);
    };
  };
  window.drop = (index) => {
    const reader = window.readers[index];
    reader.source.close();
    reader.source = null;
    setTimeout(() => window.follow(reader), 500);
  };
  window.drain = () => window.readers.map((reader) => reader.log.splice(0));
  window.readers.forEach(window.follow);
}"""


class EventSourceSubscriber:
    """One EventSource of a page, as the run sees it."""

    def __init__(self, browser: "Browser", index: int):
        self.browser = browser
        self.index = index
        self.story = Story(f"EventSource {index}")

    def drop(self) -> None:
        self.story.drops += 1
        self.browser.drops.put(self.index)

    def stop(self) -> None:
        self.browser.stop()


class Browser:
    """One Chromium on a thread of its own, with as many contexts as its sources need."""

    def __init__(self, url: str, count: int):
        self.url = url
        self.subscribers = [EventSourceSubscriber(self, index) for index in range(count)]
        self.drops: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.is_over = threading.Event()
        self.is_ready = threading.Event()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.is_ready.wait(START_TIMEOUT_S)
        if self.failure is not None or not self.is_ready.is_set():
            raise RuntimeError(f"chromium did not start: {self.failure}")

    def stop(self) -> None:
        self.is_over.set()
        self.thread.join(30)

    def _run(self) -> None:
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                pages: list[Page] = []
                for first in range(0, len(self.subscribers), SOURCES_PER_CONTEXT):
                    page = chromium.new_context().new_page()
                    page.goto(self.url + "/healthz")
                    count = min(SOURCES_PER_CONTEXT, len(self.subscribers) - first)
                    page.evaluate(SCRIPT, count)
                    pages.append(page)
                self.is_ready.set()
                while not self.is_over.wait(DRAIN_INTERVAL_S):
                    self._pass_on_drops(pages)
                    self._drain(pages)
                self._drain(pages)
                chromium.close()
        except BaseException as error:  # told to the run, which is on another thread
            self.failure = error
            self.is_ready.set()

    def _pass_on_drops(self, pages: list[Page]) -> None:
        with suppress(queue.Empty):
            while True:
                page, index = divmod(self.drops.get_nowait(), SOURCES_PER_CONTEXT)
                with suppress(PlaywrightError):  # one that is just coming back has no source
                    pages[page].evaluate("(index) => window.drop(index)", index)

    def _drain(self, pages: list[Page]) -> None:
        for number, page in enumerate(pages):
            for index, log in enumerate(page.evaluate("window.drain()")):
                story = self.subscribers[number * SOURCES_PER_CONTEXT + index].story
                for kind, identifier, data in log:
                    if kind == "opened":
                        story.connections += 1
                    elif kind == "ended for good":
                        story.complaints.append("its EventSource was ended for good")
                    else:
                        story.take(kind, identifier, data)
