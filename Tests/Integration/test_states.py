"""Every consumer can see the difference between "nothing happened" and "we cannot see"."""

import time

import pytest
from conftest import LNBITS

from lab.backend import Backend
from lab.process import wait_until
from lab.proxy import BAD_GATEWAY, NO_SUCH_PAGE, RATE_LIMITED, Proxy
from lab.scenario import (
    CONNECT_TIMEOUT_S,
    NEVER_MS,
    TIME_FACTOR,
    balance,
    payment,
    received,
)

RECONCILE_MS = 1000
HEARTBEAT = {"heartbeat_ms": 1000, "heartbeat_timeout_ms": 1000}
# A ping is due within the interval, its answer within the timeout.
HEARTBEAT_BOUND_S = 2 * TIME_FACTOR + 1
RECONCILE_BOUND_S = 3 * TIME_FACTOR
RESTART_TIMEOUT_S = 60


def check_that_it_lives_again(scene) -> None:
    """Connected, not stale, told of what happens, without anybody's hand."""
    scene.bridge.wait_for_state("connected", RESTART_TIMEOUT_S)
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, CONNECT_TIMEOUT_S)
    wait_until(lambda: not scene.bridge.balance()["stale"], 5, "the balance is fresh")
    assert scene.bridge.get("/readyz").status == 200
    scene.nothing_more()


def states(scene) -> list[tuple[str, str | None]]:
    return [(e.data["state"], e.data["reason"]) for e in scene.stream.of_kind("status")]


# Credentials


def test_a_wrong_key_is_refused_once_and_for_all(new_bridge, backend: Backend):
    proxy = Proxy(backend.url)
    try:
        bridge = new_bridge()
        bridge.add_wallet("main", proxy.url, "f" * 32, reconcile_ms=RECONCILE_MS)
        bridge.start()
        source = bridge.wait_for_state("failed", CONNECT_TIMEOUT_S, reason="credentials")
        assert source["next_retry_at"] is None
        asked = proxy.total_requests
        time.sleep(3)
        assert proxy.total_requests == asked, "it asks on with a key that was refused"
        assert bridge.get("/api/v1/balance").status == 503
        assert bridge.get("/readyz").status == 503
        assert bridge.stop() == 0
    finally:
        proxy.close()


def test_keys_that_are_reset_while_connected(stage, backend: Backend):
    scene = stage(backend, reconcile_ms=RECONCILE_MS)
    backend.reset_keys(scene.wallet)
    scene.bridge.wait_for_state("failed", RECONCILE_BOUND_S, reason="credentials")
    shown = scene.bridge.balance()
    assert (shown["state"], shown["stale"]) == ("failed", True)
    assert shown["balance_msat"] == scene.wallet.balance_msat, "the last number is still served"


def test_a_key_is_replaced_by_replacing_its_file(new_bridge, any_backend, tmp_path):
    wallet = any_backend.create_wallet("watched", 1000)
    key_file = tmp_path / "inkey"
    key_file.write_text(wallet.invoice_key + "\n")
    bridge = new_bridge()
    bridge.configuration["wallet"] = [
        {
            "name": "main",
            "url": any_backend.url,
            "invoice_key_file": str(key_file),
            "reconcile_ms": RECONCILE_MS,
        }
    ]
    bridge.start()
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)
    any_backend.reset_keys(wallet)
    bridge.wait_for_state("failed", RECONCILE_BOUND_S, reason="credentials")
    key_file.write_text(wallet.invoice_key + "\n")
    assert bridge.post("/api/v1/reconnect?source=main").status == 202
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)


# Outages


@pytest.mark.parametrize("backend", LNBITS, indirect=True)
def test_a_server_that_restarts(stage, restartable_backend: Backend):
    scene = stage(restartable_backend)
    invoice = scene.wallet.create_invoice(21, "paid while nobody looked")
    restartable_backend.stop()
    source = scene.bridge.wait_for_state("reconnecting", 5 * TIME_FACTOR)
    assert source["last_close_code"] == 1012
    assert source["reason"] in ("closed", "network")
    shown = scene.bridge.balance()
    assert (shown["stale"], shown["state"]) == (True, "reconnecting")
    assert scene.bridge.get("/readyz").status == 503

    restartable_backend.start()
    assert scene.peer.pay(invoice)
    scene.bridge.wait_for_state("connected", RESTART_TIMEOUT_S)
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, 10 * TIME_FACTOR)
    scene.stream.wait_for(lambda _: len(scene.news) >= 2, 5, "the payment")
    scene.take(received(21_000))
    source = scene.bridge.source()
    assert source["disconnections"] >= 1
    assert source["successful_connections"] >= 2
    check_that_it_lives_again(scene)


