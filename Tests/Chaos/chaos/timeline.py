"""What happened when, kept for the moment in which somebody asks why."""

import threading
import time


class Timeline:
    """Lines with the seconds since the run began. Any thread may write."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.lock = threading.Lock()
        self.lines: list[str] = []

    @property
    def now(self) -> float:
        return time.monotonic() - self.started

    def note(self, text: str) -> None:
        with self.lock:
            self.lines.append(f"{self.now:8.3f}  {text}")

    def __str__(self) -> str:
        with self.lock:
            return "\n".join(self.lines)
