"""How the figures grow, drawn: with subscribers beside the baselines, and with wallets."""

import statistics
from collections.abc import Callable
from pathlib import Path

from . import fanout, plot, small
from .figures import kibibytes, megabytes, percent, seconds


def draw(folder: Path, reach: fanout.Results, wallets: small.Wallets) -> None:
    plot.write(folder / "subscribers.svg", subscribers(reach))
    plot.write(folder / "wallets.svg", of_wallets(wallets))


def subscribers(reach: fanout.Results) -> list[str]:
    def series(value: Callable[[fanout.Measured], float]) -> plot.Series:
        return {
            name: {size: value(measured) for size, measured in line.items()}
            for name, line in reach.items()
        }

    times = series(lambda measured: statistics.median(measured.seconds))
    cpu = series(lambda measured: statistics.median(measured.cpu_each))
    # The floor keeps nothing for a subscriber, and one subscriber is where the memory is counted from.
    memory = {
        name: {size: value for size, value in line.items() if size > 1 and value > 0}
        for name, line in series(lambda measured: measured.memory_each).items()
        if name != "floor"
    }
    return [
        plot.chart("one event, until all have it", "subscribers", times, seconds),
        plot.chart("server CPU for each delivery", "subscribers", cpu, seconds),
        plot.chart("memory for each subscriber", "subscribers", memory, kibibytes),
    ]


def of_wallets(found: small.Wallets) -> list[str]:
    memory = {count: float(resident) for count, (resident, _) in found.items()}
    share = {count: share for count, (_, share) in found.items()}
    return [
        plot.chart("resident memory", "wallets", {"walletwire": memory}, megabytes),
        plot.chart("share of a core, idle", "wallets", {"walletwire": share}, percent),
    ]
