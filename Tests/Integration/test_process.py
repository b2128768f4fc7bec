"""The process: how it starts, what it reads again, and how it leaves."""

import os
import resource
import selectors
import signal
import socket
import subprocess
import time

import pytest

from lab.bridge import BINARY, REPOSITORY
from lab.process import free_port, wait_until
from lab.scenario import CONNECT_TIMEOUT_S, balance, received

STREAMS = 5000
STOP_BOUND_S = 5
# Of the kernel's tcp_states.h: the peer has sent all, and ended in order.
TCP_CLOSE_WAIT = 8

EX_OK, EX_USAGE, EX_UNAVAILABLE, EX_IOERR, EX_CONFIG = 0, 64, 69, 74, 78


# Exit codes


def run(bridge, *arguments: str) -> tuple[int, str]:
    """Starts a bridge that is expected to refuse; its exit status and its words."""
    process = bridge.launch(*arguments)
    try:
        return process.wait(10), process.log
    except subprocess.TimeoutExpired:
        process.kill()
        return -1, process.log


@pytest.fixture
def bridge(new_bridge):
    """Configured for a server that is not there; not started."""
    bridge = new_bridge()
    bridge.add_wallet("main", f"http://127.0.0.1:{free_port()}", "0123456789abcdef" * 2)
    return bridge


def test_an_unknown_option_is_a_usage_error(bridge):
    bridge.write_configuration()
    assert run(bridge, "--nonsense")[0] == EX_USAGE


def test_a_port_that_is_taken_is_unavailable(bridge):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bridge.configuration["server"]["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        bridge.write_configuration()
        assert run(bridge)[0] == EX_UNAVAILABLE


def test_a_store_that_cannot_be_opened_is_an_input_output_error(bridge):
    bridge.configuration["storage"]["path"] = "/dev/null/bridge.db"
    bridge.write_configuration()
    assert run(bridge)[0] == EX_IOERR


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("server", "lisen", "127.0.0.1:0"),
        ("server", "listen", "nowhere"),
        ("server", "heartbeat_ms", "often"),
        ("server", "max_subscribers", -1),
        ("upstream", "reconcile_ms", 0),
        ("upstream", "websocket", "yes"),
        ("storage", "keep_events", "all"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(bridge, section, key, value):
    bridge.configuration[section][key] = value
    bridge.write_configuration()
    status, words = run(bridge)
    assert status == EX_CONFIG
    complaint = [line for line in words.splitlines() if key in line]
    assert len(complaint) == 1, words
    assert "walletwire.toml" in complaint[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "Main Wallet!"),
        ("url", "ftp://example.com"),
        ("trust", "blind"),
        ("invoice_keys", "SECRET-THAT-IS-NOT-ECHOED"),
        ("outgoing_balance", "sometimes"),
    ],
)
def test_a_mistake_in_a_wallet_is_named_without_its_secret(bridge, key, value):
    bridge.configuration["wallet"][0][key] = value
    bridge.write_configuration()
    status, words = run(bridge)
    assert status == EX_CONFIG
    assert key in words
    assert "0123456789abcdef" not in words
    assert "SECRET-THAT-IS-NOT-ECHOED" not in words


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("WALLETWIRE_SERVER_ACCES_TOKEN", "WALLETWIRE_SERVER_ACCESS_TOKEN"),
        ("WALLETWIRE_TOKEN", "WALLETWIRE_ACCESS_TOKEN"),
        ("walletwire_server_listen", "WALLETWIRE_SERVER_LISTEN"),
        ("WALLETWIRE_LNBITS_URL", ""),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_variable_that_counts_for_nothing_is_named(bridge, variable, nearest, command):
    bridge.write_configuration()
    done = subprocess.run(
        [REPOSITORY / BINARY, command, "--config", bridge.config_file],
        env={"PATH": os.environ["PATH"], variable: "SECRET-THAT-IS-NOT-ECHOED"},
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.returncode == EX_CONFIG
    (line,) = done.stderr.splitlines()
    assert f"${variable}: " in line and nearest in line and "SECRET" not in line


def test_two_wallets_of_one_name_are_a_mistake(bridge):
    bridge.configuration["wallet"] *= 2
    bridge.write_configuration()
    assert run(bridge)[0] == EX_CONFIG


def test_a_listener_beyond_loopback_needs_a_token(bridge):
    bridge.configuration["server"]["listen"] = "0.0.0.0:0"
    bridge.write_configuration()
    assert run(bridge)[0] == EX_CONFIG


def test_a_missing_file_is_a_mistake(bridge):
    status, words = run(bridge)
    assert status == EX_CONFIG
    assert "walletwire.toml" in words


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_while_nobody_answers_upstream(bridge, number):
    bridge.start()
    bridge.signal(number)
    assert bridge.process.wait(STOP_BOUND_S) == EX_OK


# Tokens


@pytest.fixture
def guarded(bridge):
    bridge.configuration["server"]["access_token"] = "a-token-of-the-laboratory"
    return bridge.start()


def test_a_token_is_required_everywhere(guarded):
    for path in ("/api/v1/balance", "/api/v1/status", "/api/v1/events", "/metrics"):
        refused = guarded.get(path)
        assert refused.status == 401
        assert "www-authenticate" in refused.headers
        assert "bearer" in refused.headers["www-authenticate"].lower()
    assert guarded.get("/healthz").status == 200
    wrong = {"Authorization": "Bearer another-token"}
    assert guarded.get("/api/v1/status", headers=wrong).status == 401
    right = {"Authorization": "Bearer a-token-of-the-laboratory"}
    assert guarded.get("/api/v1/status", headers=right).status == 200
    query = "?access_token=a-token-of-the-laboratory"
    assert guarded.get("/api/v1/events" + query).status == 401, "only where it is switched on"
    assert "a-token-of-the-laboratory" not in guarded.everything_said()


def test_a_session_stands_for_the_token(guarded):
    assert guarded.post("/api/v1/session", json={"token": "wrong"}).status == 401
    opened = guarded.post("/api/v1/session", json={"token": "a-token-of-the-laboratory"})
    assert opened.status in (200, 201, 204)
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    headers = {"Cookie": cookie.split(";")[0]}
    assert guarded.get("/api/v1/status", headers=headers).status == 200
    closed = guarded.request("DELETE", "/api/v1/session", headers=headers)
    assert closed.status in (200, 204)
    assert guarded.get("/api/v1/status", headers=headers).status == 401
    assert "a-token-of-the-laboratory" not in guarded.everything_said()


# SIGHUP


def reload(bridge) -> None:
    bridge.write_configuration()
    bridge.signal(signal.SIGHUP)


def test_a_reload_adds_and_removes_wallets_and_keeps_the_others(stage, any_backend, proxy):
    scene = stage(any_backend, url=proxy.url)
    bridge = scene.bridge
    bridge.add_wallet("second", any_backend.url, scene.peer.invoice_key)
    reload(bridge)
    wait_until(lambda: len(bridge.get("/api/v1/status").json["sources"]) == 2, 10, "two sources")
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S, "second")
    bridge.wait_for_balance(scene.peer.balance_msat, 5, "second")
    assert proxy.requests["upgrade"] == 1, "the unchanged wallet keeps its socket"
    assert bridge.source()["disconnections"] == 0

    bridge.configuration["wallet"].pop()
    reload(bridge)
    wait_until(lambda: len(bridge.get("/api/v1/status").json["sources"]) == 1, 10, "one source")
    assert bridge.get("/api/v1/balance?wallet=second").status == 404
    assert proxy.requests["upgrade"] == 1
    scene.take([balance(None, "initial")])
    scene.play(lambda: any_backend.change_balance(scene.wallet, 1), received(1000))


