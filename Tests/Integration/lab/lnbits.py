"""A real LNbits server with a scripted node, and its wallets."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from os import urandom
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .backend import Backend, Invoice, Purse
from .process import Process, free_port, wait_until
from .rest import Answer, request

LAUNCHER = Path(__file__).with_name("scripted_lnbits.py")
START_TIMEOUT_S = 90
PASSWORD = "correct horse battery"


class LNbitsError(Exception):
    """LNbits refused what the lab asked of it."""

    def __init__(self, what: str, answer: Answer):
        super().__init__(f"{what}: {answer.status} {answer.text[:500]}")
        self.answer = answer


class Wallet(Purse):
    """One wallet and its keys, at the server that holds it."""

    def __init__(self, server: "LNbits", created: dict[str, Any]):
        self.server = server
        self.id: str = created["id"]
        self.admin_key: str = created["adminkey"]
        self.invoice_key: str = created["inkey"]
        self.secrets = [self.admin_key, self.invoice_key]

    def get(self, path: str) -> Answer:
        return self.server.request("GET", path, headers={"X-Api-Key": self.invoice_key})

    @property
    def balance_msat(self) -> int:
        answer = self.get("/api/v1/wallet")
        if answer.status != 200:
            raise LNbitsError("balance", answer)
        return answer.json["balance"]

    def rows(self, query: str = "limit=1000") -> list[dict[str, Any]]:
        """Rows of /payments/paginated: failed ones are among them."""
        return self.get(f"/api/v1/payments/paginated?{query}").json["data"]

    def create_invoice(
        self, amount_sat: int, memo: str = "", extra: dict[str, Any] | None = None
    ) -> Invoice:
        body: dict[str, Any] = {"out": False, "amount": amount_sat, "memo": memo}
        if extra is not None:
            body["extra"] = extra
        answer = self._post(self.invoice_key, body)
        if answer.status != 201:
            raise LNbitsError("create invoice", answer)
        row = answer.json
        # Before 1.0 there is a word for it only, and no preimage.
        bolt11 = row.get("bolt11") or row["payment_request"]
        self.secrets += [bolt11, row.get("preimage") or bolt11]
        return Invoice(bolt11, row["payment_hash"], amount_sat * 1000)

    def create_invoices(self, count: int, amount_sat: int = 1) -> list[Invoice]:
        """One by the API, its copies straight into the database: LNbits takes 10 ms for each."""
        first = self.create_invoice(amount_sat, "burst")
        names = [urandom(32).hex() for _ in range(count - 1)]
        with self.server.database() as base:
            base.row_factory = sqlite3.Row
            row = base.execute(
                "SELECT * FROM apipayments WHERE payment_hash = ?", (first.payment_hash,)
            ).fetchone()
            base.executemany(
                f"INSERT INTO apipayments ({', '.join(row.keys())}) "
                f"VALUES ({', '.join('?' * len(row))})",
                [
                    tuple({**row, "checking_id": name, "payment_hash": name}.values())
                    for name in names
                ],
            )
        return [first] + [Invoice(first.bolt11, name, first.amount_msat) for name in names]

    def pay(self, invoice: Invoice) -> bool:
        answer = self._post(self.admin_key, {"out": True, "bolt11": invoice.bolt11})
        self.secrets.append(invoice.bolt11)
        if answer.status not in (201, 520):
            raise LNbitsError("pay", answer)
        return answer.status == 201

    def check(self, payment_hash: str) -> dict[str, Any]:
        """GET of one payment, which makes LNbits ask its node. Settles silently."""
        return self.get(f"/api/v1/payments/{payment_hash}").json

    def _post(self, key: str, body: Any) -> Answer:
        headers = {"X-Api-Key": key}
        return self.server.request("POST", "/api/v1/payments", json=body, headers=headers)


class LNbits(Backend):
    """One LNbits process in a folder of its own. Survives `stop` and `start` with its data."""

    def __init__(
        self,
        environment: Path,
        folder: Path,
        *,
        rate_limit_per_minute: int = 1_000_000,
        pay_wait_s: int = 1,
        database_url: str = "",
    ):
        self.name = environment.name
        self.version = environment.name.removeprefix("lnbits-")
        self.is_before_1 = self.version.startswith("0.")
        self.environment = environment
        self.folder = folder
        self.rate_limit_per_minute = rate_limit_per_minute
        self.pay_wait_s = pay_wait_s
        self.database_url = database_url
        self.port = free_port()
        self.control_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""

    # Life

    def start(self) -> "LNbits":
        """Starts the server and returns once it answers. The first start installs it."""
        for name in ("data", "extensions"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        site_packages = next((self.environment / "lib").glob("python3*/site-packages"))
        self.process = Process(
            [
                str(self.environment / "bin" / "python"),
                "-P",  # this folder also holds a module named lnbits
                str(LAUNCHER),
                str(self.port),
                str(self.control_port),
                "20" if self.version == "1.4.1" else "60",
            ],
            self.folder / "lnbits.log",
            environment={
                "LNBITS_BACKEND_WALLET_CLASS": "FakeWallet",
                "LNBITS_ADMIN_UI": "true",
                "AUTH_SECRET_KEY": "a secret of the laboratory",
                "LNBITS_DATA_FOLDER": str(self.folder / "data"),
                "LNBITS_EXTENSIONS_PATH": str(self.folder / "extensions"),
                "LNBITS_RATE_LIMIT_NO": str(self.rate_limit_per_minute),
                # Tests say themselves when LNbits looks at its pending payments.
                "LNBITS_FUNDING_SOURCE_PENDING_INTERVAL_SECONDS": "3600",
                "LNBITS_FUNDING_SOURCE_PAY_INVOICE_WAIT_SECONDS": str(self.pay_wait_s),
                "LNBITS_AUDIT_ENABLED": "false",
                "PYTHONUNBUFFERED": "1",
                # Empty: SQLite.
                "LNBITS_DATABASE_URL": self.database_url,
            },
            directory=site_packages,
        )
        wait_until(self._answers, START_TIMEOUT_S, f"LNbits answers ({self.folder}/lnbits.log)")
        if not self.token:
            self._install()
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if not self.process.is_running:
            raise AssertionError("LNbits ended:\n" + self.process.log[-3000:])
        # Before its first install LNbits redirects every path to a form.
        return request("GET", self.url + "/api/v1/health", timeout=5).status in (200, 307)

    def _install(self) -> None:
        answer = request(
            "PUT",
            self.url + "/api/v1/auth/first_install",
            json={"username": "laboratory", "password": PASSWORD, "password_repeat": PASSWORD},
        )
        if answer.status != 200:
            raise LNbitsError("first install", answer)
        self.token = answer.json["access_token"]

    # What an administrator does

    def request(self, method: str, path: str, **arguments: Any) -> Answer:
        return request(method, self.url + path, **arguments)

    def _administer(self, method: str, path: str, body: Any) -> Answer:
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.request(method, path, json=body, headers=bearer)
        if answer.status not in (200, 201):
            raise LNbitsError(f"{method} {path}", answer)
        return answer

    def create_wallet(self, name: str, balance_sat: int = 0) -> Wallet:
        # Before 1.0 only a wallet's own key makes another one; an account comes with one.
        path = "/api/v1/account" if self.is_before_1 else "/api/v1/wallet"
        created = self._administer("POST", path, {"name": name}).json
        wallet = Wallet(self, created)
        # Without a currency LNbits looks up no price, which offline costs 0.7 s a payment.
        self.request(
            "PATCH",
            "/api/v1/wallet",
            json={"currency": ""},
            headers={"X-Api-Key": wallet.admin_key},
        )
        if balance_sat:
            self.change_balance(wallet, balance_sat)
        return wallet

    def change_balance(self, wallet: Wallet, amount_sat: int) -> None:
        """Admin credit, or debit for a negative amount."""
        path = "/users/api/v1/topup" if self.is_before_1 else "/users/api/v1/balance"
        self._administer("PUT", path, {"id": wallet.id, "amount": amount_sat})

    def reset_keys(self, wallet: Wallet) -> None:
        """New keys for a wallet; the old ones stop working, sockets stay open and silent."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.request("PUT", f"/api/v1/wallet/reset/{wallet.id}", headers=bearer)
        if answer.status != 200:
            raise LNbitsError("reset keys", answer)
        wallet.admin_key, wallet.invoice_key = answer.json["adminkey"], answer.json["inkey"]
        wallet.secrets += [wallet.admin_key, wallet.invoice_key]

    def forge_frame(self, wallet: Wallet, text: str) -> None:
        """What anyone who knows the invoice key can do."""
        path = f"/api/v1/ws/{wallet.invoice_key}?data={quote(text)}"
        answer = self.request("POST", path)
        if answer.status != 200:
            raise LNbitsError("forge frame", answer)

    # What its node does

    def script(self, action: str, **arguments: Any) -> dict[str, Any]:
        """One line of the node's script; see `scripted_lnbits.py`."""
        url = f"http://127.0.0.1:{self.control_port}/{action}"
        answer = request("POST", url, json=arguments)
        if answer.status != 200:
            raise LNbitsError(action, answer)
        return answer.json

    def foreign_invoice(
        self, amount_sat: int, memo: str = "", answer: str = "settled", fee_msat: int = 0
    ) -> Invoice:
        made = self.script(
            "foreign-invoice", amount_sat=amount_sat, memo=memo, answer=answer, fee_msat=fee_msat
        )
        return Invoice(made["bolt11"], made["payment_hash"], amount_sat * 1000)

    def resolve(self, wallet: Wallet, invoice: Invoice, status: str, fee_msat: int = 0) -> None:
        self.script("status", payment_hash=invoice.payment_hash, status=status, fee_msat=fee_msat)
        wallet.check(invoice.payment_hash)
        if self.is_before_1:
            # It writes down what it hears only at its half-hourly check, and without a word then.
            end = {"settled": ("success", -fee_msat), "failed": ("failed", 0)}[status]
            with self.database() as base:
                base.execute(
                    "UPDATE apipayments SET pending = 0, status = ?, fee = ? WHERE hash = ?",
                    (*end, invoice.payment_hash),
                )

    def settle_failed(self, wallet: Wallet, invoice: Invoice, fee_msat: int = 0) -> None:
        self.script(
            "status", payment_hash=invoice.payment_hash, status="settled", fee_msat=fee_msat
        )
        # LNbits asks its node about a failed payment only when somebody pays it once more.
        wallet.pay(invoice)

    def receive(self, wallet: Wallet, invoices: list[Invoice], announced: bool = True) -> None:
        hashes = [invoice.payment_hash for invoice in invoices]
        self.script("receive", payment_hashes=hashes, notify=announced)
        if not announced:
            for payment_hash in hashes:
                wallet.check(payment_hash)

    def repeat_notification(self, invoice: Invoice) -> None:
        self.script("notify", payment_hash=invoice.payment_hash)

    # What nobody should do

    def edit_amount(self, wallet: Wallet, payment_hash: str, amount_msat: int) -> None:
        statement = "UPDATE apipayments SET amount = ? WHERE payment_hash = ? AND wallet_id = ?"
        with self.database() as base:
            base.execute(statement, (amount_msat, payment_hash, wallet.id))

    def forget(self, wallet: Wallet, invoice: Invoice) -> None:
        """What `lnbits-cli database delete-wallet-payment` does."""
        columns = ("hash", "wallet") if self.is_before_1 else ("payment_hash", "wallet_id")
        statement = f"DELETE FROM apipayments WHERE {columns[0]} = ? AND {columns[1]} = ?"
        with self.database() as base:
            gone = base.execute(statement, (invoice.payment_hash, wallet.id)).rowcount
        assert gone == 1

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """LNbits' own database, behind its back, in one transaction."""
        base = sqlite3.connect(self.folder / "data" / "database.sqlite3", timeout=10)
        try:
            with base:
                yield base
        finally:
            base.close()
