"""`walletwire check`: each broken set-up is called by its name, and a whole one passes."""

import base64
import contextlib
import hashlib
import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.bridge import BINARY, REPOSITORY, toml
from lab.process import free_port, wait_until
from lab.responder import answer, blurter, server
from lab.simulator import Simulator

KEY = "0123456789abcdef" * 2
STEPS = ["configuration", "name", "tcp", "server", "credentials", "websocket", "heartbeat"]
PONG_TIMEOUT_MS = 300
EX_USAGE, EX_CONFIG = 64, 78


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator("1.4.1", tmp_path_factory.mktemp("simulator"))
    yield simulator.start()
    simulator.stop()


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command on one wallet; whatever comes of it, the key is in no output."""

    def run(
        url: str, *arguments: str, key: str = KEY, kind: str = "wallet", **settings: Any
    ) -> subprocess.CompletedProcess[str]:
        source = {"name": "main", "url": url, "heartbeat_timeout_ms": PONG_TIMEOUT_MS, **settings}
        if kind == "wallet":
            source["invoice_key"] = key
        file = tmp_path / "walletwire.toml"
        file.write_text(toml({kind: [source]}))
        done = subprocess.run(
            [str(REPOSITORY / BINARY), "check", "--config", str(file), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            env={k: v for k, v in os.environ.items() if not k.startswith("WALLETWIRE_")},
        )
        assert key not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def failure(check) -> Callable[..., dict[str, Any]]:
    """The failed step of one wallet, which must be the last one and the only one to fail."""

    def run(url: str, **settings: Any) -> dict[str, Any]:
        done = check(url, "--json", **settings)
        assert done.returncode == 1, done.stderr
        (source,) = json.loads(done.stdout)["sources"]
        *before, last = source["steps"]
        assert not [step for step in before if step["outcome"] == "failed"]
        assert last["outcome"] == "failed" and last["remedy"] and last["took_ms"] >= 0
        return last

    return run


def rest(head: str) -> bytes:
    """An LNbits as far as REST goes."""
    if head.startswith("GET /openapi.json"):
        return answer("200 OK", '{"info":{"version":"1.6.2"}}')
    return answer("200 OK", '{"name":"alice","balance":1000}')


def upgrade(head: str) -> bytes:
    lines = (line.split(":", 1) for line in head.splitlines() if ":" in line)
    fields = {name.lower(): value.strip() for name, value in lines}
    told = fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(told.encode()).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


@contextlib.contextmanager
def tls_server(folder: Path, host: str) -> Iterator[tuple[str, Path]]:
    """`openssl s_server` with a certificate of its own authority for one host."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=a test", "-addext", f"subjectAltName={host}"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    port = free_port()
    child = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-quiet"]
        + ["-key", str(key), "-cert", str(certificate)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(
            lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True, 10, "TLS"
        )
        yield f"https://127.0.0.1:{port}", certificate
    finally:
        child.kill()
        child.wait()


# The set-ups


def test_an_unknown_host_is_a_matter_of_names(failure):
    step = failure("http://no-such-host.invalid")
    assert step["step"] == "name"
    assert "no-such-host.invalid" in step["message"] and "DNS" in step["remedy"]


def test_a_closed_port_is_a_matter_of_the_server(failure):
    port = free_port()
    step = failure(f"http://127.0.0.1:{port}")
    assert step["step"] == "tcp" and f"127.0.0.1:{port} refused" in step["message"]


def test_an_unknown_authority_asks_for_ca_file(failure, tmp_path):
    with tls_server(tmp_path, "IP:127.0.0.1") as (url, _):
        step = failure(url)
    assert step["step"] == "tls" and "ca_file" in step["remedy"]


def test_a_certificate_for_another_host_is_told_with_its_names(failure, tmp_path):
    with tls_server(tmp_path, "DNS:wallet.example") as (url, certificate):
        step = failure(url, ca_file=str(certificate))
    assert step["step"] == "tls"
    assert "another host" in step["message"] and "wallet.example" in step["message"]


def test_a_web_server_is_not_taken_for_an_lnbits(failure):
    page = answer("404 Not Found", "<h1>Not Found</h1>", "text/html")
    with server(lambda head, _: page) as url:
        step = failure(url)
    assert step["step"] == "server"
    assert "404 of text/html" in step["message"] and "check the URL" in step["remedy"]


def test_a_wrong_key_is_refused_in_the_servers_own_words(failure, simulator):
    step = failure(simulator.url)
    assert step["step"] == "credentials"
    assert "Wallet not found." in step["message"] and "invoice_key_file" in step["remedy"]


def test_a_proxy_that_drops_the_upgrade_is_found_out(failure):
    def respond(head: str, _: socket.socket) -> bytes:
        is_socket = head.startswith("GET /api/v1/ws/")
        return answer("405 Method Not Allowed", "{}") if is_socket else rest(head)

    with server(respond) as url:
        step = failure(url)
    assert step["step"] == "websocket"
    assert "405" in step["message"] and "proxy" in step["message"]
    assert "Upgrade" in step["remedy"]


def test_a_socket_that_answers_no_ping_is_dead(failure):
    def respond(head: str, _: socket.socket) -> bytes:
        return upgrade(head) if head.startswith("GET /api/v1/ws/") else rest(head)

    with server(respond) as url:
        step = failure(url)
    assert step["step"] == "heartbeat" and "no pong" in step["message"]
    assert step["took_ms"] >= PONG_TIMEOUT_MS


def test_a_plain_url_to_a_port_for_tls_is_told_to_try_https(failure, tmp_path):
    with tls_server(tmp_path, "IP:127.0.0.1") as (url, _):
        step = failure(url.replace("https://", "http://"))
    assert step["step"] == "server" and "without an answer" in step["message"]
    assert "try https://" in step["remedy"]


def test_an_alert_of_tls_is_understood(failure):
    with blurter(bytes([21, 3, 3, 0, 2, 2, 70])) as address:
        step = failure(f"http://{address}")
    assert step["step"] == "server" and "speaks TLS" in step["message"]
    assert "try https://" in step["remedy"]


@pytest.mark.parametrize(
    "words",
    [
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        "Client sent an HTTP request to an HTTPS server.\n",
        "You're speaking plain HTTP to an SSL-enabled server port.",
    ],
)
def test_servers_that_say_in_words_that_they_want_tls_are_understood(failure, words):
    with server(lambda head, _: answer("400 Bad Request", words, "text/html")) as url:
        step = failure(url)
    assert "speaks TLS" in step["message"] and "https://" in step["remedy"]


def test_an_https_url_to_a_plain_port_is_told_to_try_http(failure, simulator):
    with blurter(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        step = failure(f"https://{address}")
    assert step["step"] == "tls" and "does not speak TLS" in step["message"]
    assert "try http://" in step["remedy"]
    # One that waits for the rest of the line.
    step = failure(simulator.url.replace("http://", "https://"), request_timeout_ms=300)
    assert step["step"] == "tls" and "try http://" in step["message"]


@pytest.mark.parametrize(
    ("status", "fields", "name"),
    [
        ("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"\r\n', "password"),
        ("401 Unauthorized", 'WWW-Authenticate: Digest realm="x"\r\n', "password"),
        ("403 Forbidden", "Server: cloudflare\r\ncf-mitigated: challenge\r\n", "Cloudflare"),
        ("503 Service Unavailable", "cf-mitigated: challenge\r\n", "Cloudflare"),
        ("403 Forbidden", "Server: nginx\r\n", "before the server"),
    ],
)
@pytest.mark.parametrize("kind", ["wallet", "mint"])
def test_what_stands_before_the_server_is_named(failure, status, fields, name, kind):
    page = f"HTTP/1.1 {status}\r\n{fields}Content-Type: text/html\r\nContent-Length: 3\r\n\r\nno\n"
    with server(lambda head, _: page.encode()) as url:
        step = failure(url, kind=kind)
    assert step["step"] == "server" and name in step["message"]
    assert "go" in step["remedy"] and "around" in step["remedy"]


@pytest.mark.parametrize(
    ("status", "fields", "name"),
    [
        ("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"\r\n', "password"),
        ("403 Forbidden", "Server: cloudflare\r\n", "Cloudflare"),
        ("400 Bad Request", "", "speaks TLS"),
    ],
)
def test_the_running_bridge_names_it_too(new_bridge, status, fields, name):
    body = "sent to HTTPS port"
    head = f"HTTP/1.1 {status}\r\n{fields}Content-Type: text/html\r\nConnection: close\r\n"
    page = f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    with server(lambda head, _: page) as url:
        bridge = new_bridge()
        bridge.add_wallet("main", url, KEY)
        bridge.add_wallet("polled", url, KEY[::-1], websocket=False)
        bridge.add_mint("mint", url)
        bridge.start()
        for source in ("main", "polled", "mint"):
            wait_until(
                lambda source=source: name in (bridge.source(source)["last_error"] or ""),
                10,
                f"{source} names it",
            )


def test_what_stands_before_the_socket_alone_is_named(failure):
    def respond(head: str, _: socket.socket) -> bytes:
        if not head.startswith("GET /api/v1/ws/"):
            return rest(head)
        fields = 'WWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
        return f"HTTP/1.1 401 Unauthorized\r\n{fields}".encode()

    with server(respond) as url:
        step = failure(url)
    assert step["step"] == "websocket" and "password" in step["message"]


@pytest.mark.parametrize("host", ["abc.onion", "sub.ABC.onion", "abc.onion."])
def test_an_onion_service_asks_for_a_proxy(failure, host):
    step = failure(f"http://{host}")
    assert step["step"] == "name" and "Tor" in step["message"]
    assert "proxy" in step["remedy"] and "socks5h://" in step["remedy"]


def test_a_name_of_mdns_asks_for_mdns(failure):
    step = failure("http://no-such-walletwire.local")
    assert step["step"] == "name" and "libnss-mdns" in step["remedy"]


# All well


def test_a_whole_set_up_passes_every_step(check, simulator):
    purse = simulator.create_wallet("alice", 1000)
    done = check(simulator.url, "--json", key=purse.invoice_key)
    assert done.returncode == 0, done.stdout
    (source,) = json.loads(done.stdout)["sources"]
    assert [step["step"] for step in source["steps"]] == STEPS
    assert {step["outcome"] for step in source["steps"]} == {"passed"}
    release = source["steps"][STEPS.index("server")]["message"]
    assert "LNbits 1.4.1" in release and "balance before an outgoing payment" in release


def test_the_lines_are_plain_where_no_terminal_is(check, simulator):
    purse = simulator.create_wallet("bob", 1000)
    done = check(simulator.url, key=purse.invoice_key)
    assert done.returncode == 0
    assert done.stdout.count("  ok  ") == len(STEPS) and "\x1b" not in done.stdout


def test_a_polled_wallet_needs_no_socket(check, simulator):
    purse = simulator.create_wallet("carol", 1000)
    done = check(simulator.url, key=purse.invoice_key, websocket=False)
    assert done.returncode == 0 and "skip  websocket" in done.stdout


def test_a_mint_is_asked_for_its_subscriptions(check):
    def respond(head: str, _: socket.socket) -> bytes:
        if head.startswith("GET /v1/ws"):
            return upgrade(head)
        return answer("200 OK", '{"version":"Nutshell/0.16.0","nuts":{"17":{"supported":[]}}}')

    with server(respond) as url:
        done = check(url, kind="mint")
    assert done.returncode == 1, done.stdout
    assert "Nutshell/0.16.0" in done.stdout and "FAIL  heartbeat" in done.stdout


def test_a_real_mint_passes_every_step(check, mint):
    done = check(mint.url, kind="mint")
    assert done.returncode == 0, done.stdout
    assert f"Nutshell/{mint.version}" in done.stdout and "FAIL" not in done.stdout


# Usage


def test_a_name_that_nobody_has_is_a_usage_error(check):
    done = check("http://127.0.0.1:1", "savings")
    assert done.returncode == EX_USAGE and "main" in done.stderr


def test_a_mistake_in_the_configuration_comes_first(check):
    done = check("http://127.0.0.1:1", nonsense=1)
    assert done.returncode == EX_CONFIG and "nonsense" in done.stderr


@pytest.mark.parametrize("kind", ["wallet", "mint"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_a_missing_ca_file_is_a_mistake_in_the_configuration(check, kind, url):
    done = check(url, kind=kind, ca_file="/nonexistent.pem")
    assert done.returncode == EX_CONFIG
    assert "ca_file" in done.stderr and "/nonexistent.pem" in done.stderr


@pytest.mark.parametrize("path", ["/api/v1/ws/{}", "/wallet?usr={}&wal=1", "/x/{}"])
def test_a_url_with_a_key_in_it_is_refused_with_the_one_that_was_meant(check, path):
    done = check("http://127.0.0.1:1" + path.format(KEY), key="another-key")
    assert done.returncode == EX_CONFIG and KEY not in done.stderr
    assert "probably meant: http://127.0.0.1:1" in done.stderr
