"""What README.md says, tried: its commands are run, its configurations loaded, its answers compared."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.bridge import BINARY, REPOSITORY, Bridge
from lab.process import Process, wait_until
from lab.rest import request
from lab.stream import EventStream

README = (REPOSITORY / "README.md").read_text()
USUAL_URL = "http://127.0.0.1:2121"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`walletwire demo`, from which the answers in README come: its address."""
    log = tmp_path_factory.mktemp("demo") / "demo.log"
    command = [str(REPOSITORY / BINARY), "demo", "--listen", "127.0.0.1:0"]
    process = Process(command, log, directory=REPOSITORY)

    def address() -> str | None:
        found = re.search(r"serves on (http://127\.0\.0\.1:\d+)/", process.log)
        return found.group(1) if found else None

    url = wait_until(address, 30, "the demonstration serves")
    wait_until(lambda: request("GET", f"{url}/readyz").status == 200, 30, "it is ready")
    yield url
    assert process.stop() == 0


def shape(value: Any) -> Any:
    """The names in a JSON value, without what they hold."""
    return {name: shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def answered(command: str, url: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.replace(USUAL_URL, url))
    return subprocess.run(words, capture_output=True, text=True, timeout=30)


def test_every_curl_answers_as_it_is_shown(demo: str):
    asked = [
        re.match(r"\$ (curl -s .*)\n(\{.*\})$", part)
        for block in blocks("console")
        for part in block.strip().split("\n\n")
    ]
    shown = [match for match in asked if match]
    assert len(shown) == 2
    for match in shown:
        answer = answered(match.group(1), demo)
        assert answer.returncode == 0, answer.stderr
        assert shape(json.loads(answer.stdout)) == shape(json.loads(match.group(2)))


def test_the_stream_has_the_events_that_are_shown(demo: str):
    (block,) = [block for block in blocks("console") if "curl -N" in block]
    shown = dict(re.findall(r"^event: (\w+)\ndata: (\{.*\})$", block, re.M))
    stream = EventStream(f"{demo}/api/v1/events?since=earliest")
    try:
        for kind in ("payment", "balance"):
            found = stream.wait_for(lambda s, kind=kind: s.of_kind(kind), 60, kind)
            assert shape(found[0].data) == shape(json.loads(shown[kind]))
        snapshot = stream.of_kind("snapshot")[0].data
        assert list(snapshot) == ["balances", "sources", "last_event_id"]
    finally:
        stream.close()


def test_every_path_in_the_table_is_in_the_description_and_the_other_way_round(demo: str):
    described = set(request("GET", f"{demo}/api/v1/openapi.json").json["paths"]) - {"/", "/events"}
    table = re.search(r"^\| ask \| get \|\n.*?\n\n", README, re.M | re.S)
    assert table
    told: set[str] = set()
    for cell in re.findall(r"^\| (.*?) \| ", table.group(0).replace(r"\|", ","), re.M):
        for path in re.findall(r"(/[\w/.{}]+)", cell):
            is_whole = path.startswith(("/api", "/healthz", "/readyz", "/metrics"))
            told.add(path if is_whole else f"/api/v1{path}")
    told = {path.replace("payments/{id}", "payments/{payment_id}") for path in told}
    assert told == described


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_configuration_is_taken(new_bridge: Callable[[], Bridge], tmp_path: Path, text: str):
    """A bridge starts on it; the files that it names are there, and it listens where it may."""
    for path in sorted(set(re.findall(r'"(/(?:run|etc)/[^"]+)"', text))):
        file = tmp_path / path.replace("/", "_")
        if path.endswith(".pem"):
            file.write_bytes(Path("/etc/ssl/certs/ca-certificates.crt").read_bytes())
        else:
            file.write_text("0123456789abcdef0123456789abcdef\n")
            file.chmod(0o600)
        text = text.replace(f'"{path}"', f'"{file}"')
    # No name here leads anywhere, and no test may ask one that does.
    text = re.sub(r"(https?)://[\w.-]+", r"\1://127.0.0.1:9", text)
    bridge = new_bridge()
    text = text.replace("0.0.0.0:2121", "0.0.0.0:0")
    listen = "" if "listen" in text else '[server]\nlisten = "127.0.0.1:0"\n'
    bridge.config_file.write_text(
        f'[storage]\npath = "{tmp_path}/readme.db"\n{listen}{text}'
    )
    process = bridge.launch()
    wait_until(lambda: "serves on" in process.log or not process.is_running, 20, "it starts")
    assert process.is_running, process.log


def test_every_command_in_a_block_is_there():
    commands = [
        line.split("#")[0].strip()
        for block in blocks("sh")
        for line in block.splitlines()
        if line.strip()
    ]
    assert len(commands) >= 5
    for command in commands:
        for part in command.split("&&"):
            words = [word for word in shlex.split(part) if "=" not in word]
            if words[0] == "make":
                subprocess.run(["make", "-n", *words[1:]], cwd=REPOSITORY, check=True, capture_output=True)
            elif "/" in words[0]:
                assert (REPOSITORY / words[0]).stat().st_mode & 0o111, words[0]
            else:
                assert words[0] in {"install", "editor"}, f"nobody has tried: {part}"


def test_every_make_target_that_is_named_exists():
    named = set(re.findall(r"`(?:sudo )?make ([a-z-]+)`", README))
    makefile = (REPOSITORY / "Makefile").read_text()
    assert named and all(re.search(rf"^{name}:", makefile, re.M) for name in named)


def test_the_script_in_it_is_one():
    node = next(str(path) for path in (REPOSITORY / ".cache/browser").rglob("driver/node"))
    for block in blocks("js"):
        checked = subprocess.run([node, "--check", "-"], input=block, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
