"""A real Home Assistant, from PyPI, on a configuration of its own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lab.bridge import REPOSITORY
from lab.process import Process, free_port, wait_until
from lab.rest import request

ENVIRONMENT = REPOSITORY / ".cache/home-assistant-2024.3.3"
# Without compiled files the first start takes long on a machine that has other things to do.
START_TIMEOUT_S = 120


class HomeAssistant:
    """`recipe` is what stands in its configuration beside what every one needs. What it has to tell people is in
    `messages`, each with its title."""

    def __init__(self, folder: Path, recipe: str):
        folder.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.messages: list[dict[str, str]] = []
        self.receiver = self._listen()
        self.log = folder / "home-assistant.txt"
        (folder / "configuration.yaml").write_text(
            "homeassistant: {name: Test, latitude: 0, longitude: 0, elevation: 0,"
            " unit_system: metric, time_zone: UTC}\n"
            f"http: {{server_host: 127.0.0.1, server_port: {self.port}}}\n"
            "frontend:\nwebhook:\n"
            "notify:\n  - platform: rest\n    method: POST_JSON\n    title_param_name: title\n"
            f"    resource: http://127.0.0.1:{self.receiver.server_port}/\n" + recipe
        )
        self.process = Process(
            [str(ENVIRONMENT / "bin/hass"), "-c", str(folder), "--skip-pip"], self.log
        )
        self.token = ""

    def wait(self) -> "HomeAssistant":
        """Until it answers, and knows a person who may read its states."""
        wait_until(self._answers, START_TIMEOUT_S, "Home Assistant answers")
        client = f"{self.url}/"
        person = {"name": "a", "username": "a", "password": "a", "client_id": client, "language": "en"}
        made = request("POST", f"{self.url}/api/onboarding/users", json=person)
        grant = {"grant_type": "authorization_code", "code": made.json["auth_code"], "client_id": client}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = request(
            "POST", f"{self.url}/auth/token", body=urlencode(grant).encode(), headers=form
        )
        self.token = answer.json["access_token"]
        return self

    def _answers(self) -> bool:
        assert self.process.is_running, self.process.log
        return request("GET", f"{self.url}/api/onboarding").status == 200

    def state(self, entity: str) -> dict[str, Any] | None:
        answer = request(
            "GET", f"{self.url}/api/states/{entity}", headers={"Authorization": f"Bearer {self.token}"}
        )
        return json.loads(answer.body) if answer.status == 200 else None

    def _listen(self) -> ThreadingHTTPServer:
        messages = self.messages

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def stop(self) -> None:
        self.process.stop()
        self.receiver.shutdown()
        self.receiver.server_close()
