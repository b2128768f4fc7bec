"""How long one event takes: through the bridge, and how that compares with the least there is."""

import http.client
import json
import socket
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from .fanout import NO_HEARTBEAT
from .figures import Line, quantile, ratio_line, seconds
from .servers import FOLDER, Bridge, Floor, Walletwire

SAMPLES = 300
REPOSITORY = FOLDER.parents[1]


def frames(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """From the frame to the subscriber, with `trust = "frames"`, beside a bare relay of the same bytes that
    writes and syncs them first, as the bridge does."""
    bridge = Walletwire(programs, folder / "latency", server=NO_HEARTBEAT)
    # On the disk that the store is on.
    relay, bare = Floor(programs, folder / "relayed"), Floor(programs)
    servers = [bridge, relay, bare]
    p50s: list[list[float]] = [[] for _ in servers]
    p99s: list[list[float]] = [[] for _ in servers]
    try:
        for server in servers:
            server.subscribe_up_to(1)
        for server in (relay, bare):
            server.send_as_many_bytes_as(bridge)
        bridge.events(SAMPLES)
        for _ in range(rounds):
            for index, server in enumerate(servers):
                elapsed, _ = server.events(SAMPLES)
                p50s[index].append(statistics.median(elapsed))
                p99s[index].append(quantile(elapsed, 0.99))
    finally:
        for server in servers:
            server.stop()
    above = statistics.median(ours - theirs for ours, theirs in zip(*p50s[:2], strict=True))
    p99 = statistics.median(p99s[0])
    what = "frame to subscriber, trust = frames, "
    p50_shown, p99_shown = (
        [seconds(statistics.median(values)) for values in shown] for shown in (p50s, p99s)
    )
    beside = [f"relay with a sync: {shown[1]}; without: {shown[2]}" for shown in (p50_shown, p99_shown)]
    return [
        Line(what + "p50 above the relay", p50_shown[0], beside[0], above, 150e-6, seconds),
        Line(what + "p99", p99_shown[0], beside[1], p99, 1e-3, seconds),
    ]


class Listener:
    """A listener on a wallet's socket: when did each frame come? And what is done then."""

    def __init__(self, url: str, key: str, act: Callable[[], None] = lambda: None):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        self.socket.sendall(
            f"GET /api/v1/ws/{key} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        self.socket.settimeout(None)
        self.act = act
        self.came, self.done = 0.0, 0.0
        self.is_done = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        # A frame comes in one piece or two; its first bytes are what counts.
        while self.socket.recv(1 << 16):
            if not self.is_done.is_set():
                self.came = time.monotonic()
                self.act()
                self.done = time.monotonic()
                self.is_done.set()


class BalanceTimes:
    """A subscriber of the bridge: when did the balance come?"""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        path = "/api/v1/events?types=balance"
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        self.socket.recv(1 << 16)
        time.sleep(0.2)
        self.socket.settimeout(30)

    def wait(self) -> float:
        while b"event: balance" not in self.socket.recv(1 << 16):
            pass
        return time.monotonic()


class TwoGets:
    """Asks LNbits for the newest payments and the balance, on a connection that stands, and nothing else."""

    PAGE = "/api/v1/payments/paginated?limit=10&sortby=updated_at&direction=desc"

    def __init__(self, url: str, key: str):
        parts = urlsplit(url)
        self.key = key
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.get("/api/v1/wallet")

    def get(self, path: str) -> None:
        self.connection.request("GET", path, headers={"X-Api-Key": self.key})
        answer = self.connection.getresponse()
        json.loads(answer.read())
        assert answer.status == 200

    def __call__(self) -> None:
        self.get(self.PAGE)
        self.get("/api/v1/wallet")


def verified(folder: Path, rounds: int) -> list[Line]:
    """From a real LNbits' frame to the event, beside the time of LNbits' own two answers to a bare client that asks
    when it gets the frame. Each has a wallet of its own, so that neither waits for the other's questions; LNbits is
    busy with a payment for a while after its frame, for both."""
    from lab.lnbits import LNbits

    environment = REPOSITORY / ".cache" / "lnbits-1.6.2"
    server = LNbits(environment, folder / "lnbits")
    bridge = Bridge(folder / "verified")
    bridge.log_level = "info"
    try:
        server.start()
        watched, bare = (server.create_wallet(name, 1000) for name in ("bridge", "bare"))
        bridge.configuration["upstream"]["requests_per_minute"] = 100_000
        bridge.add_wallet("main", server.url, watched.invoice_key)
        bridge.start()
        bridge.wait_for_state("connected", 30)
        balance = BalanceTimes(bridge.url)
        frame = Listener(server.url, watched.invoice_key)
        asking = Listener(server.url, bare.invoice_key, TwoGets(server.url, bare.invoice_key))
        ours, theirs = [], []
        for _ in range(max(10, 4 * rounds)):
            for listener, wallet in ((frame, watched), (asking, bare)):
                # A payment that comes alone, as a shop's do; LNbits' own work after it is over then.
                time.sleep(1.2)
                listener.is_done.clear()
                server.change_balance(wallet, 1)
                if listener is frame:
                    ours.append(balance.wait() - frame.came)
                else:
                    assert asking.is_done.wait(30)
                    theirs.append(asking.done - asking.came)
    finally:
        bridge.kill()
        server.stop()
    what = "LNbits' frame to the balance, trust = verified"
    return [ratio_line(what, ours, "LNbits' two GETs", theirs, 1.2, seconds)]
