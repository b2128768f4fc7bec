"""Secrets: planted wherever one can be, and looked for in everything that comes out. And who may read key files."""

import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from lab.bridge import BINARY, REPOSITORY, Bridge
from lab.hostile_lnbits import WALLET, HostileLNbits, response, send, text_frame
from lab.process import free_port, wait_until
from lab.simulator import Simulator

INLINE_KEY = "canary1inlinekey0123456789abcdef"
FILE_KEY = "canary2filekey00123456789abcdef0"
SHORT_KEY = "c7key"
TOKEN = "canary3-access-token-0123456789"
WRONG_TOKEN = "canary4-wrong-token-0123456789"
PREIMAGE = "canary5" + "5" * 57
INVOICE = "lnbc10n1canary6invoice0123456789"
KEYS = [INLINE_KEY, FILE_KEY, SHORT_KEY]
SECRETS = [*KEYS, TOKEN, WRONG_TOKEN, PREIMAGE, INVOICE]
EX_CONFIG = 78

PATHS = [
    "/", "/nothing", "/healthz", "/readyz", "/metrics", "/api/v1/balance", "/api/v1/balances",
    "/api/v1/payments", "/api/v1/payments.csv", "/api/v1/payments/canary-payment",
    "/api/v1/history", "/api/v1/status", "/api/v1/config", "/api/v1/openapi.json",
    "/api/v1/payments?limit=x", "/api/v1/balance?wallet=x",
    f"/api/v1/payments?q={INVOICE}", f"/api/v1/payments?payment_hash={PREIMAGE}",
]  # fmt: skip


def escaped(text: str) -> str:
    """As JSON may spell it (RFC 8259, section 7)."""
    return "".join(f"\\u{ord(character):04X}" for character in text)


def percent(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


def twice(text: str) -> str:
    """JSON within JSON, as extensions write it into `extra`."""
    return escaped(text).replace("\\", "\\\\")


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str, "escaped": escaped, "percent": percent, "upper case": str.upper, "twice": twice,
}  # fmt: skip


def spelled(text: str, spell: Callable[[str], str]) -> str:
    """The text with each secret of the bridge's in another spelling."""
    return re.sub("|".join([*KEYS, TOKEN]), lambda found: spell(found[0]), text)


def row(name: str, key: str, amount: int) -> dict[str, object]:
    """A payment with everything that LNbits puts into one, and the key in what people write."""
    return {
        "checking_id": name, "payment_hash": f"{name}-of-{INLINE_KEY}", "wallet_id": "w", "amount": amount, "fee": 0,
        "status": "success", "memo": f"memo {key}", "bolt11": INVOICE, "preimage": PREIMAGE,
        "payment_request": INVOICE, "extra": {"comment": key, "tag": key},
        "time": "2026-11-21T01:41:32+00:00", "expiry": "2026-11-21T01:41:32+00:00",
    }  # fmt: skip


def make_server(key: str, spell: Callable[[str], str]) -> HostileLNbits:
    """A server that writes the key into whatever it says of the wallet, and what else it has heard of."""
    server = HostileLNbits(1_000_000)
    server.rows = [row("canary-payment", f"{key} {TOKEN} {FILE_KEY}", 1_000_000)]
    server.name = f"wallet of {key}"
    server.version = f"1.6.2-{key}"
    server.spell = lambda answer: spelled(answer, spell)
    return server


@pytest.fixture(params=SPELLINGS.values(), ids=SPELLINGS.keys())
def spell(request: pytest.FixtureRequest) -> Callable[[str], str]:
    return request.param


@pytest.fixture
def servers(spell: Callable[[str], str]) -> Iterator[list[HostileLNbits]]:
    servers = [make_server(key, spell) for key in KEYS]
    yield servers
    for server in servers:
        server.close()


def refuse(server: HostileLNbits, key: str) -> None:
    """From now on the key is refused, and repeated."""
    detail = server.spell(f'{{"detail":"No wallet for {key}."}}').encode()
    server.faults[WALLET] = send(response(detail, status="401 Unauthorized"))


def configure(bridge: Bridge, servers: list[HostileLNbits]) -> None:
    """Keys and the token by each way there is."""
    bridge.log_level = "trace"
    token, key = bridge.folder / "token", bridge.folder / "key"
    for path, secret in ((token, TOKEN), (key, FILE_KEY)):
        path.write_text(secret + "\n")
        path.chmod(0o600)
    bridge.configuration["server"] |= {
        "access_token_file": str(token),
        "allow_query_token": True,
        "public_dir": str(REPOSITORY / "public"),
    }
    bridge.configuration["upstream"] |= {"reconcile_ms": 500, "reconnect_delay_ms": 1000}
    bridge.add_wallet("main", servers[0].url, INLINE_KEY)
    bridge.add_wallet("second", servers[1].url, "")
    del bridge.configuration["wallet"][1]["invoice_key"]
    bridge.configuration["wallet"][1]["invoice_key_file"] = str(key)
    bridge.add_wallet("third", servers[2].url, SHORT_KEY)


def ask_everything(bridge: Bridge) -> list[str]:
    right = {"Authorization": f"Bearer {TOKEN}"}
    said = []
    for headers in (right, {"Authorization": f"Bearer {WRONG_TOKEN}"}, {}):
        for path in PATHS:
            answer = bridge.get(path, headers=headers)
            said.append(f"{answer.headers}\n{answer.text}")
    for token in (WRONG_TOKEN, TOKEN):
        answer = bridge.post("/api/v1/session", json={"token": token})
        said.append(answer.text)
    for verb in ("reconnect", "pause", "resume"):
        said.append(bridge.post(f"/api/v1/{verb}", headers=right).text)
    return said


