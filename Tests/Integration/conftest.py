"""Fixtures: real servers shared by a whole session, a bridge for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.backend import Backend
from lab.bridge import REPOSITORY, Bridge
from lab.lnbits import LNbits
from lab.mint_proxy import MintProxy
from lab.mint_scenario import MintStage, check_mint_story
from lab.nutshell import Nutshell
from lab.proxy import Proxy
from lab.scenario import Stage, check_stream_is_true
from lab.simulator import Simulator

ENVIRONMENTS = REPOSITORY / ".cache"
LNBITS = ("lnbits-1.6.2", "lnbits-1.4.1")
SIMULATORS = ("simulator-1.6.2", "simulator-1.0.0")
BACKENDS = LNBITS + SIMULATORS
NUTSHELL = "nutshell-0.21.0"
OLDER_NUTSHELL = "nutshell-0.19.2"


class Servers:
    """The session's servers, started when first asked for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.running: dict[str, Backend] = {}

    def __getitem__(self, name: str) -> Backend:
        if name not in self.running:
            folder = self.folder / name
            folder.mkdir(parents=True)
            self.running[name] = self.make(name, folder).start()
        return self.running[name]

    def make(self, name: str, folder: Path) -> Backend:
        if name in SIMULATORS:
            return Simulator(name.removeprefix("simulator-"), folder)
        return LNbits(prepared(name), folder)


def prepared(name: str) -> Path:
    """A Python environment."""
    environment = ENVIRONMENTS / name
    if not environment.exists():
        pytest.fail(f"{environment} is missing: run environment/setup.sh {name}")
    return environment


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    for server in servers.running.values():
        server.stop()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest, servers: Servers) -> Backend:
    """Each server in turn. A test that stops or freezes it uses `mortal_backend`."""
    return servers[request.param]


@pytest.fixture
def mortal_backend(backend: Backend) -> Iterator[Backend]:
    """The same server, put back on its feet for the next test."""
    yield backend
    backend.thaw()
    if not backend.is_running:
        backend.start()


@pytest.fixture
def restartable_backend(mortal_backend: Backend) -> Backend:
    """One that has its wallets still when it comes back: the simulators forget theirs."""
    assert mortal_backend.keeps_wallets
    return mortal_backend


@pytest.fixture(scope="session")
def any_backend(servers: Servers) -> Backend:
    """One server, for tests in which it does not matter which."""
    return servers[BACKENDS[0]]


@pytest.fixture
def new_bridge(tmp_path: Path) -> Iterator[Callable[[], Bridge]]:
    """Makes bridges, not yet started. They are stopped afterwards, and searched for secrets."""
    bridges: list[Bridge] = []

    def make() -> Bridge:
        bridges.append(Bridge(tmp_path / f"bridge-{len(bridges)}"))
        return bridges[-1]

    yield make
    for bridge in bridges:
        for stream in bridge.streams:
            stream.close()
        bridge.kill()


@pytest.fixture
def stage(
    new_bridge: Callable[[], Bridge], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Stage]]:
    """Sets a scene: a wallet with a balance, a peer, and a bridge that watches the wallet.

    When the test has passed so far, the bridge's whole story is checked once more, see
    `check_stream_is_true`.
    """
    stages: list[Stage] = []

    def make(backend: Backend, **settings: object) -> Stage:
        stages.append(Stage.set(backend, new_bridge(), **settings))
        return stages[-1]

    yield make
    if getattr(request.node, "has_passed", False):
        for stage in stages:
            if not stage.is_over:
                check_stream_is_true(stage)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = (yield).get_result()
    if report.when == "call":
        item.has_passed = report.passed  # type: ignore[attr-defined]


@pytest.fixture
def proxy(any_backend: Backend) -> Iterator[Proxy]:
    """A proxy before `any_backend`, without faults to begin with."""
    proxy = Proxy(any_backend.url)
    yield proxy
    proxy.close()


# Mints


@pytest.fixture(scope="session")
def new_mint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Nutshell]]:
    """Starts mints, with settings of Nutshell's own."""
    mints: list[Nutshell] = []

    def make(version: str = NUTSHELL, **settings: object) -> Nutshell:
        mints.append(Nutshell(prepared(version), tmp_path_factory.mktemp("mint"), **settings))
        return mints[-1].start()

    yield make
    for mint in mints:
        mint.stop()


@pytest.fixture(scope="session")
def mint(new_mint: Callable[..., Nutshell]) -> Nutshell:
    """The session's mint. A test that stops or freezes it uses `mortal_mint`."""
    return new_mint(mint_info_name="alpha")


@pytest.fixture(scope="session")
def other_mint(new_mint: Callable[..., Nutshell]) -> Nutshell:
    """Another, whose invoices the first one pays."""
    return new_mint(mint_info_name="beta")


@pytest.fixture(scope="session")
def older_mint(new_mint: Callable[..., Nutshell]) -> Nutshell:
    """The release before, which many run."""
    return new_mint(OLDER_NUTSHELL, mint_info_name="alpha")


@pytest.fixture(scope="session")
def idle_closing_mint(new_mint: Callable[..., Nutshell]) -> Nutshell:
    """One that closes a connection on which nothing was said for six seconds."""
    return new_mint(mint_websocket_read_timeout=6)


@pytest.fixture
def mortal_mint(mint: Nutshell) -> Iterator[Nutshell]:
    """The session's mint, put back on its feet for the next test."""
    yield mint
    mint.thaw()
    if not mint.is_running:
        mint.start()


@pytest.fixture
def mint_proxy(mint: Nutshell) -> Iterator[MintProxy]:
    """A proxy before the session's mint, without faults to begin with."""
    proxy = MintProxy(mint.url)
    yield proxy
    proxy.close()


@pytest.fixture
def mint_stage(
    new_bridge: Callable[[], Bridge], request: pytest.FixtureRequest
) -> Iterator[Callable[..., MintStage]]:
    """Sets a scene: a mint, a wallet there, and a bridge that watches.

    When the test has passed so far, the whole story is checked once more, see `check_mint_story`.
    """
    stages: list[MintStage] = []

    def make(mint: Nutshell, **settings: object) -> MintStage:
        stages.append(MintStage.set(mint, new_bridge(), **settings))
        return stages[-1]

    yield make
    if getattr(request.node, "has_passed", False):
        for stage in stages:
            check_mint_story(stage)