def test_a_bad_file_leaves_the_running_configuration_in_force(stage, any_backend, proxy):
    scene = stage(any_backend, url=proxy.url)
    scene.bridge.config_file.write_text("[server\nlisten = ")
    scene.bridge.signal(signal.SIGHUP)
    time.sleep(1)
    assert proxy.requests["upgrade"] == 1
    scene.nothing_more()


# The end


@pytest.mark.timeout(180)
def test_thousands_of_streams_end_after_a_whole_event(stage, any_backend):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < STREAMS + 500:
        pytest.fail(f"at most {limit[1]} open files")
    scene = stage(any_backend)
    # After the bridge has started: it has to raise its own limit itself.
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    port = int(scene.bridge.url.rsplit(":", 1)[1])
    request = (
        f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Accept: text/event-stream\r\n\r\n"
    ).encode()
    readers = selectors.DefaultSelector()
    for _ in range(STREAMS):
        wire = socket.create_connection(("127.0.0.1", port), timeout=30)
        wire.sendall(request)
        wire.setblocking(False)
        readers.register(wire, selectors.EVENT_READ, bytearray())
    wait_until(
        lambda: scene.bridge.get("/api/v1/status").json["subscribers"] >= STREAMS,
        60,
        "all are subscribed",
    )
    read(readers, until=time.monotonic() + 2)
    any_backend.change_balance(scene.wallet, 1)
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, 5)

    scene.bridge.signal(signal.SIGTERM)
    signalled = time.monotonic()
    tails = read(readers, until=signalled + 30)
    assert scene.bridge.process.wait(1) == EX_OK
    stopped_after = time.monotonic() - signalled
    assert len(tails) == STREAMS, "a stream did not end"
    whole = sum(tail.endswith(b"\n\n\r\n0\r\n\r\n") for tail in tails)
    assert whole == STREAMS, f"{STREAMS - whole} streams were cut in the middle of something"
    assert all(b"event: payment" in tail for tail in tails)
    assert stopped_after < STOP_BOUND_S
    scene.is_over = True


def test_bytes_behind_the_request_do_not_make_the_end_a_reset(bridge):
    bridge.start()
    host, port = bridge.url.removeprefix("http://").split(":")
    request = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    wires = [socket.create_connection((host, int(port)), timeout=10) for _ in range(20)]
    heard = [b""] * len(wires)
    for number, wire in enumerate(wires):
        wire.sendall(request)
        while b"event: snapshot" not in heard[number]:
            heard[number] += wire.recv(65536)
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
    assert bridge.stop() == EX_OK
    for number, wire in enumerate(wires):
        # By the state of the connection: after a reset it is CLOSE, and a kernel less patient than Linux's would have
        # thrown away what has not been read.
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE_WAIT
        while data := wire.recv(65536):
            heard[number] += data
        wire.close()
        assert heard[number].endswith(b"\n\n\r\n0\r\n\r\n")


def read(readers: selectors.BaseSelector, until: float) -> list[bytes]:
    """Reads what comes until all streams have ended or until then; what ended streams had sent."""
    ended = []
    while readers.get_map() and time.monotonic() < until:
        for key, _ in readers.select(timeout=0.1):
            try:
                data = key.fileobj.recv(65536)
            except ConnectionResetError:
                data = b""
            if data:
                key.data.extend(data)
                continue
            readers.unregister(key.fileobj)
            key.fileobj.close()
            ended.append(bytes(key.data))
    return ended
