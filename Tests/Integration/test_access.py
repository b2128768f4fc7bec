"""Who is answered: a table of requests against the status that each must get, over a real socket.

The rows named after an advisory are the requests by which other local servers were broken into.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab.bridge import REPOSITORY, Bridge
from lab.process import free_port

TOKEN = "a-token-of-the-laboratory"
BEARER = f"Authorization: Bearer {TOKEN}"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"

# `127.1` is 127.0.0.1 to the resolver and a name to the bridge, and a name may be anybody's: so this
# listener counts as one beyond loopback, and yet nobody else can reach it.
BEYOND_LOOPBACK = "127.1:0"

BRIDGES = {
    "open": {
        "allowed_hosts": ["wallet.example", "Umbrel.Local."],
        "allowed_origins": ["https://till.example"],
    },
    "guarded": {"access_token": TOKEN},
    "query": {"access_token": TOKEN, "allow_query_token": True},
    "beyond": {"listen": BEYOND_LOOPBACK, "access_token": TOKEN},
    "beyond-open": {"listen": BEYOND_LOOPBACK, "access": "open"},
    "prefixed": {"base_path": "/wallet", "access_token": TOKEN},
}


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bridge]]:
    """One bridge for each way to configure access. Their wallet's server is not there."""
    running = {}
    for name, settings in BRIDGES.items():
        bridge = Bridge(tmp_path_factory.mktemp(name))
        bridge.configuration["server"] |= {"public_dir": str(REPOSITORY / "public"), **settings}
        bridge.add_wallet("main", f"http://127.0.0.1:{free_port()}", "0123456789abcdef" * 2)
        running[name] = bridge.start()
    yield running
    for bridge in running.values():
        assert bridge.stop() == 0
        assert TOKEN not in bridge.log
        assert "0123456789abcdef" not in bridge.log


@dataclass(frozen=True)
class Row:
    """One request and its status. `~` in a line stands for the bridge's own host and port."""

    bridge: str
    line: str
    lines: tuple[str, ...]
    status: int
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.bridge} {self.line} {' | '.join(self.lines)} -> {self.status}"

    def bytes(self, authority: str) -> bytes:
        version = "" if self.line.endswith("HTTP/1.0") else " HTTP/1.1"
        head = [self.line + version, *self.lines]
        if self.body:
            head.append(f"Content-Length: {len(self.body)}")
        text = "\r\n".join([*head, "Connection: close", "", ""]).replace("~", authority)
        return text.encode("latin-1") + self.body


def row(bridge: str, status: int, line: str, *lines: str, body: bytes = b"") -> Row:
    """A row with our own Host unless one of the lines is a Host."""
    if not any(text.lower().lstrip().startswith("host") for text in lines):
        lines = ("Host: ~", *lines)
    return Row(bridge, line, lines, status, body)


def bare(bridge: str, status: int, line: str, *lines: str) -> Row:
    """A row with exactly these lines."""
    return Row(bridge, line, lines, status)


GET = "GET /api/v1/status"
PAUSE = "POST /api/v1/resume"

