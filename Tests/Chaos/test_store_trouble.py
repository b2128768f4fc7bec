"""A store that breaks while the bridge runs: what is said, what is still served, what comes of it.

In all of it one rule: nobody hears of an event that is not on disk. So whatever was told before
is told again, under the same ids, to one that asks for everything once the trouble is over.
"""

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.bridge import Bridge
from lab.process import wait_until
from lab.simulator import Simulator
from lab.stream import EventStream

RECONCILE_MS = 500
NOTICED_S = 10
EX_IOERR = 74
SMALL_DISK_KIB = 2048


class Scene:
    """A simulated LNbits, a bridge with its store in a folder of its own, and one subscriber."""

    def __init__(self, folder: Path, store_folder: Path):
        (folder / "simulator").mkdir()
        self.simulator = Simulator("1.6.2", folder / "simulator").start()
        self.wallet = self.simulator.create_wallet("main", 1000)
        self.store = store_folder / "bridge.db"
        self.bridge = Bridge(folder / "bridge")
        self.bridge.configuration["storage"]["path"] = str(self.store)
        self.bridge.add_wallet(
            "main", self.simulator.url, self.wallet.invoice_key, reconcile_ms=RECONCILE_MS
        )
        self.start()
        self.stream = self.bridge.events("since=earliest")
        self.receive(3)
        self.wait_for_payments(3)
        # A balance may follow its payments in a commit of its own.
        self.bridge.wait_for_balance(self.wallet.balance_msat, NOTICED_S)

    def start(self) -> None:
        self.bridge.start()
        self.bridge.wait_for_state("connected", 20)

    def close(self) -> None:
        for stream in self.bridge.streams:
            stream.close()
        self.bridge.kill()
        self.simulator.stop()

    def receive(self, count: int = 1) -> None:
        for _ in range(count):
            self.simulator.change_balance(self.wallet, 1)

    @property
    def payments(self) -> list[str]:
        return [event.data["payment_id"] for event in self.stream.of_kind("payment")]

    def wait_for_payments(self, count: int) -> None:
        self.stream.wait_for(lambda _: len(self.payments) >= count, NOTICED_S, f"{count} payments")
        assert Counter(self.payments).most_common(1)[0][1] == 1, "an event came twice"

    @property
    def trouble(self) -> str | None:
        return self.bridge.get("/api/v1/status").json.get("storage_error")

    def wait_for_trouble(self, *words: str) -> None:
        """It is said in the status, by /readyz and in the log, with the file's name."""
        said = wait_until(lambda: self.trouble, NOTICED_S, "storage_error in /api/v1/status")
        assert any(word in said for word in words), said
        assert str(self.store) in said, said
        ready = self.bridge.get("/readyz")
        assert (ready.status, ready.json["detail"]) == (503, said)
        assert said in self.bridge.log

    def check_still_served(self, balance_msat: int, payments: int) -> None:
        """What was known is still there, and marked as what it is: no longer vouched for."""
        assert self.bridge.get("/healthz").status == 200
        shown = self.bridge.get("/api/v1/balance").json
        assert shown["balance_msat"] == balance_msat, shown
        assert len(self.payments) == payments, "told what was not written"
        newcomer = self.bridge.events()
        newcomer.wait_for(lambda s: s.of_kind("snapshot"), NOTICED_S, "a snapshot")

    def wait_for_recovery(self, payments: int) -> None:
        """Each event once, the balance the wallet's own, nothing to complain of."""
        self.bridge.wait_for_balance(self.wallet.balance_msat, NOTICED_S)
        self.wait_for_payments(payments)
        wait_until(lambda: self.trouble is None, NOTICED_S, "no storage_error")
        wait_until(lambda: self.bridge.get("/readyz").status == 200, NOTICED_S, "ready")
        assert len(self.payments) == payments
        assert self.bridge.source()["books"] == "balanced"

    def check_told_is_written(self) -> None:
        """A newcomer hears the same story from the disk, byte for byte."""
        again = self.bridge.events("since=earliest")
        again.wait_for(lambda s: s.of_kind("snapshot"), NOTICED_S, "a snapshot")
        assert story(again)[: len(story(self.stream))] == story(self.stream)


def story(stream: EventStream) -> list[tuple[str | None, object]]:
    return [(event.id, event.data) for event in stream.durable]


@pytest.fixture
def new_scene(tmp_path: Path) -> Iterator[Callable[[Path], Scene]]:
    scenes: list[Scene] = []

    def make(store_folder: Path) -> Scene:
        store_folder.mkdir(exist_ok=True)
        scenes.append(Scene(tmp_path, store_folder))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()


