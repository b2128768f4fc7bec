"""The edges of a request: what other programs' cookies, odd lengths and other protocols meet."""

import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from lab.bridge import REPOSITORY, Bridge
from lab.process import wait_until


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """Without a wallet: it has nothing to do but to answer."""
    bridge = Bridge(tmp_path_factory.mktemp("headers"))
    bridge.configuration["server"]["public_dir"] = str(REPOSITORY / "public")
    yield bridge.start()
    assert bridge.stop() == 0


@pytest.mark.parametrize(
    "cookies",
    [
        "a=" + "x" * 15_500,
        "; ".join(f"program{n}={'0123456789abcdef' * 8}" for n in range(110)),
        "; ".join(f"c{n}={n}" for n in range(1300)),
    ],
    ids=["one", "of programs", "many small"],
)
def test_cookies_of_other_programs_are_carried(bridge: Bridge, cookies: str):
    assert len(cookies) > 13_000
    headers = {"Cookie": cookies}
    for path in ("/", "/healthz", "/api/v1/payments", "/api/v1/status"):
        assert bridge.get(path, headers=headers).status == 200
    stream = bridge.events("", headers)
    assert stream.status == 200
    stream.wait_for(lambda it: it.of_kind("snapshot"), 5, "it is subscribed")
    stream.close()


@pytest.mark.parametrize("size", [20_000, 32_768, 100_000])
def test_a_larger_header_is_431_and_says_so(bridge: Bridge, size: int):
    answer = bridge.get("/api/v1/status", headers={"Cookie": "a=" + "x" * size})
    assert answer.status == 431
    assert answer.headers["content-type"] == "application/problem+json"
    assert "cookies" in answer.json["detail"]


@pytest.mark.parametrize("length", ["x", "-1", "+2", "2x", "2, 2", "0x2", ""])
def test_a_length_that_is_none_is_400_and_says_so(bridge: Bridge, length: str):
    address = bridge.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as wire:
        head = f"POST /api/v1/resume HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        wire.sendall(head.encode() + b"{}")
        answer = b""
        while data := wire.recv(65536):
            answer += data
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400 ")
    head, body = answer.split(b"\r\n\r\n")
    assert b"application/problem+json" in head and b"Content-Length" in body


def test_a_tls_client_is_turned_away_at_once_with_a_line_in_the_log(bridge: Bridge):
    address = bridge.url.removeprefix("http://").split(":")
    context = ssl.create_default_context()
    started = time.monotonic()
    for _ in range(5):
        with socket.create_connection((address[0], int(address[1])), timeout=10) as wire:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(wire, server_hostname="localhost")
    assert time.monotonic() - started < 5
    wait_until(lambda: "TLS spoken to the plain HTTP port" in bridge.log, 5, "it is told")
    assert bridge.log.count("TLS spoken to the plain HTTP port") == 1
    assert bridge.get("/healthz").status == 200
