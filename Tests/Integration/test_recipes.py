"""What config/recipes and README promise, tried: as a person would copy it, against a running bridge."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from lab.bridge import REPOSITORY, Bridge
from lab.home_assistant import HomeAssistant
from lab.process import Process, free_port, wait_until
from lab.rest import request
from lab.simulator import Simulator

RECIPES = REPOSITORY / "config/recipes"
PROGRAMS = REPOSITORY / ".cache/debian"
USUAL_URL = "http://127.0.0.1:2121"
TOLD_S = 15


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator("1.6.2", tmp_path_factory.mktemp("simulator"))
    yield simulator.start()
    simulator.stop()


@pytest.fixture
def wallet(simulator: Simulator):
    return simulator.create_wallet("recipes", 1000)


@pytest.fixture
def bridge(new_bridge: Callable[[], Bridge], simulator: Simulator, wallet) -> Bridge:
    bridge = new_bridge()
    bridge.add_wallet("main", simulator.url, wallet.invoice_key, heartbeat_ms=200)
    bridge.start()
    bridge.wait_for_state("connected", 20)
    return bridge


@pytest.fixture
def pay(simulator: Simulator, wallet) -> Callable[[int, str], None]:
    def pay(sat: int, memo: str) -> None:
        simulator.receive(wallet, [wallet.create_invoice(sat, memo)])

    return pay


def recipe(name: str) -> str:
    return (RECIPES / name).read_text()


def is_followed(bridge: Bridge) -> bool:
    return bridge.get("/api/v1/status").json["subscribers"] > 0


# Scripts


@pytest.mark.parametrize(
    ("script", "line"),
    [("bell.sh", "received 21 sat"), ("follow.py", "+21.000 sat  tea"), ("follow.mjs", "+21 sat  tea")],
)
def test_a_script_tells_of_a_payment_and_comes_back_by_id(
    bridge: Bridge, pay, tmp_path: Path, script: str, line: str
):
    command = [str(RECIPES / script), bridge.url]
    if script.endswith(".mjs"):
        command.insert(0, next(str(p) for p in (REPOSITORY / ".cache/browser").rglob("driver/node")))
    environment = {**os.environ, "BELL": "true"}
    follower = Process(command, tmp_path / "script.log", environment=environment)
    try:
        wait_until(lambda: is_followed(bridge), TOLD_S, "the script follows")
        pay(21, "tea")
        wait_until(lambda: line in follower.log, TOLD_S, "the script tells")
        bridge.kill()
        pay(22, "late tea")
        listen = bridge.url.removeprefix("http://")
        bridge.configuration["server"]["listen"] = listen
        bridge.start()
        second = line.replace("21", "22").replace("tea", "late tea")
        wait_until(lambda: second in follower.log, TOLD_S, "the script tells what it missed")
        assert follower.log.count(line) == 1
        assert follower.log.count(second) == 1
    finally:
        stop_with_children(follower)


@pytest.mark.parametrize("script", ["follow.py", "follow.mjs"])
def test_a_script_prints_nothing_of_a_payer_s_that_steers_a_terminal(
    bridge: Bridge, pay, tmp_path: Path, script: str
):
    command = [str(RECIPES / script), bridge.url]
    if script.endswith(".mjs"):
        command.insert(0, next(str(p) for p in (REPOSITORY / ".cache/browser").rglob("driver/node")))
    follower = Process(command, tmp_path / "script.log")
    try:
        wait_until(lambda: is_followed(bridge), TOLD_S, "the script follows")
        pay(21, "\x1b]0;owned\x07 \x9b31m \u202efdp \u2028+5.000 sat\r\n👩\u200d🚀 end")
        wait_until(lambda: "end" in follower.log, TOLD_S, "the script tells")
    finally:
        follower.kill()
    (line,) = follower.log.split("\n")[:-1]
    assert line.endswith("sat  ?]0;owned? ?31m ?fdp ?+5.000 sat??👩\u200d🚀 end")


def stop_with_children(follower: Process) -> None:
    """The shell's curl goes with it."""
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(follower.child.pid)], capture_output=True, text=True
    ).stdout.split()
    follower.kill()
    for child in children:
        subprocess.run(["kill", child], check=False, capture_output=True)


# Home Assistant


