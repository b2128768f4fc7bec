"""schemathesis reads the bridge's OpenAPI document, and asks for what it promises and for what it does not."""

import os
import subprocess

import pytest

from lab.bridge import REPOSITORY
from lab.hostile_lnbits import HostileLNbits
from lab.scenario import CONNECT_TIMEOUT_S

ENVIRONMENT = REPOSITORY / ".cache" / "schemathesis"
TOKEN = "a-token-of-the-laboratory"
EXAMPLES = "20"
# An event stream has no end, and schemathesis waits for one.
ENDLESS = ("/api/v1/events", "/events")


def row(number: int, amount: int) -> dict[str, object]:
    return {
        "checking_id": f"p{number}", "payment_hash": f"p{number}", "wallet_id": "w",
        "amount": amount, "fee": 0, "status": "success", "memo": f"memo {number} ⚡",
        "time": f"2026-11-2{number % 5}T01:41:32+00:00",
    }  # fmt: skip


@pytest.mark.timeout(580)
def test_what_openapi_promises_is_kept(new_bridge):
    assert ENVIRONMENT.exists(), f"{ENVIRONMENT} is missing: run environment/setup.sh schemathesis"
    server = HostileLNbits(10_000)
    server.rows = [row(number, 1000) for number in range(10)]
    bridge = new_bridge()
    bridge.configuration["server"]["access_token"] = TOKEN
    bridge.configuration["server"]["public_dir"] = str(REPOSITORY / "public")
    bridge.add_wallet("main", server.url, "0123456789abcdef" * 2)
    bridge.start()
    right = {"Authorization": f"Bearer {TOKEN}"}
    schema = bridge.url + "/api/v1/openapi.json"
    assert bridge.get("/api/v1/openapi.json", headers=right).status == 200
    excluded = [argument for path in ENDLESS for argument in ("--exclude-path", path)]
    done = subprocess.run(
        [
            ENVIRONMENT / "bin" / "schemathesis", "run", schema, "-H", f"Authorization: Bearer {TOKEN}",
            "--max-examples", EXAMPLES, "--seed", "1", "--generation-deterministic",
            "--request-timeout", str(CONNECT_TIMEOUT_S), "--continue-on-failure", "--no-color",
            *excluded,
        ],
        capture_output=True, text=True, timeout=560, cwd=bridge.folder,
        env=os.environ | {"COLUMNS": "120"},
    )  # fmt: skip
    server.close()
    print(done.stdout[-6000:])
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert bridge.get("/healthz").status == 200
