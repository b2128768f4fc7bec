"""A real LNbits, a network with holes, a bridge: and the wallets that the play is about."""

import http.client
import random
from pathlib import Path
from typing import Any

from lab.backend import Invoice
from lab.bridge import QUICK_UPSTREAM, REPOSITORY, Bridge
from lab.lnbits import LNbits, LNbitsError, Wallet
from lab.process import free_port
from lab.rest import Answer

from .black_hole import BlackHoleProxy
from .timeline import Timeline

ENVIRONMENT = REPOSITORY / ".cache" / "lnbits-1.6.2"
WATCHED = ("main", "shop")
OPENING_SAT = 10_000_000
LNBITS_DEFAULT_LIMIT = 200
PAY_WAIT_S = 1
# Holes shorter than the default heartbeat would go unnoticed, so the quick play has quick ones.
QUICK = {
    **QUICK_UPSTREAM,
    "heartbeat_ms": 1000,
    "heartbeat_timeout_ms": 1000,
    "request_timeout_ms": 4000,
    "reconcile_ms": 3000,
}

DOWN = (OSError, http.client.HTTPException, LNbitsError, ValueError)
"""What a call of LNbits may raise while it is being killed."""


class BusyLNbits(LNbits):
    """Its users come from many addresses, so that the default rate limit is the bridge's alone."""

    calls = 0

    def request(self, method: str, path: str, **arguments: Any) -> Answer:
        self.calls += 1
        headers = dict(arguments.pop("headers", None) or {})
        # Uvicorn believes this header from loopback.
        headers["X-Forwarded-For"] = f"10.0.{self.calls // 50 % 256}.7"
        return super().request(method, path, headers=headers, **arguments)


class Theatre:
    """Everything real. `has_defaults` leaves limits, delays and the rate limit on both sides."""

    def __init__(self, folder: Path, seed: int, has_defaults: bool):
        self.timeline = Timeline()
        self.random = random.Random(f"play {seed}")
        limit = {"rate_limit_per_minute": LNBITS_DEFAULT_LIMIT} if has_defaults else {}
        self.lnbits = BusyLNbits(ENVIRONMENT, folder / "lnbits", pay_wait_s=PAY_WAIT_S, **limit)
        self.lnbits.start()
        self.proxy = BlackHoleProxy(self.lnbits.url)
        self.bridge = Bridge(folder / "bridge")
        self.bridge.log_level = "info"
        # It comes back where its subscribers look for it.
        self.bridge.configuration["server"]["listen"] = f"127.0.0.1:{free_port()}"
        self.bridge.configuration["upstream"] = {} if has_defaults else dict(QUICK)
        self.wallets: dict[str, Wallet] = {}
        for name in WATCHED:
            self.wallets[name] = self.lnbits.create_wallet(name, OPENING_SAT)
            self.bridge.add_wallet(name, self.proxy.url, self.wallets[name].invoice_key)
        self.peer = self.lnbits.create_wallet("peer", OPENING_SAT)

    def open(self) -> None:
        self.bridge.start()
        for name in WATCHED:
            self.bridge.wait_for_state("connected", 60, name)
            self.bridge.wait_for_balance(OPENING_SAT * 1000, 60, name)

    def close(self) -> None:
        self.bridge.kill()
        self.proxy.close()
        self.lnbits.thaw()
        self.lnbits.stop()

    def slow_invoice(self, amount_sat: int, delay_s: float, fee_msat: int) -> Invoice:
        """Another node's, which takes longer to be paid than LNbits waits."""
        made = self.lnbits.script(
            "foreign-invoice",
            amount_sat=amount_sat,
            memo="slow",
            answer="settled",
            answer_delay_s=delay_s,
            fee_msat=fee_msat,
        )
        return Invoice(made["bolt11"], made["payment_hash"], amount_sat * 1000)
