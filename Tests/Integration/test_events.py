"""The event stream: where it starts, what it never skips, how it ends."""

import re
import time

import pytest

from lab.scenario import balance, payment, received

ID = re.compile(r"^[0-9a-z-]{1,40}$")


def snapshot(stream):
    stream.wait_for(lambda s: s.of_kind("snapshot"), 10, "a snapshot")
    return stream.of_kind("snapshot")[0]


@pytest.fixture
def scene(stage, any_backend):
    """A wallet that has received three payments since the bridge came."""
    scene = stage(any_backend)
    for amount in (1, 2, 3):
        scene.play(
            lambda amount=amount: any_backend.change_balance(scene.wallet, amount),
            received(amount * 1000),
        )
    return scene


def test_its_head_is_a_stream_s(scene):
    stream = scene.bridge.events()
    assert stream.status == 200
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["transfer-encoding"] == "chunked"
    assert "content-encoding" not in stream.headers
    snapshot(stream)
    assert stream.blocks[0].value("retry") == "2000"


def test_a_newcomer_gets_a_snapshot_and_no_past(scene):
    stream = scene.bridge.events()
    first = snapshot(stream)
    assert stream.durable == []
    assert first.id == first.data["last_event_id"] == scene.stream.last_id
    assert [b["balance_msat"] for b in first.data["balances"]] == [scene.wallet.balance_msat]
    assert first.data["sources"] == [{"name": "main", "state": "connected", "reason": None}]


def test_the_short_path_is_the_same_stream(scene):
    short = type(scene.stream)(scene.bridge.url + "/events?since=earliest")
    snapshot(short)
    assert [e.id for e in short.durable] == [e.id for e in scene.stream.durable]
    short.close()


@pytest.mark.parametrize("way", ["Last-Event-ID", "since", "last_event_id", "lastEventId"])
@pytest.mark.parametrize("position", [0, 3, -1])
def test_it_resumes_after_any_id(scene, way: str, position: int):
    story = scene.stream.durable
    last = story[position].id
    if way == "Last-Event-ID":
        stream = scene.bridge.events(headers={way: last})
    else:
        stream = scene.bridge.events(f"{way}={last}")
    snapshot(stream)
    missed = [] if position == -1 else story[position + 1 :]
    assert [(e.id, e.data) for e in stream.durable] == [(e.id, e.data) for e in missed]
    assert stream.of_kind("gap") == []
    kinds = [event.kind for event in stream.events]
    assert kinds.index("snapshot") == len(missed)


def test_the_header_beats_the_query(scene):
    story = scene.stream.durable
    stream = scene.bridge.events("since=earliest", headers={"Last-Event-ID": story[-1].id})
    snapshot(stream)
    assert stream.durable == []


@pytest.mark.parametrize(
    ("last", "reason"),
    [("nonsense", "unknown"), ("zzzz-1", "epoch"), ("EPOCH-999999999", "unknown")],
)
def test_a_gap_is_told_first(scene, last: str, reason: str):
    epoch, _, _ = scene.stream.last_id.rpartition("-")
    last = last.replace("EPOCH", epoch)
    stream = scene.bridge.events(headers={"Last-Event-ID": last})
    snapshot(stream)
    assert stream.events[0].kind == "gap"
    gap = stream.events[0]
    assert gap.id is None
    assert gap.data["requested"] == last
    assert gap.data["reason"] == reason
    assert gap.data["resumed_after"] == scene.stream.last_id
    assert stream.durable == []


def test_what_is_no_longer_kept_is_a_gap_and_the_rest_is_replayed(stage, any_backend):
    scene = stage(any_backend, keep_events=6)
    first = scene.stream.durable[0].id
    for amount in range(1, 9):
        scene.play(
            lambda amount=amount: any_backend.change_balance(scene.wallet, amount),
            received(amount * 1000),
        )
    stream = scene.bridge.events(headers={"Last-Event-ID": first})
    snapshot(stream)
    gap = stream.events[0]
    assert (gap.kind, gap.data["reason"]) == ("gap", "expired")
    kept = [event.id for event in stream.durable]
    told = [event.id for event in scene.stream.durable]
    assert 6 <= len(kept) < len(told)
    assert told[-len(kept) :] == kept
    assert gap.data["resumed_after"] in told
    scene.is_over = True


def test_types_leave_out_events_but_never_a_snapshot(scene, any_backend):
    only = scene.bridge.events("since=earliest&types=payment")
    snapshot(only)
    assert {event.kind for event in only.durable} == {"payment"}
    scene.play(lambda: any_backend.change_balance(scene.wallet, 4), received(4000))
    only.wait_for(lambda s: len(s.of_kind("payment")) == 4, 5, "the live payment")
    scene.bridge.post("/api/v1/reconnect")
    scene.stream.wait_for(lambda s: len(s.of_kind("status")) >= 1, 5, "a status elsewhere")
    assert only.of_kind("status") == only.of_kind("balance") == []


