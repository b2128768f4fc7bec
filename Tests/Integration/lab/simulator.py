"""The project's own LNbits look-alike as a backend: it must pass for the real one."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .backend import Backend, Invoice, Purse
from .bridge import BINARY, REPOSITORY
from .process import Process, free_port, wait_until
from .rest import Answer, request

START_TIMEOUT_S = 30


class SimulatorError(Exception):
    """The simulator refused a command."""


class SimulatedPurse(Purse):
    """A wallet in the simulator. Its balance is read over LNbits' REST, as the bridge reads it."""

    def __init__(self, server: "Simulator", described: dict[str, Any]):
        self.server = server
        self.id: str = described["id"]
        self.admin_key: str = described["adminkey"]
        self.invoice_key: str = described["inkey"]
        self.secrets = [self.admin_key, self.invoice_key]

    def get(self, path: str) -> Answer:
        return request("GET", self.server.url + path, headers={"X-Api-Key": self.invoice_key})

    @property
    def balance_msat(self) -> int:
        answer = self.get("/api/v1/wallet")
        if answer.status != 200:
            raise SimulatorError(f"balance: {answer.status} {answer.text}")
        return answer.json["balance"]

    def create_invoice(
        self, amount_sat: int, memo: str = "", extra: dict[str, Any] | None = None
    ) -> Invoice:
        row = self.server.command(
            "invoice", wallet=self.id, amount_sat=amount_sat, memo=memo, extra=extra or {}
        )["payment"]
        self.secrets += [row["bolt11"], row["preimage"]]
        return Invoice(row["bolt11"], row["payment_hash"], row["amount"])

    def pay(self, invoice: Invoice) -> bool:
        if invoice.payment_hash in self.server.foreign:
            return self.server.pay_foreign(self, invoice)
        paid = self.server.command("pay_internal", **{"from": self.id, "bolt11": invoice.bolt11})
        return paid["payment"]["status"] == "success"


class Simulator(Backend):
    """One simulator process. It keeps nothing: a restart forgets its wallets."""

    keeps_wallets = False

    def __init__(self, version: str, folder: Path):
        self.name = f"simulator-{version}"
        self.version = version
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.foreign: dict[str, dict[str, Any]] = {}
        self.payment_ids: dict[str, str] = {}

    def command(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        answer = request("POST", f"{self.url}/simulator/v1/{name}", json=arguments)
        if answer.status != 200:
            raise SimulatorError(f"{name} {arguments}: {answer.status} {answer.text}")
        return answer.json

    # Life

    def start(self) -> "Simulator":
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WALLETWIRE_")}
        self.process = Process(
            [
                str(REPOSITORY / BINARY),
                "simulate-lnbits",
                *("--port", str(self.port)),
                *("--behaviour", self.version),
            ],
            self.folder / "simulator.log",
            environment=environment,
            inherit_environment=False,
        )
        wait_until(self._answers, START_TIMEOUT_S, f"the simulator answers ({self.folder})")
        self.command("behaviour", requests_per_minute=0)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if not self.process.is_running:
            raise AssertionError("the simulator ended:\n" + self.process.log[-2000:])
        return request("GET", self.url + "/api/v1/health", timeout=5).status == 200

    # Wallets

    def create_wallet(self, name: str, balance_sat: int = 0) -> SimulatedPurse:
        purse = SimulatedPurse(self, self.command("create_wallet", name=name)["wallet"])
        if balance_sat:
            self.change_balance(purse, balance_sat)
        return purse

    def change_balance(self, purse: SimulatedPurse, amount_sat: int) -> None:
        what = "credit" if amount_sat > 0 else "debit"
        self.command(what, wallet=purse.id, amount_sat=abs(amount_sat))

    def reset_keys(self, purse: SimulatedPurse) -> None:
        renewed = self.command("reset_key", wallet=purse.id)["wallet"]
        purse.admin_key, purse.invoice_key = renewed["adminkey"], renewed["inkey"]
        purse.secrets += [purse.admin_key, purse.invoice_key]

    def forge_frame(self, purse: SimulatedPurse, text: str) -> None:
        url = f"{self.url}/api/v1/ws/{purse.invoice_key}?data={quote(text)}"
        answer = request("POST", url)
        if answer.status != 200:
            raise SimulatorError(f"forge frame: {answer.status} {answer.text}")

    def edit_amount(self, purse: SimulatedPurse, payment_hash: str, amount_msat: int) -> None:
        self.command("edit_amount", payment_id=payment_hash, amount_msat=amount_msat, touch=False)

    # The network

    def foreign_invoice(
        self, amount_sat: int, memo: str = "", answer: str = "settled", fee_msat: int = 0
    ) -> Invoice:
        handle = f"foreign {len(self.foreign)}"
        kind = {"settled": "settle", "failed": "fail", "pending": "pending"}[answer]
        self.foreign[handle] = {
            "amount_msat": amount_sat * 1000,
            "memo": memo,
            "kind": kind,
            "fee_msat": fee_msat,
        }
        return Invoice(handle, handle, amount_sat * 1000)

    def pay_foreign(self, purse: SimulatedPurse, invoice: Invoice) -> bool:
        script = self.foreign[invoice.payment_hash]
        row = self.command("pay_external", wallet=purse.id, **script)["payment"]
        self.payment_ids[invoice.payment_hash] = row["checking_id"]
        purse.secrets.append(row["bolt11"])
        return script["kind"] != "fail"

    def resolve(
        self, purse: SimulatedPurse, invoice: Invoice, status: str, fee_msat: int = 0
    ) -> None:
        self.command(
            "conclude_external",
            payment_id=self.payment_ids[invoice.payment_hash],
            settled=status == "settled",
            fee_msat=fee_msat,
        )

    def settle_failed(self, purse: SimulatedPurse, invoice: Invoice, fee_msat: int = 0) -> None:
        self.resolve(purse, invoice, "settled", fee_msat)

    def receive(
        self, purse: SimulatedPurse, invoices: list[Invoice], announced: bool = True
    ) -> None:
        for invoice in invoices:
            self.command("pay_invoice_external", payment_id=invoice.payment_hash, notify=announced)

    def repeat_notification(self, invoice: Invoice) -> None:
        self.command("repeat_notification", payment_id=invoice.payment_hash)
