"""Secrets: planted wherever one can be, and looked for in everything that comes out. And who may read key files."""

import os
import re
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
