"""Subscribers that drop and come back by id. Each keeps one merged story of all its connections."""

import random
import subprocess
import threading
import time
from dataclasses import dataclass, field

DURABLE = ("payment", "balance", "watch")


@dataclass(frozen=True)
class Told:
    """A durable event as it came: compared byte for byte between subscribers."""

    id: str
    kind: str
    data: str


@dataclass
class Story:
    """What one subscriber saw over all its connections."""

    name: str
    told: list[Told] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    connections: int = 0
    drops: int = 0
    last_id: str | None = None

    def take(self, kind: str, identifier: str, data: str) -> None:
        """One dispatched event. `identifier` is empty where the event carried none."""
        if identifier:
            self.last_id = identifier
        if kind in DURABLE:
            self.told.append(Told(identifier, kind, data))
        elif kind == "gap":
            self.complaints.append(f"a gap: {data}")


class CurlSubscriber:
    """`curl -N`, started again with the last whole event's id whenever it ends."""

    def __init__(self, name: str, url: str, seed: int):
        self.story = Story(f"curl {name}")
        self.url = url
        self.random = random.Random(seed)
        self.is_over = False
        self.child: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def drop(self) -> None:
        """Ends the present connection in the middle of whatever it is reading."""
        self.story.drops += 1
        if self.child is not None:
            self.child.kill()

    def stop(self) -> None:
        self.is_over = True
        if self.child is not None:
            self.child.kill()
        self.thread.join(10)

    def _follow(self) -> None:
        while not self.is_over:
            url, command = self.url + "/api/v1/events", ["curl", "-sN", "--no-buffer"]
            if self.story.last_id is None:
                url += "?since=earliest"
            else:
                command += ["-H", f"Last-Event-ID: {self.story.last_id}"]
            self.child = subprocess.Popen([*command, url], stdout=subprocess.PIPE)
            self.story.connections += 1
            if self.is_over:
                self.child.kill()
            self._read(self.child)
            self.child.wait()
            time.sleep(self.random.uniform(0.05, 1.0))

    def _read(self, child: subprocess.Popen[bytes]) -> None:
        fields: dict[str, str] = {}
        assert child.stdout is not None
        for raw in child.stdout:
            if not raw.endswith(b"\n"):
                return  # cut in the middle of a line: the event was never dispatched
            line = raw.rstrip(b"\n").decode()
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            else:
                if "data" in fields:
                    kind = fields.get("event", "message")
                    self.story.take(kind, fields.get("id", ""), fields["data"])
                elif "id" in fields:
                    self.story.last_id = fields["id"]
                fields = {}
