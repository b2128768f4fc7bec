"""The bridge under test, as a black box: a binary, a configuration file, HTTP."""

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from .process import Process, wait_until
from .rest import Answer, request
from .stream import EventStream

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("WALLETWIRE_BINARY", ".build/debug/walletwire")
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 5

# Retries that a test can wait for, and no limit but the one that a test is about.
QUICK_UPSTREAM = {
    "reconnect_delay_ms": 100,
    "max_reconnect_delay_ms": 500,
    "max_reconnect_attempts": 1000,
    "failed_retry_ms": 1000,
    "server_error_delay_ms": 200,
    "requests_per_minute": 6000,
}


def toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, (int, float)):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def toml(configuration: dict[str, Any]) -> str:
    """TOML of tables and of arrays of tables, one level deep: what the bridge's file needs."""
    lines = []
    for section, content in configuration.items():
        for table in content if isinstance(content, list) else [content]:
            lines.append(f"[[{section}]]" if isinstance(content, list) else f"[{section}]")
            lines += [f"{key} = {toml_value(value)}" for key, value in table.items()]
            lines.append("")
    return "\n".join(lines)


class Bridge:
    """One `walletwire serve` and everything it said. Survives `stop` and `start` with its store."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration: dict[str, Any] = {
            "server": {"listen": "127.0.0.1:0"},
            "storage": {"path": str(folder / "bridge.db")},
            "upstream": dict(QUICK_UPSTREAM),
            "wallet": [],
            "mint": [],
        }
        self.config_file = folder / "walletwire.toml"
        self.log_level = "debug"
        self.process: Process | None = None
        self.url = ""
        self.streams: list[EventStream] = []
        self.said: list[bytes] = []
        self.runs = 0

    # Configuration

    def add_wallet(self, name: str, url: str, invoice_key: str, **settings: Any) -> None:
        wallet = {"name": name, "url": url, "invoice_key": invoice_key, **settings}
        self.configuration["wallet"].append(wallet)

    def add_mint(self, name: str, url: str, **settings: Any) -> None:
        self.configuration["mint"].append({"name": name, "url": url, **settings})

    def write_configuration(self) -> None:
        self.config_file.write_text(toml(self.configuration))

    # Life

    def start(self, *arguments: str) -> "Bridge":
        """Starts it and returns once it says where it listens and answers there."""
        self.write_configuration()
        self.launch(*arguments)
        self.url = wait_until(self._announced_url, START_TIMEOUT_S, "the bridge says where it is")
        wait_until(
            lambda: request("GET", self.url + "/healthz", timeout=5).status == 200,
            START_TIMEOUT_S,
            "the bridge answers",
        )
        return self

    def launch(self, *arguments: str) -> Process:
        """Starts the binary and waits for nothing."""
        self.runs += 1
        binary = REPOSITORY / BINARY
        assert binary.exists(), f"no bridge at {binary}: build it or set WALLETWIRE_BINARY"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WALLETWIRE_")}
        command = [str(binary), "serve", "--config", str(self.config_file)]
        command += ["--log-level", self.log_level, *arguments]
        self.process = Process(
            command,
            self.folder / f"bridge-{self.runs}.log",
            environment=clean,
            directory=self.folder,
            inherit_environment=False,
        )
        return self.process

    def _announced_url(self) -> str | None:
        assert self.process is not None
        if not self.process.is_running:
            raise AssertionError("the bridge ended:\n" + self.process.log[-3000:])
        found = re.search(r"http://(127\.0\.0\.1|\[::1\]|localhost):[1-9]\d*", self._own_lines())
        return found.group(0) if found else None

    def _own_lines(self) -> str:
        """Lines of the log that name no upstream: those hold other addresses."""
        assert self.process is not None
        sources = self.configuration["wallet"] + self.configuration["mint"]
        upstreams = [str(source["url"]) for source in sources]
        lines = self.process.log.splitlines()
        return "\n".join(line for line in lines if not any(url in line for url in upstreams))

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send(number)

    def stop(self, timeout: float = STOP_TIMEOUT_S) -> int:
        """SIGTERM and its exit status; fails when it takes longer than the contract allows."""
        assert self.process is not None
        if self.process.is_running:
            self.process.send(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    @property
    def log(self) -> str:
        return "".join(p.read_text(errors="replace") for p in self.folder.glob("bridge-*.log"))

    # HTTP

    def request(self, method: str, path: str, **arguments: Any) -> Answer:
        answer = request(method, self.url + path, **arguments)
        self.said.append(answer.body)
        return answer

    def get(self, path: str, **arguments: Any) -> Answer:
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> Answer:
        return self.request("POST", path, **{"json": {}, **arguments})

    def balance(self, wallet: str = "main") -> dict[str, Any]:
        answer = self.get(f"/api/v1/balance?wallet={wallet}")
        assert answer.status == 200, answer.text
        return answer.json

    def payments(self, query: str = "limit=1000") -> list[dict[str, Any]]:
        """Every payment that fits the query, page after page."""
        listed: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = self.get(f"/api/v1/payments?{query}{cursor and '&before=' + cursor}").json
            listed += page["payments"]
            cursor = page["next_before"]
        return listed

    def open_watch(self, mint: str, kind: str, id: str) -> dict[str, Any]:
        """A new watch of a quote or a proof at a mint."""
        answer = self.post("/api/v1/watches", json={"mint": mint, "kind": kind, "id": id})
        assert answer.status == 201, f"{answer.status} {answer.text}"
        return answer.json

    def watches(self) -> list[dict[str, Any]]:
        return self.get("/api/v1/watches").json["watches"]

    def source(self, name: str = "main") -> dict[str, Any]:
        sources = self.get("/api/v1/status").json["sources"]
        return next(source for source in sources if source["name"] == name)

    def wait_for_state(
        self, state: str, timeout: float, name: str = "main", reason: Any = ...
    ) -> dict[str, Any]:
        """The source's status once it is in this state, and for this reason where one is given."""
        seen: list[tuple[str, str | None]] = []

        def arrived() -> dict[str, Any] | None:
            source = self.source(name)
            word = (source["state"], source["reason"])
            if not seen or seen[-1] != word:
                seen.append(word)
            fits = source["state"] == state and (reason is ... or source["reason"] == reason)
            return source if fits else None

        try:
            return wait_until(arrived, timeout, f"{name} is {state} ({reason})")
        except AssertionError as error:
            raise AssertionError(f"{error}; went through {seen}") from None

    def wait_for_balance(self, msat: int, timeout: float, name: str = "main") -> float:
        """Waits until the bridge shows this balance; returns how many seconds that took."""
        started = time.monotonic()
        shown: dict[str, Any] = {}

        def arrived() -> bool:
            answer = self.get(f"/api/v1/balance?wallet={name}")
            shown.clear()
            shown.update(answer.json)
            return answer.status == 200 and answer.json["balance_msat"] == msat

        try:
            wait_until(arrived, timeout, f"balance of {name} is {msat}", interval=0.01)
        except AssertionError:
            raise AssertionError(f"not {msat} msat within {timeout:.1f} s: {shown}") from None
        return time.monotonic() - started

    def events(self, query: str = "", headers: dict[str, str] | None = None) -> EventStream:
        """A stream, closed with the bridge's fixture."""
        stream = EventStream(self.url + "/api/v1/events" + (f"?{query}" if query else ""), headers)
        self.streams.append(stream)
        return stream

    def everything_said(self) -> str:
        """The log, every response and every stream, for the search for secrets."""
        parts = [self.log] + [body.decode(errors="replace") for body in self.said]
        for stream in self.streams:
            parts += [str(block.fields) for block in stream.blocks]
        return "\n".join(parts)
