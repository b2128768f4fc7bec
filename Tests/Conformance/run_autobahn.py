#!/usr/bin/env python3
"""Runs the Autobahn WebSocket test suite against Walletwire's client.

The suite's fuzzing server is Python 2.7. It is installed below .cache/, pinned, and listens on a
free loopback port. AutobahnClient, built from the tree, runs all its cases; this script then reads
the report and lists what is not OK. Exit status 0 only if every case conforms.

Without a Python 2.7 there is nothing to run: SKIPPED, which is a failure under CI=true.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
REQUIREMENTS = HERE / "autobahn-requirements.txt"
CACHE = PROJECT / ".cache" / "autobahn"
AGENT = "walletwire"

# 8 is unused by the suite; 12 and 13 are compression, which the client does not offer.
SECTIONS = ("1", "2", "3", "4", "5", "6", "7", "9", "10")
CONFORMING = {"OK", "NON-STRICT", "INFORMATIONAL"}

BUILD_SECONDS = 1500
INSTALL_SECONDS = 600
SERVER_START_SECONDS = 30
SUITE_SECONDS = 300
PROBE_SECONDS = 20

# addsitedir and not PYTHONPATH: zope's namespace package needs its .pth file to be read.
LAUNCH = (
    "import site, sys; site.addsitedir(sys.argv.pop(1)); "
    "from autobahntestsuite.wstest import run; run()"
)


class Failure(Exception):
    """Something that makes the run fail, in words for whoever started it."""


def python27():
    """The first Python 2.7 with a pip that really runs: from PATH, then from pyenv."""
    candidates = [shutil.which("python2.7"), shutil.which("python2")]
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    candidates += sorted(root.glob("versions/2.7*/bin/python2.7"), reverse=True)
    for candidate in filter(None, candidates):
        probe = "import pip, sys; print('%d.%d %d' % (sys.version_info[:2] + (sys.maxunicode,)))"
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            answer = subprocess.run(
                [str(candidate), "-c", probe],
                capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
            if answer.returncode == 0 and answer.stdout.startswith("2.7 "):
                return str(candidate), answer.stdout
    return None, None


def install(python, identity):
    """Installs the pinned suite once for this interpreter and this list; returns its folder."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + (python + identity).encode()).hexdigest()[:16]
    packages = CACHE / key
    if packages.is_dir():
        return packages
    CACHE.mkdir(parents=True, exist_ok=True)
    print("Installing the Autobahn test suite ...", flush=True)
    # Renamed into place when it is complete, so that an interrupted run leaves nothing half done.
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        target = pathlib.Path(scratch) / "packages"
        result = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target),
             "-r", str(REQUIREMENTS)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=INSTALL_SECONDS, check=False)
        if result.returncode != 0:
            raise Failure("pip could not install the suite:\n" + result.stdout[-2000:])
        target.rename(packages)
    return packages


def build_client(configuration):
    """Builds AutobahnClient and returns its path."""
    command = ["swift", "build", "--package-path", str(PROJECT), "-c", configuration]
    print("Building AutobahnClient ...", flush=True)
    result = subprocess.run(
        command + ["--product", "AutobahnClient"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=BUILD_SECONDS, check=False)
    if result.returncode != 0:
        raise Failure("AutobahnClient does not build:\n" + result.stdout[-4000:])
    shown = subprocess.run(
        command + ["--show-bin-path"],
        stdout=subprocess.PIPE, text=True, timeout=BUILD_SECONDS, check=True)
    return pathlib.Path(shown.stdout.strip()) / "AutobahnClient"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def fuzzing_server(python, packages, port, reports):
    """The suite's server, for as long as the block runs."""
    spec = reports / "fuzzingserver.json"
    spec.write_text(json.dumps({
        "url": f"ws://127.0.0.1:{port}",
        "outdir": str(reports),
        "cases": [f"{section}.*" for section in SECTIONS],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }))
    log_path = reports / "server.log"
    with log_path.open("w") as log:
        server = subprocess.Popen(
            [python, "-W", "ignore", "-c", LAUNCH, str(packages),
             "--mode", "fuzzingserver", "--spec", str(spec), "--webport", "0"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=reports,
            env={**os.environ, "PYTHONNOUSERSITE": "1"})
        try:
            wait_until_listening(server, port, log_path)
            yield
        finally:
            server.terminate()
            try:
                server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_until_listening(server, port, log_path):
    deadline = time.monotonic() + SERVER_START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise Failure("the fuzzing server did not start:\n" + log_path.read_text()[-2000:])


def verdicts(report_path):
    """Splits the report into the number of conforming cases and a line for each other one."""
    if not report_path.is_file():
        raise Failure("the fuzzing server wrote no report")
    cases = json.loads(report_path.read_text()).get(AGENT, {})
    missing = [s for s in SECTIONS if not any(case.startswith(s + ".") for case in cases)]
    if missing:
        raise Failure("the report lacks section " + ", ".join(missing))
    failed = []
    for case in sorted(cases, key=lambda name: [int(part) for part in name.split(".")]):
        behavior, closing = cases[case]["behavior"], cases[case]["behaviorClose"]
        if {behavior, closing} != {"OK"}:
            print(f"  {case}: {behavior}, closing {closing}")
        if not {behavior, closing} <= CONFORMING:
            failed.append(case)
    return len(cases) - len(failed), failed


def run(arguments):
    python, identity = python27()
    if python is None:
        print("SKIPPED: the Autobahn test suite needs a Python 2.7 with pip, and there is none.")
        return 1 if os.environ.get("CI") == "true" else 0
    packages = install(python, identity)
    client = arguments.client or build_client(arguments.configuration)
    reports = CACHE / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    port = free_port()
    started = time.monotonic()
    with fuzzing_server(python, packages, port, reports):
        result = subprocess.run(
            [str(client), str(port), AGENT],
            stdin=subprocess.DEVNULL, timeout=SUITE_SECONDS, check=False)
    if result.returncode != 0:
        raise Failure(f"AutobahnClient ended with status {result.returncode}")
    passed, failed = verdicts(reports / "index.json")
    print(f"Autobahn took {time.monotonic() - started:.1f} s; report: {reports / 'index.html'}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", type=pathlib.Path, help="an AutobahnClient built before")
    parser.add_argument("--configuration", choices=["debug", "release"], default="debug")
    try:
        return run(parser.parse_args())
    except Failure as failure:
        print(f"FAILED: {failure}")
    except subprocess.TimeoutExpired as expired:
        print(f"FAILED: not done within {expired.timeout:.0f} s: {expired.cmd[0]}")
    print("0 passed, 1 failed")
    return 1


if __name__ == "__main__":
    sys.exit(main())
