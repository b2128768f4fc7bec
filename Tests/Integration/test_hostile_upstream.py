"""A wallet's server that sends what no server should: the bridge says what is wrong, and stays what it was."""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.bridge import Bridge
from lab.hostile_lnbits import (
    PAYMENTS,
    SOCKET,
    WALLET,
    HostileLNbits,
    Sender,
    endless,
    response,
    send,
    send_json,
    text_frame,
)
from lab.process import wait_until

KEY = "0123456789abcdef" * 2
BALANCE_MSAT = 1_000_000
MEBIBYTE = 1024 * 1024
# A message may have this much (`max_message_bytes`), in a buffer that doubles as it grows.
GROWTH_BOUND_MEBIBYTES = 120
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def server() -> Iterator[HostileLNbits]:
    server = HostileLNbits(BALANCE_MSAT)
    yield server
    server.close()


@pytest.fixture
def bridge(new_bridge, server: HostileLNbits) -> Iterator[Bridge]:
    bridge = new_bridge()
    bridge.configuration["upstream"] |= {
        "request_timeout_ms": 3000,
        "reconcile_ms": 1000,
        # Long enough to look at what is said meanwhile.
        "reconnect_delay_ms": 2000,
        "max_reconnect_delay_ms": 2000,
    }
    bridge.add_wallet("main", server.url, KEY)
    bridge.start()
    bridge.wait_for_state("connected", 20)
    bridge.wait_for_balance(BALANCE_MSAT, 10)
    yield bridge
    assert KEY not in bridge.everything_said()
    assert bridge.stop() == 0