def test_home_assistants_sensors_read_the_balance(bridge: Bridge):
    answer = bridge.balance()
    rest = yaml.safe_load(recipe("home-assistant.yaml"))["rest"][0]
    assert rest["resource"].startswith(USUAL_URL)
    path = rest["resource"].removeprefix(USUAL_URL)
    assert bridge.get(path).json["balance_msat"] == answer["balance_msat"]

    def rendered(template: str, value: Any) -> str:
        return jinja2.Environment().from_string(template).render(value_json=value)

    sensor, stale = rest["sensor"][0], rest["binary_sensor"][0]
    assert rendered(sensor["value_template"], answer) == str(answer["balance_sat"])
    assert rendered(sensor["availability"], answer) == "True"
    assert set(sensor["json_attributes"]) <= set(answer)
    assert rendered(stale["value_template"], answer) == "False"
    # What it gets while nothing is known: a problem, which must not pass for a balance.
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503}
    assert rendered(sensor["availability"], problem) == "False"
    assert rendered(stale["value_template"], problem) == "True"


def test_home_assistants_webhook_is_called_for_each_payment(bridge: Bridge, pay, tmp_path: Path):
    called: list[dict[str, Any]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = f"http://127.0.0.1:{server.server_port}/api/webhook/walletwire-payment"
    script = Process(
        [str(RECIPES / "home-assistant-events.py"), hook, bridge.url], tmp_path / "script.log"
    )
    try:
        wait_until(lambda: is_followed(bridge), TOLD_S, "the script follows")
        pay(5, "cake")
        wait_until(lambda: called, TOLD_S, "the webhook is called")
    finally:
        script.kill()
        server.shutdown()
        server.server_close()
    automation = yaml.safe_load(recipe("home-assistant.yaml"))["automation"][0]
    assert automation["trigger"][0]["webhook_id"] == hook.rsplit("/", 1)[1]

    class Trigger:
        json = called[0]

    condition = automation["condition"][0]["value_template"]
    title = automation["action"][0]["data"]["title"]
    render = jinja2.Environment().from_string
    assert render(condition).render(trigger=Trigger) == "True"
    assert render(title).render(trigger=Trigger) == "Received 5 sat"


# What a payer may write to be obeyed, and what must be told of it all the same. Home Assistant 2024.3 runs a message as
# a template; its frontend and its apps show Markdown and HTML.
OBEYED = {
    "{{ states.sensor | map(attribute='entity_id') | list }}": "states.sensor",
    "{% for state in states %}{{ state.entity_id }}{% endfor %}": "for state in states",
    "{{ broken": "broken",
    "{# unseen #}": "unseen",
    "{{ 7 * 6 }}": "7   6",
    "![x](http://192.0.2.1/x.png) <img src=x> *a* `b`": "http://192.0.2.1/x.png",
    "{{ '{{' }} 1 + 1 {{ '}}' }}": "1 + 1",
    "hi ⚡": "hi ⚡",
}


def test_a_real_home_assistant_reads_the_recipe_and_obeys_no_payer(bridge: Bridge, pay, tmp_path: Path):
    """The oldest that the recipe is for, 2024.3.3."""
    assistant = HomeAssistant(
        tmp_path / "assistant", recipe("home-assistant.yaml").replace(USUAL_URL, bridge.url)
    )
    hook = f"{assistant.url}/api/webhook/walletwire-payment"
    script = Process(
        [str(RECIPES / "home-assistant-events.py"), hook, bridge.url], tmp_path / "script.log"
    )
    try:
        assistant.wait()
        wait_until(
            lambda: (assistant.state("sensor.wallet_balance") or {}).get("state")
            == str(bridge.balance()["balance_sat"]),
            30,
            "the sensor has the balance",
        )
        stale = assistant.state("binary_sensor.wallet_balance_stale")
        assert stale is not None and stale["state"] == "off"
        wait_until(lambda: is_followed(bridge), TOLD_S, "the script follows")
        for number, memo in enumerate(OBEYED):
            pay(100 + number, memo)
        wait_until(lambda: len(assistant.messages) == len(OBEYED), 30, "every payment is told")
    finally:
        script.kill()
        assistant.stop()
    told = {message["title"]: message["message"] for message in assistant.messages}
    for number, words in enumerate(OBEYED.values()):
        message = told[f"Received {100 + number} sat"]
        assert words in message
        assert not set("{}[]<>*`") & set(message)
        assert "sensor.wallet" not in message and "automation." not in message
    errors = [line for line in assistant.log.read_text().splitlines() if " ERROR " in line]
    assert errors == []


# Dashboards


def test_gethomepage_maps_fields_that_are_there(bridge: Bridge):
    service = yaml.safe_load(recipe("homepage-services.yaml"))[0]["Money"][0]["Wallet"]
    answer = bridge.get(service["widget"]["url"].removeprefix(USUAL_URL)).json
    assert "error" not in answer
    assert all(mapping["field"] in answer for mapping in service["widget"]["mappings"])
    assert bridge.request("HEAD", service["siteMonitor"].removeprefix(USUAL_URL)).status == 200


def test_glance_reads_fields_that_are_there(bridge: Bridge):
    widget = yaml.safe_load(recipe("glance.yml"))[0]
    (balance,) = bridge.get(widget["url"].removeprefix(USUAL_URL)).json
    kinds = {"String": str, "Int": int, "Bool": bool}
    used = re.findall(r'\.(String|Int|Bool) "(\w+)"', widget["template"])
    assert len(used) == 3
    assert all(type(balance[field]) is kinds[kind] for kind, field in used)


def test_uptime_kumas_query_has_the_value_that_it_expects(bridge: Bridge):
    cells = [line.strip("|").split("|") for line in recipe("uptime-kuma.md").splitlines()]
    rows = {row[0].strip(): row[2].strip(" `") for row in cells if len(row) == 3}
    answer = bridge.get(rows["URL"].removeprefix(USUAL_URL)).json
    assert json.dumps(answer[rows["Json Query"]]) == rows["Expected Value"]
    assert bridge.get("/readyz").status == 200


def test_node_reds_flow_is_wired_and_reads_fields_that_are_there(bridge: Bridge):
    nodes = {node["id"]: node for node in json.loads(recipe("node-red.json"))}
    wires = [end for node in nodes.values() for out in node.get("wires", []) for end in out]
    assert wires and all(end in nodes for end in wires)
    answer = bridge.get(nodes["walletwire-get"]["url"].removeprefix(USUAL_URL)).json
    for node in nodes.values():
        for text in (node.get("property", ""), node.get("complete", "")):
            if isinstance(text, str) and text.startswith("payload."):
                assert text.removeprefix("payload.") in answer


def test_an_esp32s_buffer_holds_the_answer(bridge: Bridge):
    class Loader(yaml.SafeLoader):
        """Home automation's own tags are of no interest here."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
    get = yaml.load(recipe("esphome.yaml"), Loader)["interval"][0]["then"][0]["http_request.get"]
    answer = bridge.get("/" + get["url"].split("/", 3)[3])
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert len(answer.body) < 512 < get["max_response_buffer_size"]
    code = get["on_response"]["then"][0]["lambda"]
    assert all(field in answer.json for field in re.findall(r'root\["(\w+)"\]', code))


# Prometheus


def test_promtool_accepts_the_metrics_and_the_rules(bridge: Bridge):
    promtool = str(PROGRAMS / "usr/bin/promtool")
    metrics = bridge.get("/metrics").body
    checked = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True)
    assert checked.returncode == 0 and not checked.stderr, checked.stderr.decode()
    for arguments in (
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "walletwire.rules.yml"],
        ["test", "rules", "walletwire.rules.test.yml"],
    ):
        tried = subprocess.run([promtool, *arguments], cwd=RECIPES, capture_output=True, text=True)
        assert tried.returncode == 0, tried.stdout + tried.stderr


def test_prometheus_scrapes_and_knows_every_name_that_is_used(bridge: Bridge, tmp_path: Path):
    """A real Prometheus; every metric of the rules and of the dashboard is one that it has seen."""
    port = free_port()
    configuration = recipe("prometheus.yml").replace("15s", "1s")
    (tmp_path / "prometheus.yml").write_text(
        configuration.replace("127.0.0.1:2121", bridge.url.removeprefix("http://"))
    )
    shutil.copy(RECIPES / "walletwire.rules.yml", tmp_path)
    prometheus = Process(
        [
            str(PROGRAMS / "usr/bin/prometheus"),
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        tmp_path / "prometheus.log",
    )
    api = f"http://127.0.0.1:{port}/api/v1"

    def scraped() -> list[dict[str, Any]]:
        answer = request("GET", f"{api}/query?query=walletwire_balance_msat")
        # It is not ready at once.
        return answer.json["data"]["result"] if answer.status == 200 else []

    try:
        balance = wait_until(scraped, 30, "prometheus has scraped")
        assert balance[0]["value"][1] == str(bridge.balance()["balance_msat"])
        names = set(request("GET", f"{api}/label/__name__/values").json["data"])
        rules = request("GET", f"{api}/rules").json["data"]["groups"][0]["rules"]
        used = recipe("walletwire.rules.yml") + recipe("grafana-dashboard.json")
        # Counted only once something has happened.
        later = {"walletwire_payments_published_total", "walletwire_watches"}
        wanted = set(re.findall(r"\b((?:walletwire|process)_[a-z_]+)(?=[{\s\[)=\"])", used))
        assert len(rules) == 7 and len(wanted) > 10
        assert wanted - names - later == set()
    finally:
        prometheus.stop()


# In front of it


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_a_proxy_in_front_passes_the_stream_and_wants_a_token(
    new_bridge: Callable[[], Bridge], simulator: Simulator, wallet, pay, tmp_path: Path, proxy: str
):
    token = "a-token-of-thirty-two-characters"
    bridge = new_bridge()
    bridge.add_wallet("main", simulator.url, wallet.invoice_key)
    bridge.configuration["server"] |= {
        "access_token": token,
        "allowed_hosts": ["wallet.example.com"],
    }
    bridge.start()
    port = free_port()
    process = PROXIES[proxy](bridge.url.removeprefix("http://"), port, tmp_path)
    url = f"http://127.0.0.1:{port}/api/v1"
    name = {"Host": "wallet.example.com"}
    person = {**name, "Authorization": f"Bearer {token}"}
    try:
        wait_until(
            lambda: request("GET", f"{url}/status", headers=name).status == 401, 20, "it asks"
        )
        wait_until(
            lambda: request("GET", f"{url}/balance", headers=person).status == 200, 20, "it passes"
        )
        curl = ["curl", "-sN", "--max-time", "20", f"{url}/events?types=payment"]
        for field, value in person.items():
            curl += ["-H", f"{field}: {value}"]
        stream = Process(curl, tmp_path / "curl.log")
        wait_until(lambda: "event: snapshot" in stream.log, TOLD_S, "the stream begins")
        pay(9, "through a proxy")
        wait_until(lambda: "through a proxy" in stream.log, TOLD_S, "the event is not held back")
        stream.kill()
    finally:
        process.stop()


def start_nginx(target: str, port: int, folder: Path) -> Process:
    server = recipe("nginx.conf").replace("127.0.0.1:2121", target)
    server = server.replace("listen 8080", f"listen 127.0.0.1:{port}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{server}\n}}\n"
    )
    return Process(
        [str(PROGRAMS / "usr/sbin/nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")],
        folder / "nginx.log",
    )


def start_caddy(target: str, port: int, folder: Path) -> Process:
    site = recipe("Caddyfile").replace("127.0.0.1:2121", target)
    # No certificate for the name can be had here: the same site over HTTP.
    site = site.replace("wallet.example.com {", f"http://wallet.example.com:{port} {{\n\tbind 127.0.0.1")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + site)
    return Process(
        [str(PROGRAMS / "usr/bin/caddy"), "run", "--config", str(folder / "Caddyfile")],
        folder / "caddy.log",
        environment={"HOME": str(folder)},
    )


PROXIES = {"nginx": start_nginx, "caddy": start_caddy}


# Words


def test_the_dockerfile_copies_what_a_build_leaves_and_installs_what_the_binary_needs():
    text = recipe("Dockerfile")
    for source in re.findall(r"^COPY (\S+)", text, re.M):
        assert (REPOSITORY / source).exists(), source
    binary = REPOSITORY / ".build/release/walletwire"
    needed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True).stdout
    packages = {"libmicrohttpd": "libmicrohttpd12", "libsqlite3": "libsqlite3-0", "libssl": "libssl3"}
    for library, package in packages.items():
        assert library in needed and package in text
    for variable in re.findall(r"(WALLETWIRE_\w+)=", text):
        assert variable.removeprefix("WALLETWIRE_").lower().replace("server_", "") in {
            "listen", "lnbits_url", "invoice_key_file", "access_token_file",
        }  # fmt: skip


def test_every_recipe_is_in_the_list_and_every_listed_one_is_there():
    listed = set(re.findall(r"`([\w.-]+\.\w+|Caddyfile|Dockerfile)`", recipe("README.md")))
    present = {path.name for path in RECIPES.iterdir() if path.is_file()} - {"README.md"}
    assert present - {"walletwire.rules.test.yml"} <= listed
    assert {name for name in listed if not name.endswith(".service")} <= present
