"""`walletwire watch`: what the bridge publishes, in a terminal or a pipe, with nothing lost."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.bridge import BINARY, REPOSITORY, Bridge
from lab.process import Process, free_port, wait_until
from lab.simulator import Simulator

DURABLE = ("payment", "balance")
EVENT_TIMEOUT_S = 15
END_TIMEOUT_S = 5
EX_USAGE, EX_NOPERM, EX_CONFIG = 64, 77, 78


class Watch(Process):
    """One `walletwire watch`, its stdout and its stderr apart."""

    def __init__(self, folder: Path, *arguments: str):
        self.output = folder / "watch.out"
        # `Process` sends both streams to one file, so the shell takes them apart.
        script = 'out=$1; shift; exec "$@" >"$out"'
        command = ["sh", "-c", script, "sh", str(self.output), str(REPOSITORY / BINARY), "watch"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WALLETWIRE_")}
        super().__init__(
            [*command, *arguments],
            folder / "watch.err",
            environment=clean,
            inherit_environment=False,
        )

    @property
    def lines(self) -> list[str]:
        """Whole lines only; the last may still be on its way."""
        text = self.output.read_text() if self.output.exists() else ""
        return text[: text.rfind("\n") + 1].splitlines()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def durable(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] in DURABLE]

    def amounts(self) -> list[int]:
        return [e["data"]["amount_msat"] for e in self.events if e["event"] == "payment"]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator("1.6.2", tmp_path_factory.mktemp("simulator"))
    yield simulator.start()
    simulator.stop()


@pytest.fixture
def purse(simulator):
    return simulator.create_wallet("alice", 1000)


@pytest.fixture
def bridge(new_bridge, simulator, purse) -> Bridge:
    bridge = new_bridge()
    bridge.configuration["server"]["listen"] = f"127.0.0.1:{free_port()}"
    bridge.add_wallet("main", simulator.url, purse.invoice_key)
    bridge.start()
    bridge.wait_for_state("connected", EVENT_TIMEOUT_S)
    return bridge


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    children: list[Watch] = []

    def start(*arguments: str) -> Watch:
        children.append(Watch(tmp_path, *arguments))
        return children[-1]

    yield start
    for child in children:
        child.kill()


def begun(watch: Watch) -> Watch:
    wait_until(lambda: watch.lines, EVENT_TIMEOUT_S, "the snapshot is printed")
    return watch


def pay(simulator: Simulator, purse, amount_sat: int) -> None:
    simulator.receive(purse, [purse.create_invoice(amount_sat, "for ⚡")])


def test_a_payment_is_one_line_of_json_behind_the_snapshot(bridge, simulator, purse, watch):
    child = begun(watch(bridge.url, "--json"))
    pay(simulator, purse, 21)
    wait_until(lambda: len(child.durable()) == 2, EVENT_TIMEOUT_S, "a payment and its balance")
    first, *_ = child.events
    assert first["event"] == "snapshot" and first["data"]["balances"][0]["wallet"] == "main"
    payment, balance = child.durable()
    assert (payment["event"], payment["data"]["memo"]) == ("payment", "for ⚡")
    assert balance["data"]["change_msat"] == 21_000
    assert list(payment) == ["id", "event", "data"] and payment["id"] != balance["id"]


def test_a_restart_of_the_bridge_loses_nothing_and_doubles_nothing(
    bridge, simulator, purse, watch
):
    child = begun(watch(bridge.url, "--json"))
    pay(simulator, purse, 1)
    wait_until(lambda: child.amounts() == [1000], EVENT_TIMEOUT_S, "the first payment")
    bridge.stop()
    pay(simulator, purse, 2)
    bridge.start()
    wait_until(lambda: child.amounts()[1:] == [2000], EVENT_TIMEOUT_S, "what came meanwhile")
    pay(simulator, purse, 3)
    wait_until(lambda: len(child.durable()) == 6, EVENT_TIMEOUT_S, "the third payment")
    assert child.amounts() == [1000, 2000, 3000]
    published = bridge.payments()
    opening = 1_000_000
    assert sorted(p["amount_msat"] for p in published) == [1000, 2000, 3000, opening]
    ids = [event["id"] for event in child.durable()]
    assert len(set(ids)) == len(ids)
    assert "is back" in child.log and child.log.count("trying again") == 1


def test_a_bridge_that_is_not_there_yet_is_waited_for(new_bridge, simulator, purse, watch):
    bridge = new_bridge()
    port = free_port()
    bridge.configuration["server"]["listen"] = f"127.0.0.1:{port}"
    bridge.add_wallet("main", simulator.url, purse.invoice_key)
    child = watch(f"http://127.0.0.1:{port}", "--json")
    wait_until(lambda: "trying again" in child.log, EVENT_TIMEOUT_S, "it says what is wrong")
    assert child.is_running and not child.lines
    bridge.start()
    assert begun(child).events[0]["event"] == "snapshot"


def test_people_get_quiet_lines(bridge, simulator, purse, watch):
    child = begun(watch(bridge.url))
    pay(simulator, purse, 42)
    text = "\n".join
    wait_until(lambda: "balance 1042 sat" in text(child.lines), EVENT_TIMEOUT_S, "the balance")
    assert "main  balance 1000 sat" in child.lines[0]
    assert any(line.endswith("main  +42 sat  for ⚡") for line in child.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_a_clean_end(bridge, watch, number):
    child = begun(watch(bridge.url, "--json"))
    child.send(number)
    assert child.wait(END_TIMEOUT_S) == 0


def test_the_token_comes_from_its_file_and_is_asked_for(bridge, watch, tmp_path):
    bridge.stop()
    bridge.configuration["server"]["access_token"] = "a-token-of-some-length"
    bridge.start()
    child = watch(bridge.url, "--json")
    assert child.wait(EVENT_TIMEOUT_S) == EX_NOPERM and "wants its access token" in child.log
    assert "--token-file" in child.log and "wrong" not in child.log
    file = tmp_path / "token"
    file.write_text("another-token-of-some-length\n")
    child = watch(bridge.url, "--json", "--token-file", str(file))
    assert child.wait(EVENT_TIMEOUT_S) == EX_NOPERM and "wrong" in child.log
    assert "another-token" not in child.log
    file.write_text("a-token-of-some-length\n")
    assert begun(watch(bridge.url, "--json", "--token-file", str(file))).events


def test_a_base_path_is_kept(bridge, watch):
    bridge.stop()
    bridge.configuration["server"]["base_path"] = "/wallet"
    bridge.write_configuration()
    bridge.launch()
    listen = bridge.configuration["server"]["listen"]
    child = begun(watch(f"http://{listen}/wallet/", "--json"))
    assert child.events[0]["event"] == "snapshot"


def test_a_url_may_lack_its_scheme(bridge, watch):
    bridge.stop()
    bridge.configuration["server"]["base_path"] = "/wallet"
    bridge.write_configuration()
    bridge.launch()
    listen = bridge.configuration["server"]["listen"]
    port = listen.split(":")[1]
    for url in (f"{listen}/wallet", f"localhost:{port}/wallet/"):
        assert begun(watch(url, "--json")).events[0]["event"] == "snapshot"


@pytest.mark.parametrize("url", ["nowhere", "http:", "ftp://127.0.0.1", "a@127.0.0.1:1", "a.b?c"])
def test_what_is_no_url_is_a_usage_error(watch, url):
    assert watch(url).wait(END_TIMEOUT_S) == EX_USAGE


def test_a_token_file_that_is_none_is_named(watch, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none"):
        child = watch("127.0.0.1:1", "--token-file", str(path))
        assert child.wait(END_TIMEOUT_S) == EX_CONFIG and "--token-file" in child.log