def memory_mebibytes(bridge: Bridge, field: str = "VmHWM") -> float:
    text = Path(f"/proc/{bridge.process.child.pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text).group(1)) / 1024


def check_calm(bridge: Bridge, server: HostileLNbits, stream, before: float) -> None:
    """No growth, no wrong number; and once the server has come to its senses all is as it was."""
    growth = memory_mebibytes(bridge) - before
    print(f"\npeak {growth:.1f} MiB above the rest, of {GROWTH_BOUND_MEBIBYTES}")
    assert growth < GROWTH_BOUND_MEBIBYTES
    assert bridge.balance()["balance_msat"] == BALANCE_MSAT
    server.faults.clear()
    assert bridge.post("/api/v1/reconnect").status == 202
    bridge.wait_for_state("connected", 20)
    wait_until(lambda: not bridge.balance()["stale"], 20, "the balance is vouched for")
    assert bridge.balance()["balance_msat"] == BALANCE_MSAT
    assert bridge.source()["books"] == "balanced"
    assert stream.durable == [], "nothing happened, so nothing was published"


@dataclass(frozen=True)
class Attack:
    """What one route sends, and a word that `last_error` must hold."""

    name: str
    path: str
    sender: Sender
    word: str


def balance(name: str, value: str) -> Attack:
    return Attack(name, WALLET, send_json('{"name":"alice","balance":%s}' % value), "balance")


def row(name: str, **fields: str) -> Attack:
    values = {
        "checking_id": '"a"', "payment_hash": '"a"', "amount": "1000", "fee": "0",
        "status": '"success"', "memo": '""', "time": '"2026-11-21T01:41:32+00:00"', **fields,
    }  # fmt: skip
    text = ",".join(f'"{key}":{value}' for key, value in values.items())
    return Attack(name, PAYMENTS, send_json('{"data":[{%s}],"total":1}' % text), "payments")


DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_OBJECT = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

ATTACKS = [
    balance("nan", "NaN"),
    balance("infinite", "-Infinity"),
    balance("exponent", "1e400"),
    balance("fraction", "1000.5"),
    balance("text", '"1000"'),
    balance("true", "true"),
    balance("null", "null"),
    balance("beyond-64-bits", "9223372036854775808"),
    balance("beyond-all-money", "9223372036854775807"),
    balance("many-digits", "1" * 100_000),
    balance("nested", DEEP.decode()),
    row("amount-nan", amount="NaN"),
    row("deep-extra", extra=DEEP.decode()),
    Attack("deep-array", WALLET, send(response(DEEP)), "balance"),
    Attack("deep-object", WALLET, send(response(DEEP_OBJECT)), "balance"),
    Attack("deep-payments", PAYMENTS, send(response(DEEP)), "payments"),
    Attack("invalid-utf8", WALLET, send(response(b'{"name":"\xff\xfe","balance":"\xc0"}')), "balance"),
    Attack("empty", WALLET, send(response(b"")), "balance"),
    Attack("spaces", WALLET, send(response(b" " * (16 * MEBIBYTE))), "balance"),
    Attack("too-long", WALLET, send(response(b" " * (16 * MEBIBYTE + 1))), "limit"),
    Attack(
        "endless-header", WALLET,
        endless(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 65536), "limit",
    ),
    Attack(
        "endless-headers", WALLET,
        endless(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 1000), "limit",
    ),
    Attack("endless-interim", WALLET, endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "limit"),
    Attack("endless-body", WALLET, endless(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"), "limit"),
    Attack("endless-until-close", WALLET, endless(b"HTTP/1.0 200 OK\r\n\r\n", b" " * 65536), "limit"),
    Attack("chunk-bomb", WALLET, send(CHUNKED + b"7fffffffffffffff\r\n" + b"a" * 100), "limit"),
    Attack("chunk-overflow", WALLET, send(CHUNKED + b"fffffffffffffffff\r\na"), "chunk"),
    Attack("chunk-extension", WALLET, endless(CHUNKED + b"1;", b"a" * 65536), "limit"),
    Attack("tiny-chunks", WALLET, endless(CHUNKED, b"1\r\n \r\n" * 10_000), ""),
    Attack("endless-trailer", WALLET, endless(CHUNKED + b"0\r\n", b"X: a\r\n" * 1000), "limit"),
    Attack("two-lengths", WALLET, send(response(b"{}", extra="Content-Length: 3\r\n")), ""),
    Attack("not-http", WALLET, send(b"SSH-2.0-OpenSSH_9.2\r\n"), "HTTP"),
    Attack("silence", WALLET, lambda wire: time.sleep(4), "answer"),
    Attack("cut", WALLET, send(response(b'{"name":"alice","balance":1}')[:-5]), ""),
]  # fmt: skip


UNREADABLE = [
    row("amount-exponent", amount="1e400"),
    row("amount-fraction", amount="0.1"),
    row("amount-text", amount='"1000"'),
    row("amount-beyond", amount="-9223372036854775808"),
    row("fee-beyond", fee="9223372036854775807"),
    row("status-unknown", status='"expired"'),
    row("hash-missing", payment_hash="null"),
]


@pytest.mark.parametrize("attack", UNREADABLE, ids=lambda attack: attack.name)
def test_a_row_that_cannot_be_read_is_counted_and_named_and_holds_up_nothing(
    bridge: Bridge, server: HostileLNbits, attack: Attack
):
    stream = bridge.events()
    before = memory_mebibytes(bridge, "VmRSS")
    server.faults[attack.path] = attack.sender
    source = wait_until(
        lambda: bridge.source()["rows_skipped"] and bridge.source(), 20, "the row is counted"
    )
    reconciled = source["last_reconcile_at"]
    wait_until(lambda: bridge.source()["last_reconcile_at"] > reconciled, 20, "another round")
    source = bridge.source()
    assert (source["state"], source["rows_skipped"]) == ("connected", 1), source
    assert "cannot be read" in source["last_error"], source["last_error"]
    assert not bridge.balance()["stale"]
    check_calm(bridge, server, stream, before)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_over_rest(bridge: Bridge, server: HostileLNbits, attack: Attack):
    stream = bridge.events()
    before = memory_mebibytes(bridge, "VmRSS")
    server.faults[attack.path] = attack.sender
    source = bridge.wait_for_state("error", 30)
    assert attack.word in source["last_error"], source["last_error"]
    assert source["reason"] is not None
    assert bridge.balance()["stale"]
    check_calm(bridge, server, stream, before)


MASKED = bytes([0x81, 0x85, 1, 2, 3, 4]) + b"hello"
FRAME_ATTACKS = {
    "endless-frame": (endless(b"\x81\x7f\x7f" + b"\xff" * 7, b"a" * 65536), True),
    "endless-message": (endless(text_frame(b"a", 0x01), text_frame(b"a" * 65536, 0x00)), True),
    "too-long": (send(text_frame(b" " * (16 * MEBIBYTE + 1))), True),
    "invalid-utf8": (send(text_frame(b'{"memo":"\xff"}')), True),
    "reserved-bit": (send(text_frame(b"a", 0xC1)), True),
    "unknown-opcode": (send(text_frame(b"a", 0x83)), True),
    "masked": (send(MASKED), True),
    "long-ping": (send(text_frame(b"a" * 126, 0x89)), True),
    "stray-continuation": (send(text_frame(b"a", 0x80)), True),
    "spaces": (send(text_frame(b" " * (16 * MEBIBYTE))), False),
    "deep": (send(text_frame(DEEP)), False),
    "nan": (send(text_frame(b'{"wallet_balance":NaN}')), False),
    "exponent": (send(text_frame(b'{"wallet_balance":1e400}')), False),
    "negative": (send(text_frame(b'{"wallet_balance":-1}')), False),
    "beyond": (send(text_frame(b'{"wallet_balance":9223372036854775807}')), False),
    "forged": (send(text_frame(
        b'{"wallet_balance":5,"payment":{"checking_id":"a","payment_hash":"a","amount":5000,'
        b'"fee":0,"status":"success"}}')), False),
    "pings": (send(text_frame(b"a", 0x89) * 200_000), False),
    "empty-fragments": (send(text_frame(b"", 0x01) + text_frame(b"", 0x00) * 200_000), False),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAME_ATTACKS)
def test_over_the_socket(bridge: Bridge, server: HostileLNbits, name: str):
    sender, is_fatal = FRAME_ATTACKS[name]
    stream = bridge.events()
    before = memory_mebibytes(bridge, "VmRSS")
    wire = server.sockets[-1]
    wire.settimeout(20)
    refused = threading.Event()

    def attack() -> None:
        try:
            sender(wire)
        except OSError:
            refused.set()

    attacker = threading.Thread(target=attack, daemon=True)
    attacker.start()
    if is_fatal:
        source = bridge.wait_for_state("reconnecting", 20)
        assert source["last_close_code"] in (1002, 1007, 1009), source
        assert source["last_close_reason"]
        assert source["last_close_reason"] in source["last_error"], "it is said why"
    else:
        attacker.join(20)
        time.sleep(2)
        assert not refused.is_set(), "the bridge closed a socket on which nothing was wrong"
        assert bridge.source()["disconnections"] == 0
        assert bridge.source()["state"] == "connected"
    check_calm(bridge, server, stream, before)


UPGRADES = {
    "endless-header": endless(b"HTTP/1.1 101 Switching Protocols\r\nX: ", b"a" * 65536),
    "endless-refusal": endless(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"a" * 65536),
    "wrong-accept": send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
    ),
    "plain-200": send(response(b"hello")),
    "garbage": send(bytes(range(256)) * 40),
    "silence": lambda wire: time.sleep(4),
}


@pytest.mark.parametrize("name", UPGRADES)
def test_over_the_upgrade(bridge: Bridge, server: HostileLNbits, name: str):
    stream = bridge.events()
    before = memory_mebibytes(bridge, "VmRSS")
    server.faults[SOCKET] = UPGRADES[name]
    bridge.post("/api/v1/reconnect")
    source = bridge.wait_for_state("error", 20)
    assert source["last_error"]
    check_calm(bridge, server, stream, before)


def hold(data: bytes) -> Sender:
    """Sends this, and neither the rest nor an end."""

    def run(wire: socket.socket) -> None:
        wire.sendall(data)
        time.sleep(5)

    return run


def reset(data: bytes) -> Sender:
    """Sends this, and ends the connection by a reset behind it."""

    def run(wire: socket.socket) -> None:
        wire.sendall(data)
        time.sleep(0.2)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return run


HEAD_403 = b"HTTP/1.1 403 Forbidden\r\n"
REFUSALS = {
    "body-until-close": send(HEAD_403 + b"\r\n<html>no</html>"),
    "no-body": send(HEAD_403 + b"\r\n"),
    "body-cut-short": send(HEAD_403 + b"Content-Length: 100\r\n\r\n<html>"),
    "body-that-never-comes": hold(HEAD_403 + b"Content-Length: 100\r\n\r\n"),
    "chunks-that-never-end": hold(HEAD_403 + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "reset-behind-it": reset(HEAD_403 + b"Connection: close\r\n\r\n"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_upgrade_is_told_as_one_and_rest_is_asked(
    bridge: Bridge, server: HostileLNbits, name: str
):
    server.faults[SOCKET] = REFUSALS[name]
    server.requests.clear()
    bridge.post("/api/v1/reconnect")
    source = bridge.wait_for_state("error", 20)
    assert (source["reason"], "403" in source["last_error"]) == ("upgrade_refused", True), source
    wait_until(lambda: WALLET in server.requests, 20, "REST is asked what is the matter")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("path", [WALLET, PAYMENTS, SOCKET])
def test_a_redirect_is_never_followed_with_a_key(
    bridge: Bridge, server: HostileLNbits, status: str, path: str
):
    stream = bridge.events()
    before = memory_mebibytes(bridge, "VmRSS")
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(2)
        location = f"Location: http://127.0.0.1:{stranger.getsockname()[1]}{path}\r\n"
        server.faults[path] = send(response(b"", status=status, extra=location))
        if path == SOCKET:
            bridge.post("/api/v1/reconnect")
        source = bridge.wait_for_state("error", 20)
        assert status.split()[0] in source["last_error"]
        with pytest.raises(TimeoutError):
            stranger.accept()
    check_calm(bridge, server, stream, before)


def test_a_negative_balance_is_told_as_it_is_once_it_stands(bridge: Bridge, server: HostileLNbits):
    stream = bridge.events()
    server.balance_msat = -5500
    event = stream.wait_for(lambda s: s.durable and s.durable[0], 30, "the correction")
    assert (event.kind, event.data["cause"]) == ("balance", "correction")
    assert (event.data["balance_msat"], event.data["balance_sat"]) == (-5500, -6)
    assert event.data["change_msat"] == -5500 - BALANCE_MSAT
    assert bridge.balance()["balance_msat"] == -5500
    assert bridge.source()["books"] == "balanced"
    assert bridge.source()["corrections_msat"] == -5500 - BALANCE_MSAT


def test_the_key_goes_to_the_wallet_s_server_in_its_header_and_nowhere_else(
    bridge: Bridge, server: HostileLNbits
):
    for head in server.heads:
        path = head.split(" ")[1]
        if path.startswith(SOCKET):
            assert path == SOCKET + KEY
            continue
        assert KEY not in path
        assert (KEY in head) == (path != "/openapi.json")


def test_what_a_server_says_begins_no_line_of_the_log_and_steers_no_terminal(
    bridge: Bridge, server: HostileLNbits
):
    detail = "No wallet\\nFORGED main: connected\\r\\u001b[2J\\u009b31m"
    body = f'{{"detail":"{detail}"}}'.encode()
    server.faults[WALLET] = send(response(body, status="401 Unauthorized"))
    wait_until(lambda: bridge.source()["state"] == "failed", 20, "the key is refused")
    wait_until(lambda: "FORGED" in bridge.log, 5, "the log says why")
    (line,) = [line for line in bridge.log.split("\n") if "FORGED" in line]
    spelled = r"No wallet\u{A}FORGED main: connected\u{D}\u{1B}[2J\u{9B}31m"
    assert line.startswith("20") and spelled in line
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", bridge.log)
