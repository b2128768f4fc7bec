"""What a token must be, what guessing it meets, and what else is a mistake in [server]."""

import pytest

TOKEN = "a-token-of-the-laboratory"

WAYS = {
    "session": lambda bridge, token: bridge.post("/api/v1/session", json={"token": token}),
    "bearer": lambda bridge, token: bridge.get(
        "/api/v1/status", headers={"Authorization": f"Bearer {token}"}
    ),
    "query": lambda bridge, token: bridge.request(
        "HEAD", f"/api/v1/events?access_token={token}"
    ),
}


def test_guessing_is_slowed_down_by_every_way_and_does_not_keep_the_owner_out(new_bridge):
    bridge = new_bridge()
    bridge.configuration["server"] |= {"access_token": TOKEN, "allow_query_token": True}
    bridge.start()
    statuses = [WAYS["bearer"](bridge, f"guess{n}").status for n in range(10)]
    assert set(statuses) == {401}
    for name, way in WAYS.items():
        wrong = [way(bridge, f"guess{n}") for n in range(5)]
        # One is let through every six seconds.
        assert [answer.status for answer in wrong].count(429) >= 4, name
        limited = next(answer for answer in wrong if answer.status == 429)
        assert int(limited.headers["retry-after"]) > 0
        assert way(bridge, TOKEN).status in (200, 204), f"the owner, by {name}"
        nothing = bridge.get("/api/v1/status", headers={"Cookie": "walletwire_session=old"})
        assert nothing.status == 401, "who shows no token is not taken for one who guesses"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowed_hosts", ["umbrel.local:2121"]),
        ("allowed_hosts", ["http://umbrel.local"]),
        ("allowed_hosts", ["*.local"]),
        ("allowed_hosts", [""]),
        ("allowed_origins", ["https://till.example/"]),
        ("allowed_frames", ["homeassistant.local:8123"]),
        ("access_token", "1"),
        ("access_token", "fifteen-bytes-a"),
    ],
)
def test_what_can_match_nothing_or_could_be_guessed_is_a_mistake(new_bridge, key: str, value):
    bridge = new_bridge()
    bridge.configuration["server"][key] = value
    bridge.write_configuration()
    process = bridge.launch()
    assert process.wait(10) == 78
    assert f"[server] {key}" in process.log
    if key == "access_token":
        assert "16" in process.log and "openssl rand" in process.log
        assert "fifteen" not in process.log


def test_an_empty_token_file_is_a_mistake(new_bridge):
    bridge = new_bridge()
    token = bridge.folder / "token"
    token.write_text("")
    token.chmod(0o600)
    bridge.configuration["server"]["access_token_file"] = str(token)
    bridge.write_configuration()
    process = bridge.launch()
    assert process.wait(10) == 78
    assert "access_token_file" in process.log and "openssl rand" in process.log


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "127.1:0", "wallet.example:2121"])
def test_beyond_loopback_nothing_is_served_without_a_token(new_bridge, listen: str):
    bridge = new_bridge()
    bridge.configuration["server"]["listen"] = listen
    bridge.write_configuration()
    process = bridge.launch()
    assert process.wait(10) == 78
    assert "access_token_file" in process.log
