"""Files that hold keys: what they may be, what happens when they hang, and what a crash leaves of the keys."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.bridge import Bridge
from lab.process import wait_until
from lab.simulator import Simulator

INLINE_KEY = "canary1inlinekey0123456789abcdef"
EX_CONFIG = 78

# As on a network's file system whose server is gone: it never comes back. No header declares `open`, for it is variadic.
HANG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*opener)(const char *, int, unsigned);

static int hang_or(const char *symbol, const char *path, int flags, unsigned mode) {
  if (!strcmp(path, getenv("HANGING_FILE")) && !access(getenv("HANGING_WHILE"), F_OK))
    for (;;) pause();
  return ((opener)dlsym(RTLD_NEXT, symbol))(path, flags, mode);
}

int open(const char *path, int flags, unsigned mode) { return hang_or("open", path, flags, mode); }
int open64(const char *path, int flags, unsigned mode) {
  return hang_or("open64", path, flags, mode);
}
"""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator("1.6.2", tmp_path_factory.mktemp("simulator"))
    yield simulator.start()
    simulator.stop()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    return path


@pytest.fixture
def filed(new_bridge, simulator: Simulator, key_file: Path) -> Bridge:
    """A wallet whose key is read from a file; not yet started."""
    purse = simulator.create_wallet("alice", 1000)
    key_file.write_text(purse.invoice_key)
    bridge = new_bridge()
    bridge.add_wallet("main", simulator.url, "")
    del bridge.configuration["wallet"][0]["invoice_key"]
    bridge.configuration["wallet"][0]["invoice_key_file"] = str(key_file)
    return bridge


def reconnects(bridge: Bridge, action: Callable[[], object]) -> None:
    before = bridge.source()["connection_attempts"]
    action()
    wait_until(lambda: bridge.source()["connection_attempts"] > before, 10, "another attempt")
    bridge.wait_for_state("connected", 10)


def make_a_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_a_link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


NO_FILES = [make_a_pipe, make_a_link_to_a_device, Path.mkdir]


@pytest.mark.parametrize("make", NO_FILES)
def test_what_is_no_regular_file_is_refused_at_the_start(filed: Bridge, key_file, make):
    key_file.unlink()
    make(key_file)
    filed.write_configuration()
    process = filed.launch()
    assert process.wait(10) == EX_CONFIG
    assert "invoice_key_file" in process.log and "no regular file" in process.log


@pytest.mark.parametrize("make", NO_FILES)
def test_what_is_no_regular_file_stops_no_reconnect(filed: Bridge, key_file, make):
    filed.start()
    filed.wait_for_state("connected", 10)
    key_file.unlink()
    make(key_file)
    reconnects(filed, lambda: filed.post("/api/v1/reconnect"))
    assert "no regular file" in filed.log, "it says so, and goes on with the key it has"
    filed.signal(signal.SIGHUP)
    wait_until(lambda: "stays in force" in filed.log, 10, "the reload is refused")
    assert filed.source()["state"] == "connected"


def test_a_reconnect_takes_a_replaced_key_and_the_one_after_it_keeps_it(
    filed: Bridge, simulator: Simulator, key_file
):
    other = simulator.create_wallet("bob", 7000)
    filed.start()
    filed.wait_for_balance(1_000_000, 10)
    replaced = key_file.with_suffix(".new")
    replaced.write_text("\ufeff" + other.invoice_key + "\r\n")
    replaced.chmod(0o600)
    replaced.rename(key_file)
    answer = filed.post("/api/v1/reconnect?source=main")
    assert answer.status == 202 and answer.json["name"] == "main"
    filed.wait_for_balance(7_000_000, 10)
    key_file.unlink()
    reconnects(filed, lambda: filed.post("/api/v1/reconnect"))
    assert filed.balance()["balance_msat"] == 7_000_000


def test_a_source_that_nobody_watches_takes_a_replaced_key_too(
    filed: Bridge, simulator: Simulator, key_file
):
    filed.configuration["upstream"]["pause_when_unwatched"] = True
    filed.start()
    filed.wait_for_state("disconnected", 10, reason="unwatched")
    other = simulator.create_wallet("carol", 3000)
    key_file.write_text(other.invoice_key)
    assert filed.post("/api/v1/reconnect").status == 202
    filed.events()
    filed.wait_for_balance(3_000_000, 10)


def test_a_key_file_that_hangs_holds_nothing_up(
    filed: Bridge, key_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source, library, switch = (tmp_path / name for name in ("hang.c", "hang.so", "hangs"))
    source.write_text(HANG)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60
    )
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("HANGING_FILE", str(key_file))
    monkeypatch.setenv("HANGING_WHILE", str(switch))
    filed.start()
    for name in ("LD_PRELOAD", "HANGING_FILE", "HANGING_WHILE"):
        monkeypatch.delenv(name)
    filed.wait_for_state("connected", 10)
    switch.touch()

    def ask() -> None:
        asked = time.monotonic()
        assert filed.post("/api/v1/reconnect").status == 202
        assert filed.get("/healthz").status == 200
        assert time.monotonic() - asked < 1

    reconnects(filed, ask)
    assert "going on with the key known" in filed.log
    reconnects(filed, ask)
    threads = len(list(Path(f"/proc/{filed.process.child.pid}/task").iterdir()))
    for _ in range(20):
        ask()
    # One of the runtime's own may come or go.
    assert len(list(Path(f"/proc/{filed.process.child.pid}/task").iterdir())) <= threads + 1

    filed.signal(signal.SIGHUP)
    assert filed.get("/healthz").status == 200
    assert filed.stop() == 0, "nor does a stop wait for the reload"


def test_a_configuration_with_a_key_that_others_can_read_is_warned_of(
    new_bridge, simulator: Simulator
):
    bridge = new_bridge()
    bridge.add_wallet("main", simulator.url, INLINE_KEY)
    folder = Path(f"/tmp/walletwire-config-{os.getpid()}")
    folder.mkdir(mode=0o755)
    try:
        bridge.config_file = folder / "walletwire.toml"
        bridge.configuration["storage"]["path"] = str(folder / "bridge.db")
        for mode in (0o644, 0o600):
            bridge.write_configuration()
            bridge.config_file.chmod(mode)
            if mode == 0o600:
                (folder / "bridge.db").chmod(0o664)
            bridge.start()
            bridge.stop()
            log = bridge.process.log
            assert ("holds a key and can be read by other users" in log) == (mode == 0o644)
            assert (f"run: chmod 600 {folder}/bridge.db" in log) == (mode == 0o600)
            assert INLINE_KEY not in log
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


# A crash


def test_a_crash_leaves_no_memory_behind(filed: Bridge):
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limit[1], limit[1]))
    try:
        filed.start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limit)
    status = Path(f"/proc/{filed.process.child.pid}/limits").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]
    for number in (signal.SIGSEGV, signal.SIGABRT):
        filed.signal(number)
        assert filed.process.wait(10) == -number
        assert "Registers" not in filed.process.log
        assert not list(filed.folder.glob("core*"))
        filed.start()
