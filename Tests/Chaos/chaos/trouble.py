"""Kills, black holes, drops and forgeries, each on a thread of its own, by a plan from the seed."""

import json
import random
import threading
import time
from dataclasses import dataclass

from .payments import Payments
from .theatre import DOWN, WATCHED, Theatre

QUICK_HOLE_S = (2.5, 4.0)
DEFAULT_HOLE_S = (41.0, 47.0)
"""Beyond the default heartbeat and its timeout, 30 s and 10 s."""
FORGERY_INTERVAL_S = (0.1, 0.6)
DROP_INTERVAL_S = (0.2, 1.0)


@dataclass(frozen=True)
class Plan:
    """How much of what, over how many seconds."""

    seconds: float
    bridge_kills: int
    lnbits_kills: int
    black_holes: int
    has_long_holes: bool


class Trouble:
    """Makes trouble until its plan is done or `stop` is called."""

    def __init__(
        self, theatre: Theatre, payments: Payments, subscribers: list, plan: Plan, seed: int
    ):
        self.theatre = theatre
        self.payments = payments
        self.subscribers = subscribers
        self.plan = plan
        self.seed = seed
        self.struck = threading.Event()
        payments.acted = self.struck.set
        self.is_over = threading.Event()
        self.failures: list[str] = []
        self.bridge_kills = self.lnbits_kills = self.black_holes = self.forgeries = 0
        self.planned = [
            self._start(self.kill_bridges),
            self._start(self.kill_lnbits),
            self._start(self.open_holes),
        ]
        self.endless = [self._start(self.forge), self._start(self.drop)]

    def _start(self, action) -> threading.Thread:
        def run() -> None:
            try:
                action(random.Random(f"{action.__name__} {self.seed}"))
            except Exception as error:
                self.failures.append(f"{action.__name__}: {type(error).__name__}: {error}")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def finish(self) -> None:
        """Waits for what is planned, ends what is endless."""
        for thread in self.planned:
            thread.join()
        self.is_over.set()
        for thread in self.endless:
            thread.join()

    def _moments(self, random: random.Random, count: int, seconds: float) -> list[float]:
        """One moment in each of `count` equal stretches."""
        return [(index + random.random()) * seconds / count for index in range(count)]

    def _sleep_until(self, moment: float) -> None:
        time.sleep(max(0, self.started + moment - time.monotonic()))

    @property
    def started(self) -> float:
        return self.theatre.timeline.started

    def kill_bridges(self, random: random.Random) -> None:
        bridge, note = self.theatre.bridge, self.theatre.timeline.note
        begin = self.theatre.timeline.now
        for moment in self._moments(random, self.plan.bridge_kills, self.plan.seconds):
            self._sleep_until(begin + moment)
            if random.random() < 0.6:
                # Just when something has happened: in the middle of the reconcile for it.
                self.struck.clear()
                self.struck.wait(5)
                time.sleep(random.uniform(0, 0.08))
            bridge.kill()
            self.bridge_kills += 1
            note(f"bridge killed ({self.bridge_kills})")
            time.sleep(random.choice((0, 0.1, 0.5, 2)))
            bridge.start()
            note("bridge serves again")

    def kill_lnbits(self, random: random.Random) -> None:
        lnbits, note = self.theatre.lnbits, self.theatre.timeline.note
        begin = self.theatre.timeline.now
        for moment in self._moments(random, self.plan.lnbits_kills, self.plan.seconds):
            self._sleep_until(begin + moment)
            lnbits.kill()
            self.lnbits_kills += 1
            note(f"LNbits killed ({self.lnbits_kills})")
            time.sleep(random.uniform(0.2, 2))
            lnbits.start()
            note("LNbits answers again")

    def open_holes(self, random: random.Random) -> None:
        begin, count = self.theatre.timeline.now, self.plan.black_holes
        stretch = self.plan.seconds / max(1, count)
        for index in range(count):
            bounds = DEFAULT_HOLE_S if self.plan.has_long_holes else QUICK_HOLE_S
            length = random.uniform(*bounds)
            self._sleep_until(begin + index * stretch + random.random() * max(0, stretch - length))
            loses_links = random.random() < 0.7
            self.theatre.proxy.open_hole()
            self.black_holes += 1
            self.theatre.timeline.note(f"black hole ({self.black_holes}) for {length:.1f} s")
            time.sleep(length)
            self.theatre.proxy.close_hole(loses_links)
            what = "its links are lost" if loses_links else "its links go on"
            self.theatre.timeline.note(f"black hole closed, {what}")

    def drop(self, random: random.Random) -> None:
        while not self.is_over.wait(random.uniform(*DROP_INTERVAL_S)):
            subscriber = random.choice(self.subscribers)
            subscriber.drop()
            self.theatre.timeline.note(f"dropped {subscriber.story.name}")

    def forge(self, random: random.Random) -> None:
        while not self.is_over.wait(random.uniform(*FORGERY_INTERVAL_S)):
            wallet = self.theatre.wallets[random.choice(WATCHED)]
            try:
                self.theatre.lnbits.forge_frame(wallet, self.forgery(random, wallet))
                self.forgeries += 1
            except DOWN:
                pass

    def forgery(self, random: random.Random, wallet) -> str:
        """A frame that somebody with the invoice key made up."""
        unpaid = [invoice for owner, invoice in list(self.payments.unpaid) if owner is wallet]
        known = random.choice(unpaid).payment_hash if unpaid else "00" * 32
        row = {
            "checking_id": random.choice((known, "ff" * 32)),
            "payment_hash": random.choice((known, "ee" * 32)),
            "wallet_id": wallet.id,
            "amount": random.choice((1, 10**9, -(10**9), 2**63)),
            "fee": random.choice((0, -1000)),
            "status": random.choice(("success", "pending", "failed")),
            "bolt11": "lnbc1forged",
            "memo": "forged",
            "time": "2026-01-01T00:00:00+00:00",
            "created_at": "2026-01-01T00:00:00+00:00",
            "updated_at": "2036-01-01T00:00:00+00:00",
            "extra": {},
        }
        return random.choice(
            (
                json.dumps({"wallet_balance": random.randrange(10**6), "payment": row}),
                json.dumps({"wallet_balance": random.randrange(10**9)}),
                json.dumps({"payment": row}),
                "not JSON at all {",
                "[" * 500,
                "",
            )
        )
