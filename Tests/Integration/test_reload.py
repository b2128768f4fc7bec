"""What a reload puts in force, what ends with it, and that what is shown is what is in force."""

import signal

import pytest

from lab.process import free_port, wait_until

OLD, NEW = "the-old-token-of-the-laboratory", "the-new-token-of-the-laboratory"
WITHIN_S = 10


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def bridge(new_bridge):
    """Configured for a server that is not there; not started."""
    bridge = new_bridge()
    bridge.add_wallet("main", f"http://127.0.0.1:{free_port()}", "0123456789abcdef" * 2)
    return bridge


def reload(bridge, line: str = "configuration loaded anew", write: bool = True) -> None:
    """SIGHUP, and the line that follows it."""
    if write:
        bridge.write_configuration()
    before = bridge.log.count(line)
    bridge.signal(signal.SIGHUP)
    wait_until(lambda: bridge.log.count(line) > before, WITHIN_S, line)


def ended_in_order(stream) -> None:
    stream.wait_for(lambda it: it.ended, WITHIN_S, "the stream ends")
    assert stream.ended_cleanly
    assert stream.of_kind("snapshot"), "it was read before"


def subscribed(bridge, query: str = "", headers: dict[str, str] | None = None):
    stream = bridge.events(query, headers)
    stream.wait_for(lambda it: it.of_kind("snapshot"), WITHIN_S, "it is subscribed")
    return stream


@pytest.mark.parametrize("is_in_a_file", [False, True])
def test_a_new_token_is_in_force_and_ends_what_the_old_one_opened(bridge, is_in_a_file):
    server = bridge.configuration["server"]
    file = bridge.folder / "token"
    file.write_text(OLD + "\n")
    file.chmod(0o600)
    server |= {"access_token_file": str(file)} if is_in_a_file else {"access_token": OLD}
    server["allow_query_token"] = True
    bridge.start()
    cookie = bridge.post("/api/v1/session", json={"token": OLD}).headers["set-cookie"]
    session = {"Cookie": cookie.split(";")[0]}
    streams = [
        subscribed(bridge, headers=bearer(OLD)),
        subscribed(bridge, headers=session),
        subscribed(bridge, f"access_token={OLD}"),
    ]

    if is_in_a_file:
        file.write_text(NEW + "\n")
    else:
        server["access_token"] = NEW
    reload(bridge)
    for stream in streams:
        ended_in_order(stream)
    for headers in (bearer(OLD), session):
        assert bridge.get("/api/v1/status", headers=headers).status == 401
    assert bridge.get("/api/v1/status", headers=bearer(NEW)).status == 200
    assert bridge.post("/api/v1/session", json={"token": NEW}).status == 204
    assert bridge.events("", bearer(OLD)).status == 401
    resumed = subscribed(bridge, f"access_token={NEW}&since={streams[0].last_id}")
    assert resumed.status == 200

    server["allow_query_token"] = False
    reload(bridge)
    ended_in_order(resumed)
    assert bridge.events(f"access_token={NEW}").status == 401
    said = bridge.everything_said()
    assert OLD not in said and NEW not in said


def test_a_first_token_protects_at_once_and_without_it_all_is_open_again(bridge):
    bridge.start()
    stream = subscribed(bridge)
    bridge.configuration["server"]["access_token"] = NEW
    reload(bridge)
    ended_in_order(stream)
    assert bridge.get("/api/v1/status").status == 401
    shown = bridge.get("/api/v1/config", headers=bearer(NEW)).json["server"]
    assert shown["access_token"] == "***"
    del bridge.configuration["server"]["access_token"]
    reload(bridge)
    assert bridge.get("/api/v1/config").json["server"]["access_token"] == ""


def test_a_reload_that_changes_nothing_ends_nothing(bridge):
    bridge.configuration["server"]["access_token"] = OLD
    bridge.start()
    cookie = bridge.post("/api/v1/session", json={"token": OLD}).headers["set-cookie"]
    session = {"Cookie": cookie.split(";")[0]}
    stream = subscribed(bridge, headers=session)
    bridge.configuration["upstream"]["reconcile_ms"] = 1234
    reload(bridge)
    assert bridge.get("/api/v1/status", headers=session).json["subscribers"] == 1
    assert not stream.ended