def test_wallet_filters_and_unknown_wallets(scene):
    mine = scene.bridge.events("since=earliest&wallet=main")
    snapshot(mine)
    assert [e.id for e in mine.durable] == [e.id for e in scene.stream.durable]
    assert scene.bridge.get("/api/v1/events?wallet=nobody").status == 404


def test_an_idle_stream_breathes_and_moves_the_cursor_past_what_was_filtered(
    new_bridge, any_backend
):
    wallet = any_backend.create_wallet("watched", 1000)
    bridge = new_bridge()
    bridge.configuration["server"]["heartbeat_ms"] = 500
    bridge.add_wallet("main", any_backend.url, wallet.invoice_key)
    bridge.start()
    bridge.wait_for_balance(wallet.balance_msat, 20)
    whole, filtered = bridge.events(), bridge.events("types=watch")
    for stream in (whole, filtered):
        stream.wait_for(lambda s: s.comments >= 2, 5, "two heartbeats")
    any_backend.change_balance(wallet, 1)
    whole.wait_for(lambda s: len(s.durable) == 2, 5, "the credit")
    filtered.wait_for(lambda s: s.last_id == whole.last_id, 5, "the cursor has moved")
    assert filtered.durable == []
    moving = [b for b in filtered.blocks if b.value("id") == whole.last_id][0]
    assert [name for name, _ in moving.fields] == ["id"]


def test_a_full_house_sends_guests_away_politely(new_bridge, any_backend):
    wallet = any_backend.create_wallet("watched", 1000)
    bridge = new_bridge()
    # A guest who left is noticed when the next heartbeat cannot be written.
    bridge.configuration["server"] |= {"max_subscribers": 2, "heartbeat_ms": 500}
    bridge.add_wallet("main", any_backend.url, wallet.invoice_key)
    bridge.start()
    guests = [bridge.events(), bridge.events()]
    for guest in guests:
        snapshot(guest)
    refused = bridge.events()
    refused.wait_for(lambda s: s.ended, 5, "the end")
    assert (refused.status, refused.ended_cleanly) == (200, True)
    assert refused.blocks[0].value("retry") == "10000"
    assert bridge.get("/api/v1/status").status == 200, "REST has connections of its own"
    guests[0].close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        late = bridge.events()
        if late.wait_for(lambda s: s.ended or s.of_kind("snapshot"), 5, "an answer") and not (
            late.ended
        ):
            return
        time.sleep(0.5)
    pytest.fail("a place that became free is never given away")


def test_ids_are_short_and_plain(scene):
    for event in scene.stream.durable:
        assert ID.match(event.id)
    for event in scene.stream.events:
        if event.kind in ("status", "gap"):
            assert event.id is None


def test_a_lost_store_is_a_new_epoch(stage, any_backend):
    scene = stage(any_backend)
    last = scene.stream.last_id
    scene.bridge.stop()
    for file in scene.bridge.folder.glob("bridge.db*"):
        file.unlink()
    scene.bridge.start()
    scene.bridge.wait_for_balance(scene.wallet.balance_msat, 20)
    stream = scene.bridge.events(headers={"Last-Event-ID": last})
    snapshot(stream)
    assert stream.of_kind("gap")[0].data["reason"] == "epoch"
    assert stream.last_id.rpartition("-")[0] != last.rpartition("-")[0]
    scene.is_over = True


def test_status_is_told_as_it_changes(stage, any_backend):
    scene = stage(any_backend)
    scene.bridge.post("/api/v1/pause?source=main")
    scene.stream.wait_for(lambda s: s.of_kind("status"), 5, "a status")
    told = scene.stream.of_kind("status")[0].data
    assert (told["name"], told["kind"]) == ("main", "lnbits")
    assert (told["state"], told["reason"]) == ("disconnected", "paused")
    scene.bridge.post("/api/v1/resume?source=main")
    scene.bridge.wait_for_state("connected", 20)
    scene.nothing_more()


def test_two_wallets_share_one_stream(new_bridge, any_backend):
    wallets = [any_backend.create_wallet(name, 100) for name in ("one", "two")]
    bridge = new_bridge()
    for name, wallet in zip(("one", "two"), wallets, strict=True):
        bridge.add_wallet(name, any_backend.url, wallet.invoice_key)
    bridge.start()
    for name, wallet in zip(("one", "two"), wallets, strict=True):
        bridge.wait_for_state("connected", 20, name)
        bridge.wait_for_balance(wallet.balance_msat, 5, name)
    stream = bridge.events()
    snapshot(stream)
    wallets[0].pay(wallets[1].create_invoice(5, "from one to two"))
    stream.wait_for(lambda s: len(s.durable) == 4, 5, "both legs and both balances")
    for name, direction, change in (("one", "outgoing", -5000), ("two", "incoming", 5000)):
        mine = [event for event in stream.durable if event.data["wallet"] == name]
        assert payment(direction, "settled", 5000).fits(mine[0])
        assert balance(change).fits(mine[1])
    assert bridge.get("/api/v1/balance").json["wallet"] == "one"
    assert len(bridge.get("/api/v1/balances").json) == 2
