"""https and wss to a real LNbits behind TLS: what is trusted, and what is said of what is not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lab.backend import Backend
from lab.tls import Authority, TLSFront

CONNECT_TIMEOUT_S = 20


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("tls") / "ca")


@pytest.fixture
def front(any_backend: Backend) -> Iterator[Callable[[tuple[Path, Path]], TLSFront]]:
    parts = urlsplit(any_backend.url)
    fronts: list[TLSFront] = []

    def make(certificate: tuple[Path, Path]) -> TLSFront:
        fronts.append(TLSFront((parts.hostname or "", parts.port or 0), certificate))
        return fronts[-1]

    yield make
    for made in fronts:
        made.close()


def start(new_bridge, backend: Backend, port: int, host: str = "localhost", **settings):
    wallet = backend.create_wallet("behind-tls", 1000)
    bridge = new_bridge()
    bridge.add_wallet("main", f"https://{host}:{port}", wallet.invoice_key, **settings)
    return wallet, bridge.start()


@pytest.mark.parametrize(
    ("san", "host"), [("DNS:localhost", "localhost"), ("IP:127.0.0.1", "127.0.0.1")]
)
def test_an_authority_of_ones_own_is_trusted_through_ca_file(
    new_bridge, any_backend, authority, front, san, host
):
    made = front(authority.certificate(host, san))
    wallet, bridge = start(
        new_bridge, any_backend, made.port, host, ca_file=str(authority.file)
    )
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
    any_backend.change_balance(wallet, 7)
    bridge.wait_for_balance(1_007_000, 5)


@pytest.mark.parametrize(
    ("name", "san", "expired", "trusted", "words"),
    [
        ("stranger", "DNS:localhost", False, False, "authority"),
        ("elsewhere", "DNS:lnbits.example", False, True, "another host"),
        ("old", "DNS:localhost", True, True, "expired"),
    ],
)
def test_a_wrong_certificate_is_refused_in_plain_words(
    new_bridge, any_backend, authority, front, name, san, expired, trusted, words
):
    made = front(authority.certificate(name, san, expired))
    trust = {"ca_file": str(authority.file)} if trusted else {}
    wallet, bridge = start(new_bridge, any_backend, made.port, **trust)
    source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S, reason="tls")
    assert words in source["last_error"]
    assert wallet.invoice_key not in source["last_error"]
    assert bridge.get("/api/v1/balance").status == 503


def test_a_common_name_is_no_name(new_bridge, any_backend, authority, front):
    made = front(authority.certificate("localhost", "email:a@localhost"))
    _, bridge = start(new_bridge, any_backend, made.port, ca_file=str(authority.file))
    source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S, reason="tls")
    assert "names no host" in source["last_error"]


def test_a_plain_url_to_a_port_for_tls_is_told_to_try_https(
    new_bridge, any_backend, authority, front
):
    made = front(authority.certificate("plain", "DNS:localhost"))
    wallet = any_backend.create_wallet("behind-tls", 1000)
    bridge = new_bridge()
    bridge.add_wallet("main", f"http://localhost:{made.port}", wallet.invoice_key)
    bridge.start()
    source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S)
    assert "https://" in source["last_error"], source
