"""A session through a real SOCKS5 server, microsocks, which alone knows where the wallet's server is."""

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab.backend import Backend
from lab.process import Process, free_port, wait_until
from lab.scenario import CONNECT_TIMEOUT_S

# `.test` is reserved (RFC 6761): no resolver of this machine knows such a name.
NAME = "known-to-the-proxy-alone.test"


@dataclass
class SOCKSServer:
    """microsocks with a hosts file of its own, which libnss-wrapper hands to its resolver."""

    port: int
    process: Process

    @property
    def setting(self) -> str:
        return f"socks5h://127.0.0.1:{self.port}"


def is_listening(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@pytest.fixture
def socks(tmp_path: Path) -> Iterator[SOCKSServer]:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 {NAME}\n")
    port = free_port()
    process = Process(
        ["microsocks", "-i", "127.0.0.1", "-p", str(port)],
        tmp_path / "microsocks.log",
        environment={"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_HOSTS": str(hosts)},
    )
    wait_until(lambda: is_listening(port), 10, "microsocks listens")
    yield SOCKSServer(port, process)
    process.kill()


def test_the_name_is_unknown_here():
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(NAME, 80)


def test_a_session_goes_through_the_proxy_which_resolves_the_name(
    new_bridge, any_backend: Backend, socks: SOCKSServer
):
    wallet = any_backend.create_wallet("hidden", 1000)
    bridge = new_bridge()
    port = urlsplit(any_backend.url).port
    bridge.add_wallet("main", f"http://{NAME}:{port}", wallet.invoice_key, proxy=socks.setting)
    bridge.start()
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
    any_backend.change_balance(wallet, 7)
    bridge.wait_for_balance(1_007_000, 5)
    assert f"connected to {NAME}:{port}" in socks.process.log
    assert bridge.source()["delivery"] == "live"

    socks.process.kill()
    source = bridge.wait_for_state("reconnecting", 20)
    assert wallet.invoice_key not in str(source)


def test_check_goes_through_the_proxy_too(new_bridge, any_backend: Backend, socks: SOCKSServer):
    from lab.bridge import BINARY, REPOSITORY

    wallet = any_backend.create_wallet("hidden", 1000)
    bridge = new_bridge()
    port = urlsplit(any_backend.url).port
    bridge.add_wallet("main", f"http://{NAME}:{port}", wallet.invoice_key, proxy=socks.setting)
    bridge.write_configuration()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WALLETWIRE_")}
    done = subprocess.run(
        [REPOSITORY / BINARY, "check", "--config", bridge.config_file],
        capture_output=True, text=True, timeout=60, env=clean,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("listens", "words"), [(False, "refused"), (True, "proxy")], ids=["no-proxy", "no-such-name"]
)
def test_a_proxy_that_does_not_help_is_named(new_bridge, socks: SOCKSServer, listens, words):
    bridge = new_bridge()
    proxy = socks.setting if listens else f"socks5h://127.0.0.1:{free_port()}"
    bridge.add_wallet("main", "http://unknown.test:5000", "0123456789abcdef" * 2, proxy=proxy)
    bridge.start()
    source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S)
    assert words in source["last_error"], source["last_error"]
    assert source["reason"] == "network"


@pytest.mark.parametrize("host", ["walletwire-test.onion", "sub.walletwire-test.ONION."])
def test_an_onion_service_without_a_proxy_says_what_is_missing(new_bridge, host):
    bridge = new_bridge()
    bridge.add_wallet("main", f"http://{host}", "0123456789abcdef" * 2)
    bridge.add_mint("mint", f"http://{host}/Bitcoin")
    bridge.start()
    for name in ("main", "mint"):
        source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S, name, reason="network")
        assert "Tor" in source["last_error"] and "set proxy" in source["last_error"]
