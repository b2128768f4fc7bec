"""LNbits 1.4.1 on a PostgreSQL whose local time is not UTC: it writes that time without a zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import prepared

from lab.lnbits import LNbits
from lab.postgres import Postgres
from lab.scenario import Stage, received, sent


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server.start()
    server.stop()


@pytest.fixture(params=["Asia/Kolkata", "America/New_York"])
def lnbits(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[LNbits]:
    name = request.param.split("/")[1].lower()
    url = postgres.create_database(name, request.param)
    server = LNbits(prepared("lnbits-1.4.1"), tmp_path / "lnbits", database_url=url)
    yield server.start()
    server.stop()


def test_times_are_true_and_never_in_the_future(stage, lnbits: LNbits):
    scene: Stage = stage(lnbits)
    row = scene.wallet.rows()[0]
    assert not row["updated_at"].endswith("+00:00"), "this release names no zone here"
    local = datetime.fromisoformat(row["updated_at"]).replace(tzinfo=UTC)
    assert abs(local - datetime.now(UTC)) > timedelta(hours=3)

    begin = datetime.now(UTC)
    invoice = scene.wallet.create_invoice(21, "coffee")
    told = [scene.play(lambda: scene.peer.pay(invoice), received(21_000))[0].data]
    lunch = scene.peer.create_invoice(9, "lunch")
    told.append(scene.play(lambda: scene.wallet.pay(lunch), sent(9000))[0].data)
    for data in told:
        settled, observed = (
            datetime.fromisoformat(data[name]) for name in ("settled_at", "observed_at")
        )
        assert begin - timedelta(seconds=1) <= settled <= observed
        assert data["late"] is False
    for data in scene.bridge.payments():
        assert max(data["created_at"], data["settled_at"]) <= data["observed_at"]
        assert data["late"] is False
    scene.nothing_more()
