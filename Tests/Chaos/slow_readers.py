"""A thousand subscribers that never read, beside a hundred that do.

    WALLETWIRE_BINARY=… .cache/tests/bin/python Tests/Chaos/slow_readers.py

Measures the hundred alone and, with the same payments in the same order, beside the thousand: the time
from a payment at the wallet to each reader, and the time in which a burst is complete. (A wallet's own
answers take longer as its history grows, so both are measured at the same point of it.) Measures the
bridge's memory and the kernel's socket buffers after one backlog and after as much again: neither may
grow with the backlog.
"""

import argparse
import contextlib
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from lab.bridge import Bridge  # noqa: E402
from lab.process import wait_until  # noqa: E402
from lab.simulator import Simulator  # noqa: E402

MARK = b"event: payment\n"
BURST = 1000
BURSTS = 4
"""The quickest of them counts: one alone takes from half a second to two, with or without silent readers."""
TIMEOUT_S = 60
PAUSE_S = 0.7
"""The bridge gathers what comes close together; a single payment is one that comes alone."""

# Bounds of what counts as unharmed.
MOST_SOCKET_BYTES_EACH = 256 * 1024
MOST_GROWTH_RSS_BYTES = 16 * 1024 * 1024
MOST_GROWTH_SOCKETS = 0.05
MOST_SLOWDOWN = 1.5
SLACK_S = 0.05


class Reader:
    """One subscriber that reads: when did its n-th payment come?"""

    def __init__(self, port: int):
        self.socket = subscribe(port)
        wire = b""
        while b"\r\n\r\n" not in wire:
            wire += self.socket.recv(1 << 16)
        self.wire = wire.partition(b"\r\n\r\n")[2]
        self.socket.setblocking(False)
        self.text = b""
        self.arrivals: list[float] = []

    def read(self) -> None:
        self.wire += self.socket.recv(1 << 18)
        self._join_chunks()
        now = time.monotonic()
        self.arrivals += [now] * self.text.count(MARK)
        # What may be the beginning of a mark, and can't hold a whole one.
        self.text = self.text[-(len(MARK) - 1) :]

    def _join_chunks(self) -> None:
        """Chunks end in the middle of events, and so of marks."""
        begin = 0
        while (end := self.wire.find(b"\r\n", begin)) >= 0:
            after = end + 2 + int(self.wire[begin:end], 16)
            if len(self.wire) < after + 2:
                break
            self.text += self.wire[end + 2 : after]
            begin = after + 2
        self.wire = self.wire[begin:]


