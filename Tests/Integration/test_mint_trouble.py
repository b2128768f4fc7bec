"""Whatever becomes of a mint or of the way to it, each transition is told once, and nobody is fooled."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.cashu_wallet import CashuWallet
from lab.mint_ears import Ears
from lab.mint_proxy import MintProxy
from lab.process import wait_until
from lab.proxy import BAD_GATEWAY
from lab.rest import request
from lab.scenario import CONNECT_TIMEOUT_S, TIME_FACTOR

SLOW_RECONCILE = {"reconcile_ms": 3_600_000}
QUICK_RECONCILE = {"reconcile_ms": 2000}
HEARTBEAT = {"heartbeat_ms": 2000, "heartbeat_timeout_ms": 1000, "request_timeout_ms": 2000}
# A probe is due within the interval, its answer within the timeout.
HEARTBEAT_BOUND_S = 3 * TIME_FACTOR + 1
POLLED_BOUND_S = 4 * TIME_FACTOR
# What the bridge allows a mint to notify of what a question found out already.
PATIENCE_S = 10
# Nutshell forgets its limit after a minute of silence.
SILENCE_S = 60


def until(instant: str) -> float:
    """Seconds from now to a time of the bridge's."""
    return (datetime.fromisoformat(instant) - datetime.now(UTC)).total_seconds()


# Outages