@pytest.mark.parametrize("backend", LNBITS, indirect=True)
def test_a_server_that_is_killed(stage, restartable_backend: Backend):
    scene = stage(restartable_backend)
    restartable_backend.kill()
    scene.bridge.wait_for_state("reconnecting", 5 * TIME_FACTOR)
    restartable_backend.start()
    check_that_it_lives_again(scene)


def test_a_server_that_freezes_is_noticed_by_the_heartbeat(stage, mortal_backend: Backend):
    scene = stage(mortal_backend, request_timeout_ms=3000, **HEARTBEAT)
    mortal_backend.freeze()
    scene.bridge.wait_for_state("reconnecting", HEARTBEAT_BOUND_S)
    wait_until(lambda: ("reconnecting", "heartbeat") in states(scene), 5, "its event")
    mortal_backend.thaw()
    check_that_it_lives_again(scene)


def test_a_socket_that_swallows_everything_is_noticed_by_the_heartbeat(
    stage, any_backend, proxy: Proxy
):
    scene = stage(any_backend, url=proxy.url, **HEARTBEAT)
    proxy.frames_are_swallowed = True
    scene.bridge.wait_for_state("reconnecting", HEARTBEAT_BOUND_S)
    wait_until(lambda: ("reconnecting", "heartbeat") in states(scene), 5, "its event")
    proxy.frames_are_swallowed = False
    check_that_it_lives_again(scene)
    wait_until(lambda: scene.bridge.source()["heartbeat_rtt_ms"], 5, "a heartbeat's time")


def test_a_connection_that_is_cut(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url)
    proxy.upgrade_fault = BAD_GATEWAY
    proxy.cut_sockets()
    scene.bridge.wait_for_state("reconnecting", 2 * TIME_FACTOR)
    proxy.upgrade_fault = None
    check_that_it_lives_again(scene)


def test_payments_during_an_outage_are_told_after_it(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url)
    proxy.fault = proxy.upgrade_fault = BAD_GATEWAY
    proxy.cut_sockets()
    scene.bridge.wait_for_state("reconnecting", 2 * TIME_FACTOR)
    any_backend.change_balance(scene.wallet, 10)
    any_backend.change_balance(scene.wallet, -3)
    proxy.fault = proxy.upgrade_fault = None
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, CONNECT_TIMEOUT_S)
    scene.stream.wait_for(lambda _: len(scene.news) >= 3, 5, "both payments")
    scene.take(
        [
            payment("incoming", "settled", 10_000),
            payment("outgoing", "settled", 3000),
            balance(7000),
        ]
    )
    check_that_it_lives_again(scene)


@pytest.mark.parametrize("fault", [BAD_GATEWAY, NO_SUCH_PAGE], ids=["502", "html-404"])
def test_rest_that_does_not_answer_is_an_outage_and_no_verdict(
    stage, any_backend, proxy: Proxy, fault
):
    scene = stage(any_backend, url=proxy.url, reconcile_ms=RECONCILE_MS)
    proxy.fault = fault
    source = scene.bridge.wait_for_state("error", RECONCILE_BOUND_S)
    assert source["reason"] != "credentials"
    assert scene.bridge.balance()["stale"] is True
    proxy.fault = None
    check_that_it_lives_again(scene)


@pytest.mark.parametrize("fault", [BAD_GATEWAY, NO_SUCH_PAGE], ids=["502", "html-404"])
def test_a_first_attempt_that_fails_is_an_error_and_goes_on(
    new_bridge, any_backend, proxy: Proxy, fault
):
    wallet = any_backend.create_wallet("watched", 1000)
    proxy.fault = proxy.upgrade_fault = fault
    bridge = new_bridge()
    bridge.add_wallet("main", proxy.url, wallet.invoice_key)
    bridge.start()
    source = bridge.wait_for_state("error", CONNECT_TIMEOUT_S)
    assert source["reason"] not in (None, "credentials")
    assert source["next_retry_at"] is not None
    assert bridge.get("/api/v1/balance").status == 503
    proxy.fault = proxy.upgrade_fault = None
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)


