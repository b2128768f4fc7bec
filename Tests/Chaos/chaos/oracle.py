"""What had to come of it: LNbits' own rows, and the rules of the contract, against the stories."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from lab.lnbits import Wallet

from .subscriber import Story, Told
from .theatre import Theatre

PAGE = 1000

LEGAL = {
    "incoming": {("settled",)},
    "outgoing": {
        ("settled",),
        ("pending",),
        ("pending", "settled"),
        ("pending", "failed"),
        ("pending", "failed", "settled"),
    },
}


@dataclass(frozen=True)
class Row:
    """A payment as LNbits itself has it."""

    wallet: str
    payment_id: str
    amount_msat: int
    fee_msat: int
    status: str

    @property
    def final_states(self) -> set[tuple[str, ...]]:
        """Which tellings can be the whole truth about it."""
        if self.amount_msat > 0:
            return {("settled",)} if self.status == "success" else {()}
        last = {"success": "settled", "pending": "pending", "failed": "failed"}[self.status]
        told = {states for states in LEGAL["outgoing"] if states[-1] == last}
        # One that was never seen pending is not told when it fails.
        return told | {()} if last == "failed" else told

    @property
    def effect_msat(self) -> int:
        if self.amount_msat > 0:
            return self.amount_msat if self.status == "success" else 0
        return 0 if self.status == "failed" else self.amount_msat - abs(self.fee_msat)


def rows_of(name: str, wallet: Wallet) -> list[Row]:
    rows: list[Row] = []
    while page := wallet.rows(f"limit={PAGE}&offset={len(rows)}&sortby=time&direction=asc"):
        rows += [
            Row(name, row["checking_id"], row["amount"], row["fee"], row["status"]) for row in page
        ]
    return rows


class Oracle:
    """Made before the first payment; asked when all is over."""

    def __init__(self, theatre: Theatre):
        self.theatre = theatre
        self.opening = {name: self.ids(name) for name in theatre.wallets}

    def ids(self, name: str) -> set[str]:
        return {row.payment_id for row in rows_of(name, self.theatre.wallets[name])}

    # The truth against one story

    def complaints_about_truth(self, told: list[Told]) -> list[str]:
        """Every state once, none missing, none too many, the balances LNbits' own."""
        states: dict[tuple[str, str], list[str]] = defaultdict(list)
        final: dict[tuple[str, str], dict[str, Any]] = {}
        for data in (json.loads(event.data) for event in told if event.kind == "payment"):
            key = (data["wallet"], data["payment_id"])
            states[key].append(data["status"])
            final[key] = data
        complaints: list[str] = []
        for name, wallet in self.theatre.wallets.items():
            rows = {(name, row.payment_id): row for row in rows_of(name, wallet)}
            for key, row in rows.items():
                is_old = row.payment_id in self.opening[name]
                allowed = {()} if is_old else row.final_states
                if tuple(states.get(key, ())) not in allowed:
                    complaints.append(f"{row} was told as {states.get(key, [])}")
                elif key in final:
                    complaints += self._complaints_about_amounts(row, final[key])
            strangers = {key for key in states if key[0] == name} - set(rows)
            complaints += [f"{key} was told and LNbits has no such payment" for key in strangers]
            complaints += self._complaints_about_balance(name, wallet, rows, told)
        return complaints

    def _complaints_about_amounts(self, row: Row, data: dict[str, Any]) -> list[str]:
        direction = "incoming" if row.amount_msat > 0 else "outgoing"
        wanted = (direction, abs(row.amount_msat), abs(row.fee_msat))
        got = (data["direction"], data["amount_msat"], data["fee_msat"])
        # The fee of one that is not settled is a reserve, which LNbits goes on showing.
        if row.status != "success":
            wanted, got = wanted[:2], got[:2]
        return [] if wanted == got else [f"{row} was told with {got}"]

    def _complaints_about_balance(
        self, name: str, wallet: Wallet, rows: dict[tuple[str, str], Row], told: list[Told]
    ) -> list[str]:
        complaints, known = [], None
        for event in told:
            data = json.loads(event.data)
            if event.kind != "balance" or data["wallet"] != name:
                continue
            if data["cause"] not in ("payment", "initial"):
                complaints.append(f"{event.id}: a balance by {data['cause']}: {event.data}")
            if known is not None and known + data["change_msat"] != data["balance_msat"]:
                complaints.append(f"{event.id}: {data} does not follow {known}")
            known = data["balance_msat"]
        own = wallet.balance_msat
        served = self.theatre.bridge.get(f"/api/v1/balance?wallet={name}").json["balance_msat"]
        if not own == known == served:
            complaints.append(f"{name}: LNbits says {own}, told {known}, served {served}")
        if sum(row.effect_msat for row in rows.values()) != own:
            complaints.append(f"{name}: LNbits contradicts itself: its rows do not add up to {own}")
        return complaints

    # The bridge itself

    def complaints_about_status(self) -> list[str]:
        complaints = []
        for name in self.theatre.wallets:
            source = self.theatre.bridge.source(name)
            if (source["state"], source["books"]) != ("connected", "balanced"):
                complaints.append(f"{name}: {source['state']}, books {source['books']}")
            if source["unexplained_msat"] != 0:
                complaints.append(f"{name}: {source['unexplained_msat']} msat unexplained")
        return complaints


def complaints_about_story(story: Story, reference: list[Told]) -> list[str]:
    """One subscriber against the log: the same events, once each, in the same order."""
    complaints = [f"{story.name}: {complaint}" for complaint in story.complaints]
    told = list(story.told)
    if told == reference:
        return complaints
    counts = Counter(event.id for event in told)
    doubled = sorted(identifier for identifier, count in counts.items() if count > 1)
    missed = [event.id for event in reference if event.id not in counts]
    strange = [event for event in told if event not in set(reference)]
    what = f"{len(told)} events of {len(reference)}"
    what += f", doubled {doubled[:5]}, missed {missed[:5]}, strange {strange[:3]}"
    if not (doubled or missed or strange):
        what += ", in another order"
    return [*complaints, f"{story.name}: {what}"]


def complaints_about_order(reference: list[Told]) -> list[str]:
    """Ids of one epoch that only grow, and payments that go only legal ways."""
    epochs = {event.id.rsplit("-", 1)[0] for event in reference}
    numbers = [int(event.id.rsplit("-", 1)[1]) for event in reference]
    complaints = [] if len(epochs) == 1 else [f"several epochs: {epochs}"]
    if numbers != sorted(set(numbers)):
        complaints.append("ids do not grow")
    states: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for data in (json.loads(event.data) for event in reference if event.kind == "payment"):
        states[data["wallet"], data["payment_id"], data["direction"]].append(data["status"])
    complaints += [
        f"{key} went an illegal way: {ways}"
        for key, ways in states.items()
        if tuple(ways) not in LEGAL[key[2]]
    ]
    return complaints
