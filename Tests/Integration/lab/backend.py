"""What a wallet's server must be able to do for the scenarios, whoever plays it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from .process import Server


@dataclass(frozen=True)
class Invoice:
    """A request for payment, ours or another node's."""

    bolt11: str
    payment_hash: str
    amount_msat: int


class Purse(ABC):
    """A wallet at a backend, seen with the server's own eyes."""

    invoice_key: str
    secrets: list[str]

    @property
    @abstractmethod
    def balance_msat(self) -> int:
        """The server's own REST answer: what the bridge is measured against."""

    @abstractmethod
    def create_invoice(
        self, amount_sat: int, memo: str = "", extra: dict[str, Any] | None = None
    ) -> Invoice: ...

    def create_invoices(self, count: int, amount_sat: int = 1) -> list[Invoice]:
        """Many at once, by whatever way is quick."""
        return [self.create_invoice(amount_sat, f"burst {number}") for number in range(count)]

    @abstractmethod
    def pay(self, invoice: Invoice) -> bool:
        """Pays an invoice; false when the server says that it failed."""


class Backend(Server, ABC):
    """A server of wallets with a Lightning network that does what a test tells it."""

    name: str
    url: str
    version: str
    """What the server calls itself."""
    keeps_wallets = True
    """A restarted process still has its wallets."""

    @property
    def frames_tell_balance_before(self) -> bool:
        """An outgoing payment's frame carries the balance before it."""
        return self.version in ("1.0.0", "1.4.1")

    @property
    def tells_settlement(self) -> bool:
        """Its rows say when a payment settled; earlier releases only say when it was made."""
        return self.version != "1.0.0"

    # Wallets

    @abstractmethod
    def create_wallet(self, name: str, balance_sat: int = 0) -> Purse: ...

    @abstractmethod
    def change_balance(self, purse: Purse, amount_sat: int) -> None:
        """An administrator's credit (announced by a frame) or debit (silent)."""

    @abstractmethod
    def reset_keys(self, purse: Purse) -> None: ...

    @abstractmethod
    def forge_frame(self, purse: Purse, text: str) -> None: ...

    @abstractmethod
    def edit_amount(self, purse: Purse, payment_hash: str, amount_msat: int) -> None:
        """Changes a payment behind everybody's back."""

    # The network

    @abstractmethod
    def foreign_invoice(
        self, amount_sat: int, memo: str = "", answer: str = "settled", fee_msat: int = 0
    ) -> Invoice:
        """Another node's invoice, and the answer to paying it: settled, failed or pending."""

    @abstractmethod
    def resolve(self, purse: Purse, invoice: Invoice, status: str, fee_msat: int = 0) -> None:
        """A pending outgoing payment becomes `settled` or `failed`; the server notices silently."""

    @abstractmethod
    def settle_failed(self, purse: Purse, invoice: Invoice, fee_msat: int = 0) -> None:
        """A failed outgoing payment turns out to have settled; the server notices silently."""

    @abstractmethod
    def receive(self, purse: Purse, invoices: list[Invoice], announced: bool = True) -> None:
        """Somebody out there pays our invoices, with a frame for each or with none."""

    @abstractmethod
    def repeat_notification(self, invoice: Invoice) -> None: ...

    # Life

    @abstractmethod
    def start(self) -> "Backend": ...