def subscribe(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(
        b"GET /api/v1/events?types=payment HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
    )
    return connection


class Readers:
    """The hundred, on one thread."""

    def __init__(self, port: int, count: int):
        self.all = [Reader(port) for _ in range(count)]
        self.selector = selectors.DefaultSelector()
        for reader in self.all:
            self.selector.register(reader.socket, selectors.EVENT_READ, reader)
        self.told = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            for key, _ in self.selector.select():
                with contextlib.suppress(BlockingIOError):
                    key.data.read()

    def wait_for_more(self, count: int) -> list[float]:
        """When each reader had its `count` further payments."""
        self.told += count
        deadline = time.monotonic() + TIMEOUT_S
        while (least := min(len(reader.arrivals) for reader in self.all)) < self.told:
            if time.monotonic() > deadline:
                raise AssertionError(f"a reader has {least} of {self.told} payments")
            time.sleep(0.002)
        return [reader.arrivals[self.told - 1] for reader in self.all]


class Scene:
    """A simulated LNbits and a bridge on it, and what they cost."""

    def __init__(self, folder: Path):
        (folder / "simulator").mkdir()
        self.simulator = Simulator("1.6.2", folder / "simulator").start()
        self.wallet = self.simulator.create_wallet("main", 1000)
        self.bridge = Bridge(folder / "bridge")
        self.bridge.log_level = "warning"
        self.bridge.configuration["upstream"]["requests_per_minute"] = 100_000
        self.bridge.add_wallet("main", self.simulator.url, self.wallet.invoice_key)
        self.bridge.start()
        self.bridge.wait_for_state("connected", 20)
        self.port = int(self.bridge.url.rsplit(":", 1)[1])

    def single(self, readers: Readers) -> list[float]:
        """Seconds from one payment to each reader."""
        time.sleep(PAUSE_S)
        started = time.monotonic()
        self.simulator.change_balance(self.wallet, 1)
        return [arrival - started for arrival in readers.wait_for_more(1)]

    def burst(self, readers: Readers) -> float:
        """Seconds until the last reader has the whole burst."""
        started = time.monotonic()
        self.simulator.command("burst", wallet=self.wallet.id, count=BURST, amount_sat=1)
        return max(readers.wait_for_more(BURST)) - started

    @property
    def subscribers(self) -> int:
        return self.bridge.get("/api/v1/status").json["subscribers"]

    @property
    def resident_bytes(self) -> int:
        assert self.bridge.process is not None
        status = Path(f"/proc/{self.bridge.process.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024  # type: ignore[union-attr]

    @property
    def socket_bytes(self) -> int:
        """What the kernel holds for the bridge's ends of its connections."""
        command = ["ss", "-tmnH", f"sport = :{self.port}"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        sizes = re.findall(r"skmem:\(r(\d+),.*?,w(\d+),", listed)
        return sum(int(size) for pair in sizes for size in pair)

    @staticmethod
    def machine_socket_bytes() -> int:
        """All TCP buffers of the machine, as the kernel counts its pages."""
        text = Path("/proc/net/sockstat").read_text()
        return int(re.search(r"TCP:.* mem (\d+)", text).group(1)) * 4096  # type: ignore[union-attr]

    def memory(self, label: str) -> tuple[int, int]:
        resident, sockets = self.resident_bytes, self.socket_bytes
        print(
            f"  {label}: bridge {mebibytes(resident)}, its ends of the sockets {mebibytes(sockets)} by ss, "
            f"both ends {mebibytes(self.machine_socket_bytes())} by sockstat",
            flush=True,
        )
        return resident, sockets

    def close(self) -> None:
        self.bridge.kill()
        self.simulator.stop()


def mebibytes(count: int) -> str:
    return f"{count / 1048576:.1f} MiB"


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(scene: Scene, readers: Readers, label: str, singles: int) -> tuple[float, float]:
    """The 99th percentile of single payments and the time of a burst, in seconds."""
    times = [seconds for _ in range(singles) for seconds in scene.single(readers)]
    bursts = [scene.burst(readers) for _ in range(BURSTS)]
    print(
        f"  {label}: one payment to each reader p50 {quantile(times, 0.5) * 1000:.1f} ms, "
        f"p99 {quantile(times, 0.99) * 1000:.1f} ms, most {max(times) * 1000:.1f} ms; "
        f"{BURST} payments at all readers in {min(bursts) * 1000:.0f} ms",
        flush=True,
    )
    return quantile(times, 0.99), min(bursts)


@dataclass
class Story:
    """What one scene came to."""

    p99: float
    burst: float
    before: tuple[int, int]
    first: tuple[int, int]
    second: tuple[int, int]


def tell(folder: Path, given: argparse.Namespace, silent: int) -> Story:
    """The same payments in the same order, beside so many that never read."""
    folder.mkdir()
    scene = Scene(folder)
    try:
        readers = Readers(scene.port, given.readers)
        scene.burst(readers)  # warms the ring and the store
        before = scene.memory("before")
        company = [subscribe(scene.port) for _ in range(silent)]
        everybody = given.readers + silent
        wait_until(lambda: scene.subscribers == everybody, 30, "all subscribers are there")
        scene.memory(f"{silent} more connected")
        # The first backlog fills what the kernel gives each socket; only then is more of it "growth".
        for _ in range(given.backlog):
            scene.burst(readers)
        first = scene.memory(f"after {given.backlog * BURST} payments that nobody of them read")
        p99, burst = measure(scene, readers, f"{given.readers} beside {silent}", given.singles)
        for _ in range(given.backlog - 2):
            scene.burst(readers)
        second = scene.memory("after as many again")
        print(f"  subscribers at the end: {scene.subscribers}")
        for connection in company:
            connection.close()
        return Story(p99, burst, before, first, second)
    finally:
        scene.close()


def judge(alone: Story, beside: Story, silent: int) -> list[tuple[str, bool]]:
    first, second = beside.first, beside.second
    grown = second[1] - first[1]
    return [
        ("p99 of one payment is not slowed", beside.p99 <= alone.p99 * MOST_SLOWDOWN + SLACK_S),
        ("a burst is not slowed", beside.burst <= alone.burst * MOST_SLOWDOWN + SLACK_S),
        ("memory does not grow with the backlog", second[0] - first[0] <= MOST_GROWTH_RSS_BYTES),
        ("socket buffers do not grow with the backlog", grown <= first[1] * MOST_GROWTH_SOCKETS),
        (
            "socket buffers of a silent reader are bounded",
            second[1] - beside.before[1] <= silent * MOST_SOCKET_BYTES_EACH,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--silent", type=int, default=1000)
    parser.add_argument("--backlog", type=int, default=4, help="bursts of a thousand, at least 2")
    parser.add_argument("--singles", type=int, default=12)
    given = parser.parse_args()
    print(f"slow readers: {given.silent} that never read beside {given.readers} that do")
    with tempfile.TemporaryDirectory(prefix="walletwire-slow-") as name:
        alone = tell(Path(name) / "alone", given, 0)
        beside = tell(Path(name) / "beside", given, given.silent)
    verdicts = judge(alone, beside, given.silent)
    for what, holds in verdicts:
        print(f"  {'ok    ' if holds else 'FAILED'} {what}")
    failed = sum(not holds for _, holds in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