def test_exhausted_attempts_are_failed_and_tried_slowly(new_bridge, any_backend, proxy: Proxy):
    wallet = any_backend.create_wallet("watched", 1000)
    proxy.fault = proxy.upgrade_fault = BAD_GATEWAY
    bridge = new_bridge()
    bridge.configuration["upstream"] |= {"max_reconnect_attempts": 2, "failed_retry_ms": 2000}
    bridge.add_wallet("main", proxy.url, wallet.invoice_key)
    bridge.start()
    source = bridge.wait_for_state("failed", CONNECT_TIMEOUT_S)
    assert source["reason"] != "credentials"
    assert source["next_retry_at"] is not None
    proxy.fault = proxy.upgrade_fault = None
    bridge.wait_for_state("connected", CONNECT_TIMEOUT_S)


def test_a_rate_limit_silences_the_bridge(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url, reconcile_ms=RECONCILE_MS)
    proxy.fault = RATE_LIMITED
    source = scene.bridge.wait_for_state("error", RECONCILE_BOUND_S, reason="rate_limited")
    assert source["delivery"] == "rate_limited"
    asked = proxy.total_requests
    time.sleep(5)
    assert proxy.total_requests == asked, "it asks on although it was told to wait"
    proxy.fault = None
    assert scene.bridge.balance()["stale"] is True
    scene.is_over = True


@pytest.mark.timeout(150)
def test_a_rate_limit_ends_without_a_hand(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url, reconcile_ms=RECONCILE_MS)
    proxy.fault = RATE_LIMITED
    scene.bridge.wait_for_state("error", RECONCILE_BOUND_S, reason="rate_limited")
    asked, last = proxy.total_requests, proxy.last_request_at
    proxy.fault = None
    any_backend.change_balance(scene.wallet, 10)
    wait_until(lambda: proxy.total_requests > asked, 90, "it asks again")
    assert proxy.last_request_at - last >= 60
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, 10)
    scene.take(received(10_000))
    check_that_it_lives_again(scene)


# By hand


def test_pause_and_resume(stage, any_backend):
    scene = stage(any_backend)
    for _ in range(2):
        answer = scene.bridge.post("/api/v1/pause?source=main")
        assert answer.status == 202
        assert answer.json["name"] == "main"
    scene.bridge.wait_for_state("disconnected", 5, reason="paused")
    assert scene.bridge.get("/readyz").status == 200, "a paused source is nobody's trouble"
    any_backend.change_balance(scene.wallet, 10)
    time.sleep(0.5)
    scene.take([])
    assert scene.bridge.balance()["stale"] is True

    assert scene.bridge.post("/api/v1/resume?source=main").status == 202
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, CONNECT_TIMEOUT_S)
    scene.stream.wait_for(lambda _: len(scene.news) >= 2, 5, "the payment")
    (first, _) = scene.take(received(10_000))
    assert first.data["late"] is True
    check_that_it_lives_again(scene)


def test_reconnect_replaces_the_socket(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url)
    answer = scene.bridge.post("/api/v1/reconnect")
    assert answer.status == 202
    assert [source["name"] for source in answer.json] == ["main"]
    wait_until(lambda: proxy.requests["upgrade"] == 2, CONNECT_TIMEOUT_S, "a second socket")
    check_that_it_lives_again(scene)
    assert scene.bridge.post("/api/v1/reconnect?source=nobody").status == 404


def test_without_a_socket_the_wallet_is_polled(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url, websocket=False, reconcile_ms=RECONCILE_MS)
    assert scene.bridge.source()["delivery"] == "polling"
    scene.play(lambda: any_backend.change_balance(scene.wallet, 10), received(10_000), silent=True)
    assert proxy.requests["upgrade"] == 0
    scene.play(lambda: any_backend.change_balance(scene.wallet, 10), received(10_000), silent=True)
    scene.is_over = True


def test_a_get_costs_the_wallet_nothing(stage, any_backend, proxy: Proxy):
    scene = stage(any_backend, url=proxy.url, reconcile_ms=NEVER_MS)
    asked = proxy.total_requests
    for _ in range(20):
        for path in ("balance", "balances", "payments", "status", "history", "config"):
            assert scene.bridge.get(f"/api/v1/{path}").status == 200
    assert proxy.total_requests == asked