@pytest.fixture
def scene(new_scene: Callable[[Path], Scene], tmp_path: Path) -> Scene:
    return new_scene(tmp_path / "store")


def cannot(reason: str) -> None:
    """Nothing is skipped unseen: where the tests must be whole, this is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"SKIPPED, which CI does not allow: {reason}")
    pytest.skip(reason)


def run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small-disk"
    folder.mkdir()
    size = f"size={SMALL_DISK_KIB}k"
    if not run("mount", "-t", "tmpfs", "-o", size, "walletwire-test", str(folder)):
        cannot("a small disk cannot be mounted: not root")
    yield folder
    run("umount", "-l", str(folder))


@contextmanager
def immutable(paths: list[Path]) -> Iterator[None]:
    """Nobody may write these, root neither."""
    if not all(run("chattr", "+i", str(path)) for path in paths):
        run("chattr", "-i", *map(str, paths))
        cannot("files cannot be made immutable: not root, or another file system")
    try:
        yield
    finally:
        run("chattr", "-i", *map(str, paths))


def fill(folder: Path) -> Path:
    """A file that takes what space is left, to the last byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


# Full


def test_a_disk_that_is_filling_up_is_said_before_it_is_full(new_scene, small_disk: Path):
    scene = new_scene(small_disk)
    warning = scene.bridge.get("/api/v1/status").json["storage_warning"]
    assert "MiB left" in warning and "[storage] path" in warning
    ready = scene.bridge.get("/readyz")
    assert (ready.status, ready.json["storage_warning"]) == (200, warning), "it still works"
    metrics = scene.bridge.get("/metrics").body.decode()
    assert "\nwalletwire_storage_warning 1\n" in metrics
    free = int(metrics.split("\nwalletwire_storage_free_bytes ")[1].split("\n")[0])
    assert 0 < free <= SMALL_DISK_KIB * 1024
    assert scene.bridge.log.count(warning) == 1
    assert scene.trouble is None


def test_a_full_disk_is_said_and_nothing_unwritten_is_told(new_scene, small_disk: Path):
    scene = new_scene(small_disk)
    known = scene.wallet.balance_msat
    filler = fill(small_disk)
    told = 3
    # The log's file may have room for a few more.
    while scene.trouble is None and told < 400:
        scene.receive()
        told += 1
        wait_until(
            lambda wanted=told: scene.trouble or len(scene.payments) >= wanted, NOTICED_S, "news"
        )
    scene.receive(5)
    scene.wait_for_trouble("no space left", "the disk answered")
    told_while_full = len(scene.payments)
    known = scene.bridge.get("/api/v1/balance").json["balance_msat"]
    scene.check_still_served(known, told_while_full)
    assert known < scene.wallet.balance_msat, "a balance was served that is not written down"
    filler.unlink()
    scene.wait_for_recovery(told + 5)
    scene.check_told_is_written()


def test_a_full_disk_and_a_kill_lose_nothing(new_scene, small_disk: Path):
    scene = new_scene(small_disk)
    filler = fill(small_disk)
    told = 3
    while scene.trouble is None and told < 400:
        scene.receive()
        told += 1
        wait_until(
            lambda wanted=told: scene.trouble or len(scene.payments) >= wanted, NOTICED_S, "news"
        )
    before = story(scene.stream)
    scene.bridge.kill()
    filler.unlink()
    scene.start()
    scene.stream = scene.bridge.events("since=earliest")
    scene.wait_for_recovery(told)
    assert story(scene.stream)[: len(before)] == before


# Not to be written


def test_files_that_may_not_be_written_are_said_and_recover(scene: Scene):
    known = scene.wallet.balance_msat
    # Not the -shm: it is mapped, and a mapped page that may not be written is a SIGBUS.
    with immutable([scene.store, Path(f"{scene.store}-wal")]):
        scene.receive(2)
        scene.wait_for_trouble("cannot be written", "the disk answered")
        scene.check_still_served(known, 3)
    scene.wait_for_recovery(5)
    scene.check_told_is_written()


def test_a_folder_made_read_only_does_not_harm_a_store_that_is_open(scene: Scene):
    with immutable([scene.store.parent]):
        scene.receive(2)
        scene.wait_for_recovery(5)
        scene.bridge.kill()
        scene.start()
    scene.receive()
    scene.stream = scene.bridge.events("since=earliest")
    scene.wait_for_recovery(6)
    scene.check_told_is_written()


