"""What the bridge costs while little happens, and how soon it is there."""

import json
import re
import socket
import statistics
import subprocess
import time
from pathlib import Path

from .figures import Line, megabytes, percent, plain, ratio_line, seconds, spread
from .processes import cpu_seconds, resident_bytes, wake_ups
from .servers import Nginx, Printer, Walletwire, free_port

WALLETS = [1, 10, 100, 1000]
IDLE_S = 20
ROUND_S = 60
"""A reconcile interval: what happens once in it is idleness too."""
WRK_S = 3


def balance(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """`GET /api/v1/balance` beside a file of the same size from nginx, and beside the same bytes from a bare
    microhttpd: what the library leaves within reach."""
    bridge, nginx = Walletwire(programs, folder / "balance"), Nginx(folder / "nginx-static", 1)
    stopped: list[Walletwire | Nginx | Printer] = [bridge, nginx]
    rates: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    try:
        bridge.flood(10)
        answer = bridge.bridge.get("/api/v1/balance")
        assert answer.status == 200 and json.loads(answer.body)
        file = nginx.folder / "static" / "balance.json"
        file.write_bytes(answer.body)
        responder = Printer([str(programs / "responder"), str(file)])
        stopped.append(responder)
        servers = {
            "bridge": (bridge, "/api/v1/balance"),
            "nginx": (nginx, "/balance.json"),
            "bare": (responder, "/"),
        }
        for _ in range(rounds):
            for name, (server, path) in servers.items():
                before = cpu_seconds(server.pids)
                requests, rate = wrk(f"http://127.0.0.1:{server.port}{path}")
                rates.setdefault(name, []).append(rate)
                cpu.setdefault(name, []).append((cpu_seconds(server.pids) - before) / requests)
    finally:
        for server in stopped:
            server.stop()
    what = "GET /api/v1/balance a second, 64 connections"
    line = ratio_line(what, rates["bridge"], "nginx", rates["nginx"], 0.8, plain, at_least=True)
    line.ours += f", CPU {seconds(statistics.median(cpu['bridge']))}"
    line.beside += f", CPU {seconds(statistics.median(cpu['nginx']))}"
    bare = spread(rates["bare"], plain)
    line.beside += f"; a bare microhttpd: {bare}, CPU {seconds(statistics.median(cpu['bare']))}"
    return [line]


def wrk(url: str) -> tuple[int, float]:
    """Requests, and requests a second."""
    command = ["wrk", "-t", "1", "-c", "64", "-d", f"{WRK_S}s", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    total, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert total and rate, said
    return int(total.group(1)), float(rate.group(1))


def idle(programs: Path, folder: Path) -> list[Line]:
    """One wallet, nobody there, everything as it is by default."""
    bridge = Walletwire(programs, folder / "idle", trust="verified")
    try:
        bridge.await_connected(1)
        time.sleep(2)
        before = wake_ups(bridge.pids[0])
        time.sleep(IDLE_S)
        rate = (wake_ups(bridge.pids[0]) - before) / IDLE_S
        resident = resident_bytes(bridge.pids)
    finally:
        bridge.stop()
    return [
        Line("idle, one wallet: wake-ups a second", plain(rate), "-", rate, 2, plain),
        Line("idle, one wallet: RSS", megabytes(resident), "-", resident, 24e6, megabytes),
    ]


Wallets = dict[int, tuple[float, float]]


def measure_wallets(programs: Path, folder: Path) -> Wallets:
    """RSS, and the share of a core, by the number of wallets."""
    found: Wallets = {}
    for count in WALLETS:
        bridge = Walletwire(programs, folder / f"wallets-{count}", wallets=count, trust="verified")
        try:
            bridge.await_connected(count)
            time.sleep(5)
            before = cpu_seconds(bridge.pids)
            time.sleep(ROUND_S)
            share = (cpu_seconds(bridge.pids) - before) / ROUND_S
            found[count] = (resident_bytes(bridge.pids), share)
        finally:
            bridge.stop()
    return found


def wallets(found: Wallets) -> list[Line]:
    (one, one_share), (most, share) = found[1], found[1000]
    return [
        Line(
            "1000 wallets, idle: RSS above one wallet",
            megabytes(most),
            f"one: {megabytes(one)}",
            most - one,
            40e6,
            megabytes,
        ),
        Line(
            "1000 wallets, idle: share of a core",
            percent(share),
            f"one: {percent(one_share)}",
            share,
            0.01,
            percent,
        ),
    ]


def first_byte(programs: Path, folder: Path, rounds: int) -> list[Line]:
    """From the start of the process to the first byte of a response, on a store of 100 000 events."""
    port = free_port()
    bridge = Walletwire(programs, folder / "start", server={"listen": f"127.0.0.1:{port}"})
    elapsed = []
    try:
        bridge.subscribe_up_to(1)
        bridge.flood(50_000)
        bridge.bridge.stop()
        for _ in range(rounds):
            started = time.monotonic()
            process = bridge.bridge.launch()
            await_byte(port)
            elapsed.append(time.monotonic() - started)
            process.stop()
    finally:
        bridge.stop()
    middle = statistics.median(elapsed)
    what = "start to first byte, store of 100 000 events"
    return [Line(what, spread(elapsed, seconds), "-", middle, 0.15, seconds)]


def await_byte(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.0005)
    raise AssertionError("no byte within 30 s")