def test_hosts_origins_and_frames_are_in_force(bridge):
    server = bridge.configuration["server"]
    server |= {"allowed_hosts": ["one.example"], "allowed_origins": ["https://one.example"]}
    bridge.start()
    host = {"Host": "one.example"}
    stream = subscribed(bridge)
    assert bridge.get("/api/v1/status", headers=host).status == 200

    server |= {
        "allowed_hosts": ["two.example"],
        "allowed_origins": ["https://two.example"],
        "allowed_frames": ["http://homeassistant.local:8123"],
    }
    reload(bridge)
    ended_in_order(stream)
    assert bridge.get("/api/v1/status", headers=host).status == 421
    assert bridge.get("/api/v1/status", headers={"Host": "TWO.example."}).status == 200
    origin = {"Origin": "https://one.example"}
    answer = bridge.get("/api/v1/status", headers=origin)
    assert "access-control-allow-origin" not in answer.headers
    answer = bridge.get("/api/v1/status", headers={"Origin": "https://two.example"})
    assert answer.headers["access-control-allow-origin"] == "https://two.example"
    for path in ("/", "/api/v1/status", "/nothing"):
        headers = bridge.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.endswith("frame-ancestors http://homeassistant.local:8123")
        assert "x-frame-options" not in headers


def test_what_waits_for_the_next_start_is_shown_as_it_is(bridge):
    bridge.start()
    before = bridge.get("/api/v1/config").json
    bridge.configuration["server"] |= {
        "listen": f"127.0.0.1:{free_port()}",
        "base_path": "/wallet",
        "public_dir": "/nowhere",
        "max_subscribers": 7,
        "heartbeat_ms": 100,
    }
    bridge.configuration["storage"]["keep_events"] = 77
    bridge.configuration["wallet"][0]["label"] = "Till"
    reload(bridge)
    shown = bridge.get("/api/v1/config").json
    assert shown["server"] == before["server"]
    assert shown["storage"] == before["storage"]
    assert shown["wallet"][0]["label"] == "Till"
    told = next(line for line in bridge.log.splitlines() if "in force from the next start" in line)
    for key in ("listen", "base_path", "public_dir", "max_subscribers", "heartbeat_ms"):
        assert f"[server] {key}" in told
    assert "[storage] keep_events" in told


def test_a_reload_never_opens_a_listener_beyond_loopback(bridge):
    # A name, so that it counts as one beyond loopback; and yet it is 127.0.0.1.
    bridge.configuration["server"] |= {"listen": "127.1:0", "access_token": OLD}
    bridge.start()
    bridge.configuration["server"]["listen"] = "127.0.0.1:0"
    del bridge.configuration["server"]["access_token"]
    bridge.configuration["wallet"][0]["label"] = "Till"
    reload(bridge, "the running configuration stays in force")
    assert bridge.get("/api/v1/status").status == 401
    shown = bridge.get("/api/v1/config", headers=bearer(OLD)).json
    assert shown["server"]["access_token"] == "***"
    assert shown["wallet"][0]["label"] == "main", "a refused reload changes nothing at all"


def test_a_stream_ends_with_the_session_that_opened_it_and_no_other(bridge):
    bridge.configuration["server"]["access_token"] = OLD
    bridge.start()
    sessions = []
    for _ in range(2):
        cookie = bridge.post("/api/v1/session", json={"token": OLD}).headers["set-cookie"]
        sessions.append({"Cookie": cookie.split(";")[0]})
    ours = [subscribed(bridge, headers=sessions[0]) for _ in range(3)]
    another = subscribed(bridge, headers=sessions[1])
    by_token = subscribed(bridge, headers=bearer(OLD) | sessions[0])
    assert bridge.request("DELETE", "/api/v1/session", headers=sessions[0]).status == 204
    for stream in ours:
        ended_in_order(stream)
    status = bridge.get("/api/v1/status", headers=bearer(OLD)).json
    assert status["subscribers"] == 2
    assert not another.ended and not by_token.ended
