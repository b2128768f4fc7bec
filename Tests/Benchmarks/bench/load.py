"""The load client: subscribers, the upstream and a publisher in one process of C."""

import json
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1]


def compile_programs(into: Path) -> None:
    """The floors and the load client."""
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    sources = sorted(map(str, (FOLDER / "load").glob("*.c")))
    floor = [str(FOLDER / "floor.c")]
    responder = [str(FOLDER / "responder.c"), "-lmicrohttpd"]
    load = [*sources, "-lcrypto", "-lpthread"]
    for name, parts in [("floor", floor), ("responder", responder), ("load", load)]:
        subprocess.run(["gcc", *flags, "-o", str(into / name), *parts], check=True)


class Load:
    """One such process; see `load/main.c` for what it obeys."""

    def __init__(self, programs: Path):
        self.process = subprocess.Popen(
            [str(programs / "load")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.port: int = self._answer()["port"]
        """Where its wallets are."""

    def begin(self, command: str) -> None:
        """Sends a command; its answer is for `end` to read."""
        assert self.process.stdin
        self.process.stdin.write(command + "\n")

    def end(self) -> dict[str, Any]:
        return self._answer()

    def obey(self, command: str) -> dict[str, Any]:
        self.begin(command)
        return self.end()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the load client ended with {self.process.wait()}")
        return json.loads(line)

    def subscribe(self, port: int, path: str, count: int) -> None:
        self.obey(f"subscribe {port} {path} {count}")

    def events(
        self, count: int, expected: int, *, size: int = 0, gap_ms: float = 1.0
    ) -> tuple[list[float], float]:
        """The seconds from each event's publication until `expected` have it; bytes for each of them."""
        answer = self.obey(f"events {count} {int(gap_ms * 1000)} {size} {expected}")
        return [microseconds / 1e6 for microseconds in answer["us"]], answer["bytes"]

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
