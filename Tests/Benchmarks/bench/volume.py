"""How much: events a second, replay from a long log, one woken among thousands, heartbeats."""

import http.client
import sqlite3
import statistics
import subprocess
import threading
import time
from pathlib import Path

from .fanout import NO_HEARTBEAT
from .figures import Line, percent, plain, quantile, seconds, spread
from .processes import cpu_seconds
from .servers import Load, Walletwire

PAYMENTS_OF_A_FLOOD = 10_000
LOG_EVENTS = 1_000_000
HEARTBEAT_MS = 15_000
MOST_AT_ONCE = 0.01
"""Of the heartbeats, within 20 ms: a hundred writes, which hold nobody up for more than about a millisecond."""


def published(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """Events a second to 100 subscribers, each on disk before anybody sees it."""
    bridge = Walletwire(programs, folder / "flood", server=NO_HEARTBEAT)
    try:
        bridge.subscribe_up_to(100)
        bridge.flood(500)
        # A payment and a balance each.
        rates = [2 * PAYMENTS_OF_A_FLOOD / bridge.flood(PAYMENTS_OF_A_FLOOD) for _ in range(rounds)]
    finally:
        bridge.stop()
    what = "events published a second, durable, 100 subscribers"
    return [Line(what, spread(rates, plain), "-", statistics.median(rates), 20_000, plain, True)]


def fill_log(path: Path, count: int) -> None:
    """Writes events behind the back of a bridge that does not run, after those that it has written."""
    base = sqlite3.connect(path)
    with base:
        first, reserved = base.execute(
            "SELECT (SELECT ifnull(max(sequence), 0) FROM events), reserved_through FROM store"
        ).fetchone()
        kind, source, data = base.execute(
            "SELECT type, source, data FROM events WHERE type = 1 ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        first = max(first, reserved)
        base.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            ((first + n, kind, source, data) for n in range(1, count + 1)),
        )
        base.execute("UPDATE store SET reserved_through = ?", (first + count,))
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()


def replayed(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """A subscriber that comes back to a million events, beside others that are live."""
    bridge = Walletwire(
        programs, folder / "replay", server=NO_HEARTBEAT, storage={"keep_events": 2 * LOG_EVENTS}
    )
    reader = Load(programs)
    try:
        bridge.flood(10)
        bridge.bridge.stop()
        fill_log(folder / "replay" / "bridge.db", LOG_EVENTS)
        bridge.start()
        bridge.load.obey("by wallet key-0")
        bridge.subscribe_up_to(10)
        bridge.events(20)
        rates, alone, beside = [], [], []
        for _ in range(min(rounds, 3)):
            alone += bridge.events(100)[0]
            reader.begin(f"replay {bridge.port} /api/v1/events?since=earliest")
            time.sleep(0.2)
            beside += bridge.events(100)[0]
            rates.append(LOG_EVENTS / reader.end()["seconds"])
    finally:
        reader.stop()
        bridge.stop()
    what = "replay to one subscriber, events a second, log of 1 000 000"
    late = "live event to 10 others during that replay, p99"
    middles = [seconds(statistics.median(values)) for values in (beside, alone)]
    return [
        Line(what, spread(rates, plain), "-", statistics.median(rates), 300_000, plain, True),
        Line(
            late,
            f"{seconds(quantile(beside, 0.99))}, p50 {middles[0]}",
            f"without: {seconds(quantile(alone, 0.99))}, p50 {middles[1]}",
            quantile(beside, 0.99),
            10e-3,
            seconds,
        ),
    ]


def woken(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """What 10 000 subscribers cost who want nothing of an event that one wants."""
    bridge = Walletwire(programs, folder / "filter", wallets=2, server=NO_HEARTBEAT)
    count = 50

    def cpu() -> float:
        before = cpu_seconds(bridge.pids)
        bridge.load.events(count, 1)
        time.sleep(0.05)
        return (cpu_seconds(bridge.pids) - before) / count

    try:
        bridge.load.subscribe(bridge.port, "/api/v1/events?wallet=w0", 1)
        cpu()
        alone = [cpu() for _ in range(rounds)]
        bridge.load.subscribe(bridge.port, "/api/v1/events?wallet=w1", 10_000)
        cpu()
        beside = [cpu() for _ in range(rounds)]
    finally:
        bridge.stop()
    above = statistics.median(beside) - statistics.median(alone)
    return [
        Line(
            "waking 1 subscriber of 10 000 by a filter, server CPU above waking 1 of 1",
            spread(beside, seconds),
            f"1 of 1: {spread(alone, seconds)}",
            above,
            100e-6,
            seconds,
        )
    ]


def heartbeats(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """Heartbeats to 10 000 idle subscribers: are they spread, and do they hold up an event for another?"""
    quick = {"heartbeat_ms": HEARTBEAT_MS}
    beating = Walletwire(programs, folder / "heartbeats", wallets=2, server=quick)
    silent = Walletwire(programs, folder / "no-heartbeats", wallets=2, server=NO_HEARTBEAT)
    bins, bin_ms = 2 * HEARTBEAT_MS // 20, 20
    middles: tuple[list[float], list[float]] = ([], [])
    try:
        for bridge in (beating, silent):
            bridge.load.subscribe(bridge.port, "/api/v1/events?wallet=w1", 10_000)
        time.sleep(HEARTBEAT_MS / 1000)
        reads = beating.load.obey(f"idle {bins} {bin_ms}")["reads"]
        for bridge in (beating, silent):
            bridge.load.subscribe(bridge.port, "/api/v1/events?wallet=w0", 1)
        for _ in range(rounds):
            for middle, bridge in zip(middles, (beating, silent), strict=True):
                middle.append(statistics.median(bridge.load.events(100, 1, gap_ms=5)[0]))
    finally:
        beating.stop()
        silent.stop()
    most = max(reads) / sum(reads) * 2
    even = bin_ms / HEARTBEAT_MS
    added = statistics.median(ours - theirs for ours, theirs in zip(*middles, strict=True))
    return [
        Line(
            f"heartbeats to 10 000: most of them within {bin_ms} ms",
            percent(most),
            f"evenly: {percent(even)}",
            most,
            MOST_AT_ONCE,
            percent,
        ),
        Line(
            "an event to one more while 10 000 get heartbeats, p50 above none",
            spread(middles[0], seconds),
            f"without: {spread(middles[1], seconds)}",
            added,
            150e-6,
            seconds,
        ),
    ]


PROBES = 1000
STORED = 100_000


def undisturbed(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """`GET /healthz` while the store is searched, summed up and written to, beside the same alone."""
    bridge = Walletwire(programs, folder / "undisturbed")
    alone: list[float] = []
    beside: list[float] = []
    try:
        bridge.subscribe_up_to(1)
        bridge.flood(STORED)
        for _ in range(rounds):
            alone.append(slowest(bridge.port))
            reads = ["payments?q=nowhere-in-any-memo", "history?group=hour"]
            load = [
                subprocess.Popen(
                    ["wrk", "-t", "1", "-c", "1", "-d", "60s", "--timeout", "30s",
                     f"http://127.0.0.1:{bridge.port}/api/v1/{path}"],
                    stdout=subprocess.DEVNULL,
                )
                for path in reads
            ]
            # Enough to have the log copied into the file several times.
            writer = threading.Thread(target=bridge.flood, args=(STORED // 20,))
            writer.start()
            try:
                beside.append(slowest(bridge.port))
            finally:
                writer.join()
                for process in load:
                    process.kill()
                    process.wait()
    finally:
        bridge.stop()
    above = statistics.median(b - a for a, b in zip(alone, beside, strict=True))
    return [
        Line(
            f"GET /healthz beside search, sums and checkpoints, slowest of {PROBES} above alone",
            spread(beside, seconds),
            f"alone: {spread(alone, seconds)}",
            above,
            5e-3,
            seconds,
        )
    ]


def slowest(port: int) -> float:
    """Of many requests on one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    most = 0.0
    for _ in range(PROBES):
        started = time.perf_counter()
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        body = response.read()
        most = max(most, time.perf_counter() - started)
        assert response.status == 200 and body
        time.sleep(0.002)
    connection.close()
    return most
