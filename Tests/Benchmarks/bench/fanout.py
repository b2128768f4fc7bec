"""One event to many: time until all have it, server CPU for each delivery, memory for each subscriber."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Line, kibibytes, ratio_line, seconds
from .servers import Floor, Nchan, Server, Walletwire

SIZES = [1, 10, 100, 1000, 10_000]
HISTORY_PAYMENTS = 10_000
NO_HEARTBEAT = {"heartbeat_ms": 3_600_000}


@dataclass
class Measured:
    """One server at one number of subscribers, a value for each round."""

    seconds: list[float] = field(default_factory=list)
    cpu_each: list[float] = field(default_factory=list)
    memory_each: float = 0.0


Results = dict[str, dict[int, Measured]]


def measure(programs: Path, folder: Path, rounds: int, sizes: list[int]) -> Results:
    bridge = Walletwire(programs, folder / "bridge", server=NO_HEARTBEAT)
    servers: list[Server] = [bridge, Floor(programs)]
    try:
        servers += [Nchan(programs, folder / f"nginx-{n}", n) for n in (1, 2)]
        results: Results = {server.name: {} for server in servers}
        before = {}
        for server in servers:
            server.subscribe_up_to(1)
        bridge.flood(HISTORY_PAYMENTS)
        for server in servers[1:]:
            server.send_as_many_bytes_as(bridge)
        for server in servers:
            server.events(20)
            before[server.name] = server.resident()
        for size in sizes:
            for server in servers:
                server.subscribe_up_to(size)
                memory = (server.resident() - before[server.name]) / max(1, size - 1)
                results[server.name][size] = Measured(memory_each=memory)
                server.events(1)
            for _ in range(rounds):
                for server in servers:
                    take(server, results[server.name][size])
        return results
    finally:
        for server in servers:
            server.stop()


def take(server: Server, measured: Measured) -> None:
    count = 20 if server.subscribers < 10_000 else 8
    elapsed, cpu = server.events(count)
    measured.seconds.append(statistics.median(elapsed))
    measured.cpu_each.append(cpu / count / server.subscribers)


def lines(results: Results) -> list[Line]:
    ours, floor = results["walletwire"], results["floor"]
    one, two = results["nchan, 1 worker"], results["nchan, 2 workers"]
    most = max(ours)
    reach = f"one event to {most} subscribers"
    found = [
        ratio_line(reach, ours[most].seconds, "floor", floor[most].seconds, 1.15, seconds),
        ratio_line(reach, ours[most].seconds, "nchan, 1 worker", one[most].seconds, 0.9, seconds),
        # The bridge has one loop; this is not yet two against two.
        ratio_line(
            reach + ", on one loop", ours[most].seconds, "nchan, 2 workers", two[most].seconds, 0.9, seconds
        ),
    ]
    for size in (1000, 10_000):
        if size not in ours:
            continue
        what = f"server CPU for each delivery, {size} subscribers"
        line = ratio_line(what, ours[size].cpu_each, "nchan", one[size].cpu_each, 0.65, seconds)
        # What no server with one write for each delivery gets below.
        line.beside += f"; floor: {seconds(statistics.median(floor[size].cpu_each))}"
        found.append(line)
    memory, theirs = ours[most].memory_each, one[most].memory_each
    what = "memory for each idle subscriber"
    found.append(Line(what, kibibytes(memory), "-", memory, 6 * 1024, kibibytes))
    found.append(ratio_line(what, [memory], "nchan", [theirs], 0.6, kibibytes))
    return found