HOSTS = [
    row("open", 200, GET),
    row("open", 200, GET, "Host: localhost"),
    row("open", 200, GET, "host:LOCALHOST:1"),
    row("open", 200, GET, "Host: 127.0.0.1  "),
    row("open", 200, GET, "Host: 127.9.9.9"),
    row("open", 200, GET, "Host: [::1]:2121"),
    row("open", 200, GET, "Host: wallet.example"),
    row("open", 200, GET, "Host: Wallet.Example:443"),
    bare("open", 400, GET),
    bare("open", 400, GET + " HTTP/1.0"),
    row("open", 400, GET, "Host:"),
    row("open", 400, GET, "Host: localhost", "Host: localhost"),
    row("open", 400, GET, "Host: localhost", "Host: evil.example"),
    row("open", 400, GET, "Host : localhost"),
    row("open", 400, GET, "Host: localhost\x00.evil.example"),
    row("open", 400, GET, "Host: evil.example\r\n localhost"),
    row("open", 400, GET, "Host: localhost:port"),
    row("open", 400, GET, "Host: user@localhost"),
    row("open", 400, GET, "Host: localhost, evil.example"),
    row("open", 421, GET, "Host: 192.0.2.1"),
    row("open", 421, GET, "Host: [2001:db8::1]"),
    row("open", 421, GET, "Host: 127.0.0.1.evil.example"),
    row("open", 421, GET, "Host: localhost.evil.example"),
    row("open", 421, GET, "Host: wallet.example.evil"),
    row("open", 200, GET, "Host: localhost."),
    row("open", 200, GET, "Host: page.LocalHost.:2121"),
    row("open", 200, GET, "Host: wallet.example."),
    row("open", 200, GET, "Host: umbrel.local"),
    row("open", 200, GET, "Host: UMBREL.local.:80"),
    row("open", 421, GET, "Host: umbrel.local.."),
    row("open", 421, GET, "Host: ."),
    # A browser takes 0.0.0.0 for this machine, and its private-network rules once did not.
    row("open", 421, GET, "Host: 0.0.0.0:2121"),
    row("open", 421, "GET http://evil.example/api/v1/status"),
    bare("open", 200, "GET http://localhost/api/v1/status", "Host: evil.example"),
    row("open", 421, "GET /", "Host: evil.example"),
    row("open", 421, "GET /healthz", "Host: evil.example"),
    row("open", 421, "GET /api/v1/events", "Host: evil.example"),
    row("open", 421, "GET /nothing", "Host: evil.example"),
    row("guarded", 421, GET, "Host: evil.example", BEARER),
    row("beyond", 421, GET, "Host: evil.example", BEARER),
    row("beyond", 200, GET, "Host: 192.0.2.1:2121", BEARER),
    row("beyond", 200, GET, "Host: [2001:db8::1]", BEARER),
    row("beyond", 200, GET, "Host: localhost", BEARER),
    row("beyond", 421, GET, "Host: 999.999.999.999", BEARER),
    row("beyond-open", 200, GET, "Host: 192.0.2.1"),
    row("beyond-open", 421, GET, "Host: evil.example"),
    row("beyond", 401, GET),
]

PROXIES = [
    row("open", 403, GET, "Forwarded: for=192.0.2.1"),
    row("open", 403, GET, "x-forwarded-for: 192.0.2.1"),
    row("open", 403, "GET /healthz", "X-Forwarded-Proto: https"),
    row("beyond-open", 403, GET, "X-Forwarded-Host: wallet.example"),
    row("open", 403, GET, "Via: 1.1 proxy"),
    row("open", 403, GET, "X-Real-IP: 192.0.2.1"),
    row("open", 403, GET, "CF-Connecting-IP: 192.0.2.1"),
    row("open", 403, "GET /", "true-client-ip: 192.0.2.1"),
    row("open", 403, GET, "Fly-Client-IP: 192.0.2.1"),
    row("guarded", 200, GET, "X-Real-IP: 192.0.2.1", BEARER),
    row("guarded", 200, GET, "X-Forwarded-For: 192.0.2.1", BEARER),
    row("guarded", 401, GET, "X-Forwarded-For: 192.0.2.1"),
]

