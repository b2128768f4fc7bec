"""The play of most tests of mints: something is watched, something happens, the bridge tells it."""

from dataclasses import dataclass, field

from .bridge import REPOSITORY, Bridge
from .cashu_wallet import CashuWallet, Proof, Quote
from .nutshell import Nutshell
from .process import wait_until
from .scenario import CONNECT_TIMEOUT_S, TIME_FACTOR
from .stream import Event, EventStream

TOLD_BOUND_S = 10 * TIME_FACTOR
"""What a mint notifies of is published within this, on a busy machine too: no measure of how soon."""


@dataclass
class MintStage:
    """A mint named `alpha`, a wallet there, and a bridge that watches, with one stream open."""

    mint: Nutshell
    bridge: Bridge
    wallet: CashuWallet
    stream: EventStream = field(init=False)

    @classmethod
    def set(
        cls, mint: Nutshell, bridge: Bridge, *, url: str | None = None, **settings: object
    ) -> "MintStage":
        """Starts the bridge and waits until it is connected.

        `url` stands for the mint's own, for a proxy; `settings` go to the mint's table.
        """
        stage = cls(mint, bridge, CashuWallet(mint.url))
        bridge.configuration["server"]["public_dir"] = str(REPOSITORY / "public")
        bridge.add_mint("alpha", url or mint.url, **settings)
        bridge.start()
        bridge.wait_for_state("connected", CONNECT_TIMEOUT_S, "alpha")
        stage.listen()
        return stage

    def listen(self) -> None:
        """Opens the stream from the very beginning."""
        self.stream = self.bridge.events("since=earliest")
        self.stream.wait_for(lambda s: s.of_kind("snapshot"), CONNECT_TIMEOUT_S, "a snapshot")

    # Watching

    def watch(self, kind: str, id: str, mint: str = "alpha") -> str:
        """The handle of a new watch, once the bridge has heard of it from the mint."""
        handle = self.bridge.open_watch(mint, kind, id)["handle"]
        self.wait_until_seen(handle)
        return handle

    def wait_until_seen(self, handle: str, timeout: float = CONNECT_TIMEOUT_S) -> None:
        shown = f"/api/v1/watches/{handle}"
        wait_until(lambda: self.bridge.get(shown).json["observed_at"], timeout, "it is seen")

    def watch_new_quote(self, amount: int = 21) -> tuple[Quote, str]:
        """A mint quote, and the handle of its watch."""
        quote = self.wallet.request_mint(amount)
        return quote, self.watch("bolt11_mint_quote", quote.id)

    def watch_new_melt(self, payee: CashuWallet) -> tuple[Quote, list[Proof], str]:
        """A melt quote for an invoice of another mint, tokens that suffice, and its handle."""
        quote = self.wallet.request_melt(payee.request_mint(50).bolt11)
        proofs = self.wallet.buy(self.mint, quote.amount + quote.fee_reserve)
        return quote, proofs, self.watch("bolt11_melt_quote", quote.id)

    # What was told

    def told(self, handle: str) -> list[Event]:
        return [e for e in self.stream.of_kind("watch") if e.data["handle"] == handle]

    def expect(
        self, handle: str, *states: str, within: float = TOLD_BOUND_S, via: str | None = None
    ) -> None:
        """The whole story of a watch so far: these states in this order, the last one `via`."""
        self.stream.wait_for(
            lambda _: len(self.told(handle)) >= len(states), within, f"{states} of {handle}"
        )
        told = self.told(handle)
        assert [event.data["state"] for event in told] == list(states)
        assert via is None or told[-1].data["via"] == via, told[-1]

    def states(self) -> list[tuple[str, str | None]]:
        """Of the mint, as the stream told them."""
        return [(e.data["state"], e.data["reason"]) for e in self.stream.of_kind("status")]

    def wait_for_delivery(self, delivery: str, timeout: float) -> None:
        wait_until(
            lambda: self.bridge.source("alpha")["delivery"] == delivery, timeout, delivery
        )

    def check_that_it_lives(self, timeout: float = CONNECT_TIMEOUT_S) -> None:
        """Connected, and told of what happens, without anybody's hand."""
        self.bridge.wait_for_state("connected", timeout, "alpha")
        self.wait_for_delivery("live", timeout)
        assert self.bridge.get("/readyz").status == 200
        quote, handle = self.watch_new_quote()
        self.mint.receive(quote.bolt11)
        self.expect(handle, "PAID", via="websocket")


def check_mint_story(stage: MintStage) -> None:
    """What must hold of any story, however it went.

    Each transition is told once, and begins where the one before it ended; ids grow; a second
    listener hears the same story; the list of watches agrees with it; no quote's id was said;
    and SIGTERM ends the bridge with status 0 within the contract's five seconds.
    """
    bridge = stage.bridge
    assert bridge.process is not None and bridge.process.is_running, bridge.log[-3000:]
    events = stage.stream.of_kind("watch")
    latest: dict[str, str] = {}
    for event in events:
        handle, previous = event.data["handle"], event.data["previous_state"]
        assert latest.get(handle, previous) == previous != event.data["state"], event
        latest[handle] = event.data["state"]

    ids = [int(str(event.id).rsplit("-", 1)[1]) for event in events]
    assert ids == sorted(set(ids)), "ids do not grow"

    again = bridge.events("since=earliest&types=watch")
    again.wait_for(lambda s: s.of_kind("snapshot"), 10, "a snapshot")
    assert [(e.id, e.data) for e in again.durable] == [(e.id, e.data) for e in events]

    listed = {watch["handle"]: watch["state"] for watch in bridge.watches()}
    for handle, state in latest.items():
        assert listed.get(handle, state) == state

    check_no_secret_was_said(stage)
    assert bridge.stop() == 0
    for stream in (stage.stream, again):
        stream.thread.join(5)
        assert stream.ended_cleanly, "a stream was cut in the middle of an event"


def check_no_secret_was_said(stage: MintStage, further: str = "") -> None:
    """Of what the bridge ever said, and of what else is given."""
    said = stage.bridge.everything_said() + further
    for secret in stage.wallet.secrets:
        assert secret not in said, f"a secret was said: {secret[:6]}…"