def test_a_connection_that_is_cut(mint_stage, mint, mint_proxy: MintProxy):
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    told, handle = scene.watch_new_quote()
    later, other = scene.watch_new_quote()
    mint.receive(told.bolt11)
    scene.expect(handle, "PAID")
    mint_proxy.cut_sockets()
    mint.receive(later.bolt11)
    scene.expect(other, "PAID", within=CONNECT_TIMEOUT_S)
    assert scene.bridge.source("alpha")["disconnections"] == 1
    assert ("reconnecting", "network") in scene.states()
    scene.check_that_it_lives()
    scene.expect(handle, "PAID")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_mint_that_ends_and_begins_again(mint_stage, mortal_mint, end):
    scene = mint_stage(mortal_mint, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mortal_mint.receive(quote.bolt11)
    scene.expect(handle, "PAID")
    getattr(mortal_mint, end)()
    source = scene.bridge.wait_for_state("reconnecting", 5 * TIME_FACTOR, "alpha")
    assert source["reason"] in ("closed", "network")
    assert source["last_close_code"] == (1012 if end == "stop" else source["last_close_code"])
    assert scene.bridge.get("/readyz").status == 503
    mortal_mint.start()
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED", within=CONNECT_TIMEOUT_S)
    scene.check_that_it_lives()


def test_attempts_in_vain_cost_no_budget(mint_stage, mortal_mint):
    scene = mint_stage(mortal_mint, **SLOW_RECONCILE)
    scene.watch_new_quote()
    mortal_mint.stop()
    # More than a mint that is there would bear in a minute.
    wait_until(lambda: scene.bridge.source("alpha")["connection_attempts"] > 25, 30, "attempts")
    mortal_mint.start()
    scene.check_that_it_lives()


def test_a_mint_that_hangs(mint_stage, mortal_mint):
    scene = mint_stage(mortal_mint, **HEARTBEAT, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mortal_mint.freeze()
    scene.bridge.wait_for_state("reconnecting", HEARTBEAT_BOUND_S, "alpha")
    wait_until(lambda: ("reconnecting", "heartbeat") in scene.states(), 5, "its event")
    mortal_mint.thaw()
    mortal_mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", within=CONNECT_TIMEOUT_S)
    scene.check_that_it_lives()


def test_a_mint_whose_payment_was_pending_when_it_was_killed(mint_stage, mortal_mint, other_mint):
    scene = mint_stage(mortal_mint, **SLOW_RECONCILE)
    quote, proofs, handle = scene.watch_new_melt(CashuWallet(other_mint.url))
    scene.wallet.melt(quote, proofs)
    scene.expect(handle, "PENDING")
    mortal_mint.kill()
    scene.bridge.wait_for_state("reconnecting", 5 * TIME_FACTOR, "alpha")
    mortal_mint.start()
    scene.bridge.wait_for_state("connected", CONNECT_TIMEOUT_S, "alpha")
    scene.expect(handle, "PENDING")
    mortal_mint.resolve(quote.bolt11)
    # Nobody waits for the payment any more: the mint looks when it is asked.
    assert scene.wallet.melt_state(quote) == "PAID"
    scene.expect(handle, "PENDING", "PAID")


@pytest.mark.parametrize("fault", ["frames_are_swallowed", "only_pongs_pass"])
def test_a_zombie_is_noticed_by_the_heartbeat(mint_stage, mint, mint_proxy: MintProxy, fault):
    scene = mint_stage(mint, url=mint_proxy.url, **HEARTBEAT, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    setattr(mint_proxy, fault, True)
    mint.receive(quote.bolt11)
    scene.bridge.wait_for_state("reconnecting", HEARTBEAT_BOUND_S, "alpha")
    wait_until(lambda: ("reconnecting", "heartbeat") in scene.states(), 5, "its event")
    setattr(mint_proxy, fault, False)
    scene.expect(handle, "PAID", within=CONNECT_TIMEOUT_S)
    scene.check_that_it_lives()


def test_a_mint_that_answers_on_its_socket_only(mint_stage, mint, mint_proxy: MintProxy):
    scene = mint_stage(mint, url=mint_proxy.url, **QUICK_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mint_proxy.fault = BAD_GATEWAY
    scene.bridge.wait_for_state("error", POLLED_BOUND_S, "alpha")
    assert scene.bridge.source("alpha")["delivery"] == "unreachable"
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", via="websocket")
    mint_proxy.fault = None
    scene.check_that_it_lives()


def test_a_mint_that_closes_idle_connections(mint_stage, idle_closing_mint):
    scene = mint_stage(idle_closing_mint, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    wait_until(lambda: scene.bridge.source("alpha")["disconnections"] >= 1, 10, "a close")
    assert scene.bridge.source("alpha")["last_close_code"] == 1000
    idle_closing_mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", within=CONNECT_TIMEOUT_S)
    scene.check_that_it_lives()


# Mints that do not notify


@pytest.mark.parametrize("settings", [{}, {"websocket": False}], ids=["no NUT-17", "by choice"])
def test_without_a_socket_the_mint_is_asked(mint_stage, mint, mint_proxy: MintProxy, settings):
    mint_proxy.hides_websockets = not settings
    scene = mint_stage(mint, url=mint_proxy.url, **QUICK_RECONCILE, **settings)
    scene.wait_for_delivery("polling", 5)
    assert scene.bridge.get("/readyz").status == 200
    quote, handle = scene.watch_new_quote()
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", within=POLLED_BOUND_S, via="poll")
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED", within=POLLED_BOUND_S, via="poll")
    assert mint_proxy.requests["upgrade"] == 0


def test_a_mint_that_acknowledges_and_never_notifies(mint_stage, mint, mint_proxy: MintProxy):
    mint_proxy.notification_copies = 0
    scene = mint_stage(mint, url=mint_proxy.url, **QUICK_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", within=POLLED_BOUND_S, via="poll")
    scene.wait_for_delivery("polling", PATIENCE_S + POLLED_BOUND_S)
    assert scene.bridge.source("alpha")["state"] == "connected"
    mint_proxy.notification_copies = 1
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED", within=POLLED_BOUND_S)
    scene.wait_for_delivery("live", 5)


def test_a_mint_that_tells_everything_twice(mint_stage, mint, mint_proxy: MintProxy):
    mint_proxy.notification_copies = 2
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID")
    scene.wallet.mint(quote)
    scene.expect(handle, "PAID", "ISSUED")
    scene.check_that_it_lives()
    scene.expect(handle, "PAID", "ISSUED")
    assert scene.bridge.source("alpha")["frames_duplicate"] >= 2


# What a mint says that cannot be read, or not as it is meant


def test_a_proof_in_a_state_of_no_standard_silences_nobody(
    mint_stage, mint, mint_proxy: MintProxy, other_mint
):
    scene = mint_stage(mint, url=mint_proxy.url, websocket=False, **QUICK_RECONCILE)
    quote = scene.wallet.request_melt(CashuWallet(other_mint.url).request_mint(50).bolt11)
    proofs = scene.wallet.buy(mint, quote.amount + quote.fee_reserve)
    assert len(proofs) > 1
    reserved = proofs[0].y

    def falsify(path: str, answer: Any) -> Any:
        for state in answer["states"] if path == "/v1/checkstate" else ():
            state["state"] = "RESERVED" if state["Y"] == reserved else state["state"]
        return answer

    mint_proxy.falsify = falsify
    unread, *others = [
        scene.bridge.open_watch("alpha", "proof_state", proof.y)["handle"] for proof in proofs
    ]
    scene.wallet.melt(quote, proofs)
    for handle in others:
        scene.expect(handle, "PENDING", within=3 * POLLED_BOUND_S, via="poll")
    mint.resolve(quote.bolt11)
    for handle in others:
        scene.expect(handle, "PENDING", "SPENT", within=3 * POLLED_BOUND_S, via="poll")
    scene.expect(unread)
    source = scene.bridge.source("alpha")
    assert (source["state"], source["delivery"]) == ("connected", "polling")
    assert source["rows_skipped"] == 1
    assert unread in source["last_error"]
    assert {state for state, _ in scene.states()} <= {"connecting", "connected"}
    # And once it can be read, it is told.
    mint_proxy.falsify = None
    scene.expect(unread, "SPENT", within=3 * POLLED_BOUND_S, via="poll")
    assert scene.bridge.source("alpha")["last_error"] is None


@pytest.mark.parametrize(
    "entry", [{"method": "bolt12", "unit": "sat"}, {"commands": [7, None]}, None]
)
def test_an_entry_that_cannot_be_read_leaves_the_socket_on(
    mint_stage, mint, mint_proxy: MintProxy, entry
):
    def falsify(path: str, answer: Any) -> Any:
        if path == "/v1/info":
            answer["nuts"]["17"]["supported"].insert(0, entry)
        return answer

    mint_proxy.falsify = falsify
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    scene.check_that_it_lives()
    source = scene.bridge.source("alpha")
    assert source["rows_skipped"] == (2 if entry and "method" not in entry else 1)
    assert "/v1/info" in source["last_error"]


def test_a_quote_that_only_our_clock_calls_over(mint_stage, mint, mint_proxy: MintProxy):
    """To the bridge the quotes' times look as they would with a clock that is hours ahead."""

    def falsify(path: str, answer: Any) -> Any:
        if "/quote/" in path:
            for quote in answer if isinstance(answer, list) else [answer]:
                quote["expiry"] = int(time.time()) - 2 * 3600
        return answer

    mint_proxy.falsify = falsify
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    first, handle = scene.watch_new_quote()
    second, other = scene.watch_new_quote()
    for expired in (handle, other):
        scene.expect(expired, "EXPIRED", within=2 * POLLED_BOUND_S)
    mint.receive(first.bolt11)
    scene.expect(handle, "EXPIRED", "PAID", via="websocket")
    scene.bridge.kill()
    mint.receive(second.bolt11)
    scene.bridge.start()
    scene.listen()
    scene.expect(other, "EXPIRED", "PAID", within=CONNECT_TIMEOUT_S)
    scene.wallet.mint(second)
    scene.expect(other, "EXPIRED", "PAID", "ISSUED")


# Limits, ours and the mint's own


def test_a_quick_heartbeat_leaves_room_for_coming_back(mint_stage, mint, mint_proxy: MintProxy):
    scene = mint_stage(
        mint, url=mint_proxy.url, heartbeat_ms=1500, heartbeat_timeout_ms=1000, **SLOW_RECONCILE
    )
    quotes = [scene.wallet.request_mint(21) for _ in range(21)]
    # All at once: one subscription holds them.
    watched = [
        (quote, scene.bridge.open_watch("alpha", "bolt11_mint_quote", quote.id)["handle"])
        for quote in quotes
    ]
    quiet = Counter()

    def probes_have_ended() -> bool:
        quiet[scene.bridge.source("alpha")["frames_received"]] += 1
        return max(quiet.values()) > 40

    # Frames come with each probe, none with a ping.
    wait_until(probes_have_ended, 60, "the probes have used what they may", interval=0.1)
    mint_proxy.cut_sockets()
    for quote, _ in watched:
        mint.receive(quote.bolt11)
    for _, handle in watched:
        scene.expect(handle, "PAID", within=5 * TIME_FACTOR)
    source = scene.bridge.source("alpha")
    assert (source["state"], source["delivery"]) == ("connected", "live")


def test_a_limited_mint_is_left_in_peace_for_a_minute(mint_stage, mint, mint_proxy: MintProxy):
    mint_proxy.come_from_elsewhere()
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    quote, handle = scene.watch_new_quote()
    # Somebody behind the same address talks too much, and the bridge is the next to speak.
    Ears(mint_proxy.url).exhaust_limit(quote.id)
    late = scene.wallet.request_mint(21)
    late_handle = scene.bridge.open_watch("alpha", "bolt11_mint_quote", late.id)["handle"]
    scene.wait_for_delivery("rate_limited", 5)
    limited_at = time.monotonic()
    # What was subscribed before is told all the same.
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", via="websocket")
    mint.receive(late.bolt11)
    asked = sum(mint_proxy.requests.values())
    scene.expect(late_handle, "PAID", within=SILENCE_S + CONNECT_TIMEOUT_S)
    assert time.monotonic() - limited_at >= SILENCE_S
    assert sum(mint_proxy.requests.values()) - asked <= 2, "it asked on"
    scene.check_that_it_lives()


def test_a_limited_mint_refuses_a_connection(mint_stage, mint, mint_proxy: MintProxy):
    mint_proxy.come_from_elsewhere()
    scene = mint_stage(mint, url=mint_proxy.url, **SLOW_RECONCILE)
    quote, _ = scene.watch_new_quote()
    Ears(mint_proxy.url).exhaust_limit(quote.id)
    mint_proxy.cut_sockets()
    scene.wait_for_delivery("rate_limited", 5)
    source = scene.bridge.wait_for_state("reconnecting", 5, "alpha")
    assert until(source["next_retry_at"]) > SILENCE_S - 5
    assert scene.bridge.get("/readyz").status == 503


def test_a_limited_mint_refuses_a_question(mint_stage, mint, mint_proxy: MintProxy):
    mint_proxy.come_from_elsewhere()
    scene = mint_stage(mint, url=mint_proxy.url, **QUICK_RECONCILE)
    quote, handle = scene.watch_new_quote()
    question = f"{mint_proxy.url}/v1/mint/quote/bolt11/{quote.id}"
    wait_until(lambda: request("GET", question).status == 429, 10, "the mint limits", interval=0)
    scene.wait_for_delivery("rate_limited", 5)
    asked = sum(mint_proxy.requests.values())
    mint.receive(quote.bolt11)
    scene.expect(handle, "PAID", via="websocket")
    time.sleep(POLLED_BOUND_S)
    assert sum(mint_proxy.requests.values()) == asked, "it asks a mint that limits it"
