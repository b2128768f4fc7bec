"""A shop's day on the stub bridge: for screenshots, and to look at the page without a bridge."""

from __future__ import annotations

import argparse
import time

from stub_bridge import StubBridge
from stub_server import StubServer

SHOP = [
    "Flat white", "Table 4", "Two croissants", "Lunch menu", "Cold brew, oat milk", "", "Gift card",
    "Espresso", "Order 1183: sourdough, butter, eggs and a jar of the good marmalade", "Tip ⚡",
]
WATCHED = [
    ("bolt11_mint_quote", 2_100, ["PAID", "ISSUED"]), ("proof_state", None, ["SPENT"]),
    ("bolt11_melt_quote", 5_000, ["PENDING"]), ("bolt11_mint_quote", 21_000, []),
]


def fill(bridge: StubBridge, wallet: str, count: int = 40) -> None:
    """A believable day behind a counter, oldest first, without events on the wire."""
    spread = sorted((bridge.random.uniform(60, 80_000) for _ in range(count)), reverse=True)
    for index, seconds in enumerate(spread):
        if index % 7 == 3:
            bridge.pay(
                wallet, bridge.random.randrange(2_000_000, 9_000_000), "outgoing",
                memo=bridge.random.choice(["Roaster invoice", "Milk", "Bakery"]),
                fee_msat=bridge.random.randrange(1, 9_000), seconds_ago=seconds, quiet=True)
        else:
            bridge.pay(
                wallet, bridge.random.randrange(900, 24_000) * 1000,
                memo=bridge.random.choice(SHOP), seconds_ago=seconds, quiet=True,
                late=index % 13 == 5)


def demonstration(several: bool, with_mint: bool = False) -> StubBridge:
    wallets = [{"name": "till", "label": "Till", "balance_msat": 1_284_310_412}]
    if several:
        wallets += [
            {"name": "savings", "label": "Savings", "balance_msat": 21_000_000_000},
            {"name": "tips", "label": "Tips", "balance_msat": 48_210_000}]
    bridge = StubBridge(wallets)
    for wallet in bridge.balances:
        fill(bridge, wallet)
    if with_mint:
        bridge.add_mint()
        bridge.add_mint("nofees", "No fees", delivery="polling")
        for kind, amount, states in WATCHED:
            watch = bridge.watch("minibits", kind, "of nobody", amount)
            for state in states:
                bridge.move(watch["handle"], state)
    return bridge


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=2121)
    options.add_argument("--several", action="store_true")
    options.add_argument("--mint", action="store_true")
    options.add_argument("--seconds", type=float, default=600, help="how long to serve")
    chosen = options.parse_args()
    bridge = demonstration(chosen.several, chosen.mint)
    with StubServer(bridge, chosen.port) as server:
        print(server.url, flush=True)
        end = time.monotonic() + chosen.seconds
        while time.monotonic() < end:
            time.sleep(5)
            bridge.pay(next(iter(bridge.balances)), bridge.random.randrange(100, 9000) * 1000,
                       memo=bridge.random.choice(SHOP))


if __name__ == "__main__":
    main()
