"""Payments of all kinds, one after the other, whatever else is going on."""

import time
from collections import Counter
from collections.abc import Callable

from lab.backend import Invoice
from lab.lnbits import Wallet

from .theatre import DOWN, WATCHED, Theatre

BURST = 25
LNBITS_BACK_TIMEOUT_S = 60
SHARE_LEFT_PENDING = 0.1


class Payments:
    """Makes payments by a seeded draw. A call that a killed LNbits did not answer is no failure:
    what became of it stands in LNbits' own rows."""

    def __init__(self, theatre: Theatre):
        self.theatre = theatre
        self.random = theatre.random
        self.counts: Counter[str] = Counter()
        self.made = 0
        self.interrupted = 0
        self.pending: list[tuple[Wallet, Invoice]] = []
        self.failed: list[tuple[Wallet, Invoice]] = []
        self.unpaid: list[tuple[Wallet, Invoice]] = []
        self.acted = None
        """Called after each payment: somebody may want to strike just then."""
        self.weights: dict[Callable[[Wallet], int], int] = {
            self.receive_internal: 18,
            self.send_internal: 14,
            self.send_between: 10,
            self.send_to_self: 5,
            self.send_external: 14,
            self.fail_external: 5,
            self.leave_pending: 8,
            self.resolve_pending: 7,
            self.settle_after_failure: 3,
            self.receive_external: 14,
            self.receive_silently: 6,
            self.receive_many: 1,
            self.receive_credit: 3,
            self.suffer_debit: 2,
            self.only_ask: 4,
            self.send_slowly: 1,
        }

    def play(self, count: int, seconds: float) -> None:
        """Makes `count` payments, spread over about so many seconds."""
        started = time.monotonic()
        while self.made < count:
            due = started + self.made / count * seconds
            time.sleep(max(0, due - time.monotonic()) * self.random.uniform(0.5, 1.5))
            self.act()

    def act(self) -> None:
        kinds = list(self.weights)
        kind = self.random.choices(kinds, list(self.weights.values()))[0]
        wallet = self.theatre.wallets[self.random.choice(WATCHED)]
        try:
            done = kind(wallet)
            self.made += done
            self.counts[kind.__name__] += done
        except DOWN as error:
            self.interrupted += 1
            self.theatre.timeline.note(f"{kind.__name__} interrupted: {type(error).__name__}")
            self.wait_for_lnbits()
        if self.acted is not None:
            self.acted()

    def wait_for_lnbits(self) -> None:
        deadline = time.monotonic() + LNBITS_BACK_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                if self.theatre.lnbits.request("GET", "/api/v1/health", timeout=5).status == 200:
                    return
            except DOWN:
                pass
            time.sleep(0.2)
        raise AssertionError("LNbits did not come back")

    def conclude(self) -> None:
        """Most of what is pending ends; some stays, as it does in life."""
        for wallet, invoice in self.pending:
            if self.random.random() >= SHARE_LEFT_PENDING:
                status = self.random.choice(("settled", "failed"))
                self.theatre.lnbits.resolve(wallet, invoice, status, self.fee_msat())
        self.pending = []

    # Draws

    def amount_sat(self) -> int:
        return self.random.randint(1, 500)

    def fee_msat(self) -> int:
        return self.random.randint(0, 1999)

    # Kinds: each says how many payments it made

    def receive_internal(self, wallet: Wallet) -> int:
        self.theatre.peer.pay(wallet.create_invoice(self.amount_sat(), "from a peer"))
        return 1

    def send_internal(self, wallet: Wallet) -> int:
        wallet.pay(self.theatre.peer.create_invoice(self.amount_sat(), "to a peer"))
        return 1

    def send_between(self, wallet: Wallet) -> int:
        other = next(w for w in self.theatre.wallets.values() if w is not wallet)
        wallet.pay(other.create_invoice(self.amount_sat(), "between two that are watched"))
        return 1

    def send_to_self(self, wallet: Wallet) -> int:
        wallet.pay(wallet.create_invoice(self.amount_sat(), "to myself"))
        return 1

    def foreign(self, answer: str) -> Invoice:
        return self.theatre.lnbits.foreign_invoice(
            self.amount_sat(), "another node", answer, self.fee_msat()
        )

    def send_external(self, wallet: Wallet) -> int:
        wallet.pay(self.foreign("settled"))
        return 1

    def fail_external(self, wallet: Wallet) -> int:
        invoice = self.foreign("failed")
        wallet.pay(invoice)
        self.failed.append((wallet, invoice))
        return 1

    def leave_pending(self, wallet: Wallet) -> int:
        invoice = self.foreign("pending")
        # Listed first: whether LNbits still answers or not, it can have taken the payment on.
        self.pending.append((wallet, invoice))
        wallet.pay(invoice)
        return 1

    def resolve_pending(self, _: Wallet) -> int:
        if not self.pending:
            return 0
        payer, invoice = self.pending[self.random.randrange(len(self.pending))]
        status = self.random.choice(("settled", "settled", "failed"))
        self.theatre.lnbits.resolve(payer, invoice, status, self.fee_msat())
        self.pending.remove((payer, invoice))
        if status == "failed":
            self.failed.append((payer, invoice))
        return 0

    def settle_after_failure(self, _: Wallet) -> int:
        if not self.failed:
            return 0
        payer, invoice = self.failed.pop(self.random.randrange(len(self.failed)))
        self.theatre.lnbits.settle_failed(payer, invoice, self.fee_msat())
        return 0

    def receive_external(self, wallet: Wallet) -> int:
        invoice = wallet.create_invoice(self.amount_sat(), "from outside")
        self.theatre.lnbits.receive(wallet, [invoice])
        if self.random.random() < 0.2:
            self.theatre.lnbits.repeat_notification(invoice)
        return 1

    def receive_silently(self, wallet: Wallet) -> int:
        invoice = wallet.create_invoice(self.amount_sat(), "from outside, unsaid")
        self.theatre.lnbits.receive(wallet, [invoice], announced=False)
        return 1

    def receive_many(self, wallet: Wallet) -> int:
        invoices = wallet.create_invoices(BURST, self.amount_sat())
        self.theatre.lnbits.receive(wallet, invoices)
        return BURST

    def receive_credit(self, wallet: Wallet) -> int:
        self.theatre.lnbits.change_balance(wallet, self.amount_sat())
        return 1

    def suffer_debit(self, wallet: Wallet) -> int:
        self.theatre.lnbits.change_balance(wallet, -self.amount_sat())
        return 1

    def only_ask(self, wallet: Wallet) -> int:
        """An invoice that nobody pays is no payment, whatever a forger says of it."""
        self.unpaid.append((wallet, wallet.create_invoice(self.amount_sat(), "never paid")))
        return 0

    def send_slowly(self, wallet: Wallet) -> int:
        wallet.pay(self.theatre.slow_invoice(self.amount_sat(), 1.5, self.fee_msat()))
        return 1
