"""What a payer or a server writes is text, wherever it is shown: in logs, on a terminal, in a spreadsheet, in metrics."""

import csv
import io
import json
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.bridge import BINARY, REPOSITORY, Bridge
from lab.hostile_lnbits import WALLET, HostileLNbits, response, send
from lab.process import Process, wait_until

KEY = "0123456789abcdef0123456789abcdef"
# A terminal's title, red ink by C1, reversed order, lines of one's own.
STEERING = "\x1b]0;owned\x07 \x9b31m \u202efdp.exe \u2066 \u2028 \u2029 \x85 x\r\n2026-11-27 ERROR forged \x7f"
HARMFUL = ("Cc", "Cf", "Zl", "Zp")
JOINERS = "\u200c\u200d"
FORMULA = "cmd|' /C calc'!A0"
MEMOS = [
    f"={FORMULA}", f"x;={FORMULA}", f"x\t+{FORMULA}", f"\r\n={FORMULA}", f"a\n@{FORMULA}",
    f"\u0301={FORMULA}", f"=\u0301{FORMULA}", f" -{FORMULA}", f"\uff1d{FORMULA}", f"x|\uff20{FORMULA}",
    f'";={FORMULA}', f'x";"={FORMULA}"', f"\u200b={FORMULA}", f"\0={FORMULA}", f"x,;\t={FORMULA}",
    'a "quoted" word, a comma; and a semicolon', "tea",
]  # fmt: skip
TRIGGERS = "=+-@\uff1d\uff0b\uff0d\uff20"


def row(name: str, memo: str) -> dict[str, object]:
    return {
        "checking_id": name, "payment_hash": name, "wallet_id": "w", "amount": 1000, "fee": 0,
        "status": "success", "memo": memo, "extra": {"tag": memo, "comment": memo},
        "time": "2026-11-21T01:41:32+00:00", "expiry": "2026-11-21T01:41:32+00:00",
    }  # fmt: skip


@pytest.fixture
def server() -> Iterator[HostileLNbits]:
    server = HostileLNbits(1_000_000)
    yield server
    server.close()


@pytest.fixture
def bridge(new_bridge: Callable[[], Bridge], server: HostileLNbits) -> Bridge:
    bridge = new_bridge()
    bridge.add_wallet("main", server.url, KEY, reconcile_ms=300)
    return bridge


def harmful(text: str) -> set[str]:
    """Characters that have no form of their own, line ends of lines apart."""
    return {
        hex(ord(character))
        for line in text.split("\n")
        for character in line
        if unicodedata.category(character) in HARMFUL and character not in JOINERS
    }


def wait_for_error(bridge: Bridge) -> None:
    wait_until(lambda: "forged" in (bridge.source()["last_error"] or ""), 20, "the error is shown")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_line_is_one_line_without_a_character_that_steers(bridge, server, form):
    refusal = json.dumps({"detail": STEERING}).encode()
    server.faults[WALLET] = send(response(refusal, status="401 Unauthorized"))
    bridge.start("--log-format", form)
    wait_for_error(bridge)
    assert bridge.stop() == 0
    log = bridge.log
    assert harmful(log) == set()
    assert "forged" in log
    assert not any(line.startswith("2026-11-27 ERROR") for line in log.splitlines())
    if form == "json":
        lines = [json.loads(line) for line in log.split("\n") if line.startswith("{")]
        assert any(STEERING in line["message"] for line in lines), "and it says what was said"


def test_a_check_s_lines_are_as_harmless(bridge, server):
    refusal = json.dumps({"detail": STEERING}).encode()
    server.faults[WALLET] = send(response(refusal, status="401 Unauthorized"))
    bridge.write_configuration()
    for arguments in ([], ["--json"]):
        done = subprocess.run(
            [REPOSITORY / BINARY, "check", "--config", bridge.config_file, *arguments],
            capture_output=True, timeout=60,
        )  # fmt: skip
        said = done.stdout.decode() + done.stderr.decode()
        assert "forged" in said and harmful(said) == set()
    steps = json.loads(done.stdout)["sources"][0]["steps"]
    assert STEERING in steps[-1]["message"]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_payment_s_words_do_not_steer_who_watches(bridge, server, tmp_path: Path, arguments):
    bridge.start()
    bridge.wait_for_state("connected", 20)
    watch = Process(
        [str(REPOSITORY / BINARY), "watch", bridge.url, *arguments], tmp_path / "watch.out"
    )
    try:
        wait_until(lambda: "main" in watch.log, 15, "the snapshot is printed")
        server.rows.append(row("p1", STEERING))
        server.balance_msat += 1000
        wait_until(lambda: "forged" in watch.log, 15, "the payment is printed")
        output = watch.log
    finally:
        watch.kill()
    assert harmful(output) == set()
    told = [line for line in output.split("\n") if "forged" in line]
    assert len(told) == 1
    if arguments:
        assert json.loads(told[0])["data"]["memo"] == STEERING


def test_a_server_s_version_does_not_break_the_metrics(bridge, server):
    server.version = "1.6.2" + STEERING
    bridge.start()
    bridge.wait_for_state("connected", 20)
    metrics = bridge.get("/metrics").text
    info = next(line for line in metrics.split("\n") if line.startswith("walletwire_source_info"))
    assert info.endswith("} 1") and 'source="main"' in info
    assert harmful(metrics) == set()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("double", [True, False])
def test_no_cell_of_the_csv_is_a_formula_whatever_parts_the_cells(
    bridge, server, delimiter: str, double: bool
):
    server.rows = [row(f"p{number}", memo) for number, memo in enumerate(MEMOS)]
    bridge.start()
    bridge.wait_for_state("connected", 20)
    text = bridge.get("/api/v1/payments.csv").body.decode()
    cells = [
        cell
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, doublequote=double)
        for cell in line
    ]
    assert any("calc" in cell for cell in cells)
    assert [cell for cell in cells if is_formula(cell)] == []
    if (delimiter, double) == (",", True):
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        memos = {cells["payment_id"]: cells["memo"] for cells in rows}
        for number, memo in enumerate(MEMOS):
            assert memos[f"p{number}"].replace("'", "") == memo.replace("'", "").replace("\0", "\ufffd")
        assert memos[f"p{len(MEMOS) - 1}"] == "tea"


def is_formula(cell: str) -> bool:
    """Its first character that has a form of its own is a formula's."""
    marks = ("Mn", "Mc", "Me", "Zs", *HARMFUL)
    seen = [character for character in cell if unicodedata.category(character) not in marks]
    return bool(seen) and seen[0] in TRIGGERS
