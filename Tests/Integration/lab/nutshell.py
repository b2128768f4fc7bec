"""A real Nutshell mint with a scripted node."""

from hashlib import sha256
from pathlib import Path

from .process import Process, Server, free_port, wait_until
from .rest import request

LAUNCHER = Path(__file__).with_name("scripted_mint.py")
START_TIMEOUT_S = 90


class Nutshell(Server):
    """One mint process in a folder of its own. Survives `stop` and `start` with its data.

    `settings` are Nutshell's own, such as `mint_websocket_read_timeout=6`. Its rate limit is on:
    it spares loopback, except for a request that a proxy says comes from elsewhere.
    """

    def __init__(self, environment: Path, folder: Path, **settings: object):
        self.version = environment.name.removeprefix("nutshell-")
        self.environment = environment
        self.folder = folder
        self.settings = settings
        self.port = free_port()
        self.control_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    # Life

    def start(self) -> "Nutshell":
        """Starts the mint and returns once it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "mint_private_key": sha256(str(self.folder).encode()).hexdigest(),
            "mint_backend_bolt11_sat": "FakeWallet",
            "fakewallet_brr": False,
            "mint_listen_host": "127.0.0.1",
            "mint_listen_port": self.port,
            "mint_database": self.folder / "mint",
            "mint_auth_database": self.folder / "auth",
            "cashu_dir": self.folder,
            "mint_input_fee_ppk": 0,
            # Each question is put to the node, however often it is asked.
            "mint_quote_backend_check_rate_limit": -1,
            **self.settings,
        }
        self.process = Process(
            [str(self.environment / "bin" / "python"), str(LAUNCHER), str(self.control_port)],
            self.folder / "mint.log",
            environment={
                **{name.upper(): str(value) for name, value in settings.items()},
                # Where Nutshell looks for a file of settings.
                "HOME": str(self.folder),
                "PYTHONUNBUFFERED": "1",
            },
            directory=self.folder,
        )
        wait_until(self._answers, START_TIMEOUT_S, f"the mint answers ({self.folder}/mint.log)")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if not self.process.is_running:
            raise AssertionError("the mint ended:\n" + self.process.log[-3000:])
        return request("GET", self.url + "/v1/info", timeout=5).status == 200

    # What its node does

    def receive(self, bolt11: str, announced: bool = True) -> None:
        """Somebody pays a mint quote's invoice; unannounced, only a question finds out."""
        self._script("receive", bolt11=bolt11, notify=announced)

    def resolve(self, bolt11: str, result: str = "SETTLED") -> None:
        """A melt quote's payment, which is pending until then, becomes `SETTLED` or `FAILED`."""
        self._script("resolve", bolt11=bolt11, result=result)

    def _script(self, action: str, **arguments: object) -> None:
        answer = request("POST", f"http://127.0.0.1:{self.control_port}/{action}", json=arguments)
        assert answer.status == 200, answer.text
