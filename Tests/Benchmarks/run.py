"""Measures the bridge beside what it could be, and says where a bar is missed.

    WALLETWIRE_BINARY=… .cache/tests/bin/python Tests/Benchmarks/run.py [PART …]

Without parts it measures all of them. Prints a line for each figure and the table at the end; with
all parts it also draws how the figures grow, into docs/benchmarks/. Exits 1 where a bar fails. The
baselines run in the same call, in turn with the bridge: a figure of one machine, on one day, means
something only beside theirs.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench import fanout, growth, latency, small, volume  # noqa: E402
from bench.figures import Line, table  # noqa: E402
from bench.load import compile_programs  # noqa: E402
from bench.processes import raise_descriptor_limit  # noqa: E402

PLOTS = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"


class Run:
    """What all parts share, and what the plots are made of."""

    def __init__(self, programs: Path, folder: Path, rounds: int, most: int):
        self.programs, self.folder, self.rounds = programs, folder, rounds
        self.sizes = [size for size in fanout.SIZES if size <= most]
        self.fanout: fanout.Results = {}
        self.wallets: small.Wallets = {}

    def reach(self) -> list[Line]:
        self.fanout = fanout.measure(self.programs, self.folder, self.rounds, self.sizes)
        return fanout.lines(self.fanout)

    def many_wallets(self) -> list[Line]:
        self.wallets = small.measure_wallets(self.programs, self.folder)
        return small.wallets(self.wallets)

    @property
    def parts(self) -> dict[str, Callable[[], list[Line]]]:
        places = (self.programs, self.folder)
        return {
            "reach": self.reach,
            "latency": lambda: latency.frames(*places, self.rounds),
            "verified": lambda: latency.verified(self.folder, self.rounds),
            "published": lambda: volume.published(*places, self.rounds),
            "replay": lambda: volume.replayed(*places, self.rounds),
            "undisturbed": lambda: volume.undisturbed(*places, self.rounds),
            "balance": lambda: small.balance(*places, self.rounds),
            "filter": lambda: volume.woken(*places, self.rounds),
            "wallets": self.many_wallets,
            "idle": lambda: small.idle(*places),
            "start": lambda: small.first_byte(*places, self.rounds),
            "heartbeats": lambda: volume.heartbeats(*places, self.rounds),
        }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help="of the table; all of them by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=10_000, help="subscribers, for a shorter run")
    given = parser.parse_args()
    raise_descriptor_limit()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="walletwire-bench-") as name:
        folder = Path(name)
        programs = folder / "programs"
        programs.mkdir()
        compile_programs(programs)
        run = Run(programs, folder, given.rounds, given.most)
        for part in given.parts or run.parts:
            for line in run.parts[part]():
                print("  ".join(cell for cell in line.cells if cell), flush=True)
                lines.append(line)
        if not given.parts and given.most == fanout.SIZES[-1]:
            growth.draw(PLOTS, run.fanout, run.wallets)
    load = os.getloadavg()[0]
    machine = f"{os.cpu_count()} cores of {processor()}, Linux {platform.release()}"
    print(f"\n{machine}, load {load:.1f}\n")
    print(table(lines))
    failed = sum(not line.holds for line in lines)
    print(f"\n{len(lines) - failed} within their bars, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