CHANGES = [
    row("open", 202, PAUSE, JSON),
    row("open", 202, PAUSE, JSON, body=b"{}"),
    row("open", 202, PAUSE, "content-type: Application/JSON; charset=utf-8"),
    row("open", 202, PAUSE, JSON, "Origin: http://~", "Sec-Fetch-Site: same-origin"),
    row("open", 202, PAUSE, JSON, "Origin: https://till.example", "Sec-Fetch-Site: cross-site"),
    row("open", 202, PAUSE, JSON, "Sec-Fetch-Site: none"),
    row("open", 403, PAUSE, JSON, "Origin: null"),
    row("open", 403, PAUSE, JSON, "Origin:"),
    row("open", 403, PAUSE, JSON, "Origin: http://evil.example"),
    row("open", 403, PAUSE, JSON, "Origin: http://till.example"),
    row("open", 403, PAUSE, JSON, "Origin: https://till.example.evil"),
    row("open", 403, PAUSE, JSON, "Origin: http://localhost:3000"),
    row("open", 403, PAUSE, JSON, "Origin: http://~", "Origin: http://evil.example"),
    row("open", 403, PAUSE, JSON, "Origin: http://~.evil.example"),
    row("open", 403, PAUSE, JSON, "Sec-Fetch-Site: cross-site"),
    row("open", 403, PAUSE, JSON, "Sec-Fetch-Site: same-site"),
    row("open", 403, PAUSE, JSON, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"),
    row("open", 403, "DELETE /api/v1/session", "Origin: http://evil.example"),
    row("open", 202, PAUSE),
    row("open", 202, PAUSE, "Content-Length: 0"),
    row("open", 202, PAUSE, "Origin: http://~"),
    row("open", 415, PAUSE, body=b"{}"),
    row("open", 415, PAUSE, FORM),
    row("open", 403, PAUSE, "Origin: null"),
    row("open", 403, PAUSE, "Sec-Fetch-Site: cross-site"),
    row("open", 415, "DELETE /api/v1/session", "Content-Type: text/plain"),
    row("open", 415, PAUSE, "Content-Type: text/plain"),
    row("open", 415, PAUSE, "Content-Type: text/plain", body=b"{}"),
    row("open", 415, PAUSE, JSON, "Content-Type: text/plain", body=b"{}"),
    row("open", 415, PAUSE, "Content-Type: text/plain;application/json"),
    row("open", 415, PAUSE, "Content-Type: application/json-patch"),
    row("open", 415, "POST /api/v1/session", "Content-Type: multipart/form-data; boundary=a"),
    row("open", 200, GET, "Origin: http://evil.example", "Sec-Fetch-Site: cross-site"),
    row("open", 405, "GET /api/v1/resume"),
    row("open", 405, "HEAD /api/v1/resume"),
    row("open", 405, "DELETE /api/v1/status", JSON),
    row("open", 405, "TRACE /api/v1/status"),
    row("open", 405, "OPTIONS /api/v1/resume"),
    row("open", 405, "GE'T /api/v1/status"),
    row("open", 400, PAUSE, JSON, "Content-Length: 2", "Transfer-Encoding: chunked"),
    row("open", 400, PAUSE, JSON, "Content-Length: 2", "Content-Length: 3"),
    row("open", 501, PAUSE, JSON, "Transfer-Encoding: gzip, chunked"),
    row("open", 413, PAUSE, JSON, "Content-Length: 1073741824"),
]

QUERIES = [
    row("open", 400, "GET /api/v1/balance?walet=main"),
    row("open", 400, "GET /api/v1/balances?wallet=main"),
    row("open", 400, "GET /api/v1/payments?limit=1&offset=1"),
    row("open", 400, "GET /api/v1/payments?limit=1&limit=2"),
    row("open", 400, "GET /api/v1/history?goup=day"),
    row("open", 400, "GET /api/v1/status?wallet=main"),
    row("open", 400, "GET /api/v1/config?a"),
    row("open", 400, "GET /api/v1/openapi.json?a"),
    row("open", 400, "GET /api/v1/events?since=a-1&since=a-2"),
    row("open", 400, "GET /events?type=payment"),
    row("open", 400, "POST /api/v1/resume?wallet=main"),
    row("open", 400, "GET /api/v1/watches?mint=a&mint=a"),
    row("open", 404, "GET /api/v1/nothing?a=b"),
    row("open", 200, "GET /api/v1/status?_=1764000000&nocache=1"),
    row("open", 200, "GET /healthz?a=b&a=b"),
    row("open", 200, "GET /metrics?a=b"),
    row("open", 200, "GET /?display=counter&a=b"),
    row("open", 200, "HEAD /api/v1/events?wallet=main&wallet=main&types=payment&types=balance"),
    row("open", 404, "HEAD /api/v1/events?wallet=main&wallet=other"),
    row("guarded", 401, "GET /api/v1/status?a=b"),
    row("guarded", 400, "GET /api/v1/status?a=b", BEARER),
]

PREFLIGHTS = [
    row(
        "open", 204, "OPTIONS /api/v1/resume", "Origin: https://till.example",
        "Access-Control-Request-Method: POST",
    ),
    row(
        "open", 405, "OPTIONS /api/v1/resume", "Origin: http://evil.example",
        "Access-Control-Request-Method: POST",
    ),
    row(
        "open", 405, "OPTIONS /api/v1/resume", "Origin: null",
        "Access-Control-Request-Method: POST",
    ),
]  # fmt: skip

TOKENS = [
    row("guarded", 401, GET),
    row("guarded", 401, "HEAD /api/v1/status"),
    row("guarded", 401, "GET /metrics"),
    row("guarded", 401, "GET /readyz"),
    row("guarded", 401, "GET /events"),
    row("guarded", 401, "GET /api/v1/config"),
    row("guarded", 401, "GET /api/v1/openapi.json"),
    row("guarded", 401, "GET /api/v1/nothing"),
    row("guarded", 401, "GET /%61pi/v1/status"),
    row("guarded", 401, "GET /api/%CC%81"),
    row("guarded", 401, PAUSE, JSON),
    row("guarded", 401, "DELETE /api/v1/session"),
    row("guarded", 200, "GET /"),
    row("guarded", 200, "GET /healthz"),
    row("guarded", 404, "GET //api/v1/status"),
    row("guarded", 404, "GET /./api/v1/status"),
    row("guarded", 404, "GET /API/v1/status"),
    row("guarded", 200, GET, BEARER),
    row("guarded", 200, GET, f"authorization: bEARER   {TOKEN}"),
    row("guarded", 202, PAUSE, JSON, BEARER),
    row("guarded", 403, PAUSE, JSON, BEARER, "Origin: http://evil.example"),
    row("guarded", 401, GET, "Authorization: Bearer"),
    row("guarded", 401, GET, "Authorization: Bearer "),
    row("guarded", 401, GET, f"Authorization: Bearer {TOKEN}x"),
    row("guarded", 401, GET, f"Authorization: Bearer {TOKEN[:-1]}"),
    row("guarded", 401, GET, f"Authorization: Bearer {TOKEN.upper()}"),
    row("guarded", 401, GET, f"Authorization: Basic {TOKEN}"),
    row("guarded", 401, GET, f"Authorization: {TOKEN}"),
    row("guarded", 401, GET, f"Cookie: walletwire_session={TOKEN}"),
    row("guarded", 401, GET, "Cookie: walletwire_session="),
    row("guarded", 401, f"GET /api/v1/events?access_token={TOKEN}"),
    row("query", 200, f"HEAD /api/v1/events?access_token={TOKEN}"),
    row("query", 401, f"HEAD /api/v1/events?access_token={TOKEN}x"),
    row("query", 401, "HEAD /api/v1/events?access_token="),
    row("query", 401, f"GET /api/v1/status?access_token={TOKEN}"),
    row("query", 401, f"POST /api/v1/resume?access_token={TOKEN}", JSON),
    row("prefixed", 401, "GET /wallet/api/v1/status"),
    row("prefixed", 200, "GET /wallet/api/v1/status", BEARER),
    row("prefixed", 200, "GET /wallet/healthz"),
    row("prefixed", 404, "GET /walletapi/v1/status"),
]

REBOUND = "Host: rebound.evil.example:2121"
ADVISORIES = {
    # Transmission: the page's own name is made to point to 127.0.0.1, then it speaks to the RPC.
    "CVE-2018-5702": [
        row("open", 421, GET, REBOUND, "Origin: http://rebound.evil.example:2121"),
        row("open", 421, PAUSE, REBOUND, JSON, "Origin: http://rebound.evil.example:2121"),
        row("open", 421, "GET /api/v1/config", REBOUND),
    ],
    # Ollama: the same, by GET without an Origin.
    "CVE-2024-28224": [
        row("open", 421, "GET /api/v1/balances", REBOUND, "Sec-Fetch-Site: same-origin"),
        row("open", 421, "GET /api/v1/payments", REBOUND),
    ],
    # The MCP SDKs: streams of a local server without a token, read through a rebound name.
    "CVE-2025-66414": [
        row("open", 421, "GET /events", REBOUND, "Accept: text/event-stream"),
        row("open", 421, "POST /api/v1/session", REBOUND, JSON, body=b'{"token":""}'),
    ],
    # etcd 9353: a form of any page posts to a local server; no preflight asks before.
    "etcd-9353": [
        row("open", 415, PAUSE, FORM, body=b"a=b"),
        row("open", 403, PAUSE, FORM, "Origin: http://evil.example", body=b"a=b"),
        row("open", 415, PAUSE, "Content-Type: multipart/form-data; boundary=b", body=b"--b--"),
        row("open", 415, PAUSE, "Content-Type: text/plain", body=b'{"a":"=b"}'),
    ],
}

TABLE = [*HOSTS, *PROXIES, *CHANGES, *QUERIES, *PREFLIGHTS, *TOKENS, *sum(ADVISORIES.values(), [])]


def ask(bridge: Bridge, request: bytes) -> tuple[int, dict[str, str], bytes]:
    host, port = bridge.url.removeprefix("http://").split("/")[0].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(request)
        answer = b""
        while data := wire.recv(65536):
            answer += data
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    return int(first.split()[1]), headers, body


def test_the_table_is_as_long_as_it_should_be():
    assert len(set(TABLE)) == len(TABLE) >= 60


@pytest.mark.parametrize("asked", TABLE, ids=str)
def test_access(bridges: dict[str, Bridge], asked: Row):
    bridge = bridges[asked.bridge]
    authority = bridge.url.removeprefix("http://").split("/")[0]
    status, headers, body = ask(bridge, asked.bytes(authority))
    assert status == asked.status, body
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    if status >= 400 and not asked.line.startswith("HEAD"):
        assert headers["content-type"].startswith("application/problem+json")
    if status == 401:
        assert headers["www-authenticate"].startswith("Bearer")
    allowed = headers.get("access-control-allow-origin")
    assert allowed in (None, "https://till.example")
    assert (allowed is not None) == ("Origin: https://till.example" in asked.lines)
    assert "access-control-allow-credentials" not in headers
    assert b"evil.example" not in body, "a refusal does not repeat what a stranger sent"


def test_a_session_is_found_behind_any_number_of_cookies_of_its_name(bridges: dict[str, Bridge]):
    bridge = bridges["guarded"]
    opened = bridge.post("/api/v1/session", json={"token": TOKEN})
    cookie = opened.headers["set-cookie"].split(";")[0]
    name = cookie.split("=")[0]
    others = [f"{name}={n:064x}" for n in range(150)] + [f"{name}={n}" for n in range(100)]
    for cookies in ([*others, cookie], [cookie, *others], [*others[:99], cookie, *others[99:]]):
        headers = {"Cookie": "; ".join(cookies)}
        assert bridge.get("/api/v1/status", headers=headers).status == 200
    assert bridge.get("/api/v1/status", headers={"Cookie": "; ".join(others)}).status == 401


def test_a_listed_origin_may_send_what_polyfills_send(bridges: dict[str, Bridge]):
    asked = {
        "Origin": "https://till.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "cache-control,x-requested-with,last-event-id",
    }
    answer = bridges["open"].request("OPTIONS", "/api/v1/events", headers=asked)
    assert answer.status == 204
    allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert {"cache-control", "x-requested-with", "last-event-id", "authorization"} <= set(allowed)