# Deleted


@pytest.mark.parametrize("whole", [True, False], ids=["with its log", "only the file"])
def test_a_deleted_store_is_said_and_a_new_one_begins_at_the_next_start(scene: Scene, whole: bool):
    known, last_id = scene.wallet.balance_msat, scene.stream.last_id
    for path in scene.store.parent.glob("bridge.db*") if whole else [scene.store]:
        path.unlink()
    scene.receive(2)
    scene.wait_for_trouble("deleted, moved or replaced")
    scene.check_still_served(known, 3)

    scene.bridge.kill()
    scene.start()
    assert scene.trouble is None
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, NOTICED_S)
    back = scene.bridge.events(headers={"Last-Event-ID": str(last_id)})
    back.wait_for(lambda s: s.of_kind("snapshot"), NOTICED_S, "a snapshot")
    assert [event.data["reason"] for event in back.of_kind("gap")] == ["epoch"]
    scene.stream = back
    scene.receive()
    scene.wait_for_payments(1)


def test_a_store_that_is_put_back_goes_on(scene: Scene, tmp_path: Path):
    known = scene.wallet.balance_msat
    away = tmp_path / "away"
    shutil.move(scene.store.parent, away)
    scene.receive(2)
    scene.wait_for_trouble("deleted, moved or replaced")
    scene.check_still_served(known, 3)
    shutil.move(away, scene.store.parent)
    scene.wait_for_recovery(5)
    scene.check_told_is_written()


# Truncated


def restart_or_refuse(scene: Scene) -> bool:
    """Starts again after a `kill -9`; or it ends with 74 and a line that names the file."""
    scene.bridge.kill()
    process = scene.bridge.launch()
    wait_until(
        lambda: not process.is_running or "serves on" in process.log, 20, "it serves or it ends"
    )
    if process.is_running:
        return True
    assert process.wait(5) == EX_IOERR, process.log
    assert str(scene.store) in process.log
    return False


@pytest.mark.parametrize("share", [0, 0.5], ids=["to nothing", "to half"])
@pytest.mark.parametrize("suffix", ["", "-wal"], ids=["file", "log"])
def test_a_truncated_store_ends_nothing_and_tells_nothing_false(
    scene: Scene, suffix: str, share: float
):
    path = Path(f"{scene.store}{suffix}")
    os.truncate(path, int(path.stat().st_size * share) // 512 * 512)
    scene.receive(5)
    wait_until(
        lambda: scene.trouble or len(scene.payments) == 8, NOTICED_S, "it goes on, or it says why"
    )
    assert scene.bridge.process is not None and scene.bridge.process.is_running
    scene.check_still_served(
        scene.bridge.get("/api/v1/balance").json["balance_msat"], len(scene.payments)
    )
    assert len(set(scene.payments)) == len(scene.payments)
    last_id = scene.stream.last_id
    if not restart_or_refuse(scene):
        return
    scene.bridge.url = scene.bridge._announced_url() or ""
    scene.bridge.wait_for_state("connected", 20)
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, NOTICED_S)
    before = scene.payments
    scene.stream = scene.bridge.events("since=earliest")
    scene.stream.wait_for(lambda s: s.of_kind("snapshot"), NOTICED_S, "a snapshot")
    back = scene.bridge.events(headers={"Last-Event-ID": str(last_id)})
    back.wait_for(lambda s: s.of_kind("snapshot"), NOTICED_S, "a snapshot")
    lost = set(before) - set(scene.payments)
    assert not lost or back.of_kind("gap"), f"lost {len(lost)} events and said nothing"


def test_a_truncated_index_of_the_log_costs_at_most_a_restart(scene: Scene):
    """SQLite maps the -shm file: a page that is gone is SIGBUS to whoever touches it. That end is
    as good as a `kill -9`: nothing is lost, nothing told twice."""
    os.truncate(f"{scene.store}-shm", 0)
    scene.receive(2)
    wait_until(lambda: len(scene.payments) == 5 or died(scene), NOTICED_S, "it goes on or it ends")
    before = story(scene.stream)
    scene.bridge.kill()
    scene.start()
    scene.stream = scene.bridge.events("since=earliest")
    scene.wait_for_recovery(5)
    assert story(scene.stream)[: len(before)] == before


def died(scene: Scene) -> bool:
    assert scene.bridge.process is not None
    return scene.bridge.process.child.poll() == -signal.SIGBUS
