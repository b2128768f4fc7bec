"""The unit for systemd: what it exposes, and where `make install` puts it."""

import re
import subprocess
from pathlib import Path

from lab.bridge import REPOSITORY

UNIT = REPOSITORY / "config" / "walletwire.service"
# systemd calls up to 4.9 OK; this is what the unit has, rounded up.
EXPOSURE_BOUND = 2.0


def test_systemd_rates_the_unit_as_safe_enough():
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    overall = re.search(r"Overall exposure level for walletwire.service: (\d+\.\d) (\w+)", rated)
    assert overall is not None, rated
    print(f"\n{overall.group(0)}")
    assert float(overall.group(1)) <= EXPOSURE_BOUND
    assert overall.group(2) in ("OK", "SAFE", "PERFECT")


def test_it_is_installed_with_everything_it_names(tmp_path: Path):
    # `-o build`: what is installed has been built by whoever runs the tests.
    binary = tmp_path / "walletwire"
    binary.write_text("#!/bin/sh\n")
    subprocess.run(
        ["make", "-o", "build", "install", f"DESTDIR={tmp_path}/root", "PREFIX=/opt/walletwire",
         f"BINARY={binary}"],
        cwd=REPOSITORY, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    root = tmp_path / "root"
    unit = (root / "opt/walletwire/lib/systemd/system/walletwire.service").read_text()
    assert "/usr/local" not in unit
    (command,) = re.findall(r"^ExecStart=(\S+)", unit, re.MULTILINE)
    assert (root / command.lstrip("/")).stat().st_mode & 0o777 == 0o755
    (keys,) = re.findall(r"^LoadCredential=keys:(\S+)", unit, re.MULTILINE)
    assert (root / keys.lstrip("/")).stat().st_mode & 0o777 == 0o700
    assert (root / "opt/walletwire/share/walletwire/walletwire.example.toml").exists()
    assert (root / "opt/walletwire/share/walletwire/public/index.html").exists()
    for wanted in ("DynamicUser=yes", "StateDirectory=walletwire", "ProtectSystem=strict",
                   "LimitCORE=0", "SWIFT_BACKTRACE=registers=none"):
        assert wanted in unit
