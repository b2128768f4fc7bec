"""A child process of a test: its log, its signals, its end."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One child, stopped by its own pid only. Its output goes to a file that tests may read."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        *,
        environment: dict[str, str] | None = None,
        directory: Path | None = None,
        inherit_environment: bool = True,
    ):
        self.log_path = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**(os.environ if inherit_environment else {}), **(environment or {})},
                cwd=directory,
            )

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.child.poll() is None

    def send(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def wait(self, timeout: float) -> int:
        """The exit status; raises `subprocess.TimeoutExpired` when it does not end in time."""
        return self.child.wait(timeout)

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM, then SIGKILL for one that does not listen. Wakes a stopped one first."""
        if self.is_running:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            try:
                return self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.send(signal.SIGKILL)
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        if self.is_running:
            self.send(signal.SIGKILL)
            self.wait(10)


class Server:
    """What runs as a child process, and may be stopped and started again."""

    process: Process | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running

    def stop(self) -> None:
        """SIGTERM. LNbits and mints then close open sockets with code 1012."""
        if self.process:
            self.process.stop()

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def freeze(self) -> None:
        """SIGSTOP: the kernel still acknowledges, nobody answers."""
        if self.process:
            self.process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.process:
            self.process.send(signal.SIGCONT)


def wait_until(condition, timeout: float, what: str, interval: float = 0.05):
    """The first true value of `condition()`. An exception of OSError's family counts as not yet."""
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except OSError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what} (last: {last!r})")
        time.sleep(interval)