def what_the_system_shows(bridge: Bridge) -> list[str]:
    assert bridge.process is not None
    pid = bridge.process.child.pid
    listed = subprocess.run(["ps", "-ww", "-o", "args=,comm=", "-p", str(pid)], capture_output=True)
    titles = [(task / "comm").read_bytes() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [text.decode() for text in (listed.stdout, *titles)]


def read(text: str) -> str:
    """What a reader can make of a text: with its escapes undone, whatever the case of its letters."""
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return unquote(text).lower()


def find_secrets(texts: list[str]) -> list[str]:
    return [secret for secret in SECRETS if any(secret in read(text) for text in texts)]


def source(bridge: Bridge, name: str = "main") -> dict:
    right = {"Authorization": f"Bearer {TOKEN}"}
    sources = bridge.get("/api/v1/status", headers=right).json["sources"]
    return next(found for found in sources if found["name"] == name)


def wait_for(bridge: Bridge, **values: object) -> None:
    def arrived() -> bool:
        shown = source(bridge)
        return all(shown[key] == value for key, value in values.items())

    wait_until(arrived, 20, f"{values}")


def test_no_secret_comes_out_of_anything(new_bridge, servers: list[HostileLNbits], spell):
    bridge = new_bridge()
    configure(bridge, servers)
    bridge.start()
    wait_for(bridge, state="connected")
    stream = bridge.events(f"access_token={TOKEN}&since=earliest")
    said = ask_everything(bridge)

    server = servers[0]
    # The server repeats the key in a payment, in a frame, in a close reason and in a refusal.
    server.rows.append(row("canary-second", INLINE_KEY, 7000))
    server.balance_msat += 7000
    frame = f'{{"wallet_balance":1007,"payment":{{"memo":"{INLINE_KEY}","bolt11":"{INVOICE}"}}}}'
    server.push(text_frame(server.spell(frame).encode()))
    stream.wait_for(lambda s: s.of_kind("payment"), 20, "the payment")
    # Within the 123 bytes of a close reason.
    reason = b"\x03\xf4" + spelled(f"gone, {INLINE_KEY}", spell).encode()[:123]
    server.push(text_frame(reason, 0x88))
    wait_until(lambda: source(bridge)["last_close_code"] == 1012, 20, "closed")
    said += ask_everything(bridge)
    for server, key in zip(servers, KEYS, strict=True):
        refuse(server, key)
    wait_for(bridge, state="failed", reason="credentials")
    said += ask_everything(bridge)

    said += what_the_system_shows(bridge)
    said += [str(block.fields) for block in stream.blocks]
    said += [path.read_bytes().decode(errors="replace") for path in REPOSITORY.glob("public/**/*.js")]
    assert bridge.stop() == 0
    said.append(bridge.log)
    assert "canary-payment" in "".join(said), "what is no secret is found the same way"
    assert find_secrets(said) == []

    stored = [path.read_bytes().decode("latin-1") for path in bridge.folder.glob("bridge.db*")]
    assert "canary-payment" in "".join(stored)
    assert find_secrets(stored) == []


def test_a_check_that_fails_tells_no_secret(new_bridge, servers: list[HostileLNbits]):
    bridge = new_bridge()
    configure(bridge, servers)
    bridge.write_configuration()
    for server, key in zip(servers, KEYS, strict=True):
        refuse(server, key)
    done = subprocess.run(
        [REPOSITORY / BINARY, "check", "--config", bridge.config_file],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "No wallet for" in done.stdout + done.stderr
    assert find_secrets([done.stdout, done.stderr]) == []


@pytest.mark.parametrize("key", ["invoice_key_file", "access_token_file"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_that_others_can_read_is_refused_with_the_remedy(new_bridge, key, mode):
    bridge = new_bridge()
    # The folders of the tests are closed to others, so that a file in them is safe whatever its mode.
    folder = Path(f"/tmp/walletwire-keys-{os.getpid()}-{mode:o}-{key}")
    folder.mkdir(mode=0o755)
    path = folder / "key"
    try:
        path.write_text(FILE_KEY)
        path.chmod(mode)
        wallet = {"invoice_key_file": str(path)}
        if key == "access_token_file":
            wallet = {"invoice_key": INLINE_KEY}
            bridge.configuration["server"][key] = str(path)
        url = f"http://127.0.0.1:{free_port()}"
        bridge.configuration["wallet"].append({"name": "main", "url": url, **wallet})
        bridge.write_configuration()
        process = bridge.launch()
        assert process.wait(10) == EX_CONFIG
        (line,) = process.log.splitlines()
        assert f"chmod 600 {path}" in line
        assert key in line
        assert FILE_KEY not in line and INLINE_KEY not in line

        path.chmod(0o600)
        bridge.start()
        path.chmod(mode)
        bridge.signal(signal.SIGHUP)
        wait_until(lambda: "chmod 600" in bridge.process.log, 10, "the reload is refused")
        time.sleep(0.2)
        assert bridge.get("/healthz").status == 200, "and the bridge runs on"
        assert FILE_KEY not in bridge.log
    finally:
        path.unlink()
        folder.rmdir()


# Key files that are no files, or hang


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
