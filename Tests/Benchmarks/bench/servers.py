"""The servers that are measured: the bridge, and what it is measured against.

Each has a load client of its own with its subscribers and its publisher, so that all of them can stand beside each
other and be asked in turn.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .load import FOLDER, Load
from .processes import cpu_seconds, resident_bytes, with_children

sys.path.insert(0, str(FOLDER.parent / "Integration"))

from lab.bridge import Bridge  # noqa: E402
from lab.process import Process, free_port, wait_until  # noqa: E402

SETTLE_S = 0.05
"""The end of an event's work, after the last subscriber has it."""


class Server:
    """One server under load."""

    name: str
    port: int
    pids: list[int]
    path = "/"
    message_bytes = 0
    """Of an event, where the publisher decides it."""
    subscribers = 0

    def __init__(self, programs: Path):
        self.load = Load(programs)

    def subscribe_up_to(self, count: int) -> None:
        self.load.subscribe(self.port, self.path, count - self.subscribers)
        self.subscribers = count

    def events(self, count: int) -> tuple[list[float], float]:
        """Seconds until all had it, for each event; CPU seconds of the server for all of them."""
        before = cpu_seconds(self.pids)
        seconds, self.wire_bytes = self.load.events(
            count, self.subscribers, size=self.message_bytes
        )
        time.sleep(SETTLE_S)
        return seconds, cpu_seconds(self.pids) - before

    def resident(self) -> int:
        return resident_bytes(self.pids)

    def send_as_many_bytes_as(self, other: "Server") -> None:
        """Takes the size at which its subscribers get what the other's get. Both have one subscriber."""
        self.message_bytes = 300
        self.events(1)
        other.events(1)
        self.message_bytes += int(other.wire_bytes - self.wire_bytes)

    def stop(self) -> None:
        self.load.stop()


class Printer:
    """A program of ours that prints its port, and serves until it is ended."""

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        self.pids = [self.process.pid]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


class Floor(Server):
    """One write for each subscriber and event, and nothing else; or first a synced write to a file."""

    name = "floor"

    def __init__(self, programs: Path, file: Path | None = None):
        super().__init__(programs)
        self.program = Printer([str(programs / "floor"), *([str(file)] if file else [])])
        self.port, self.pids = self.program.port, self.program.pids
        self.load.obey(f"by bare {self.port}")

    def stop(self) -> None:
        self.program.stop()
        super().stop()


NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes {workers};
worker_rlimit_nofile {descriptors};
load_module modules/ngx_nchan_module.so;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  open_file_cache max=10;
  keepalive_requests 100000000;
  nchan_shared_memory_size 64M;
  server {{
    listen 127.0.0.1:{port} backlog=4096{reuse};
    location = /publish {{
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 100;
    }}
    location = /subscribe {{
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
    }}
    location / {{ root {folder}/static; default_type application/json; }}
  }}
}}
"""


class Nginx:
    """nginx with nchan from Debian's packages, on a configuration of its own."""

    def __init__(self, folder: Path, workers: int):
        folder.mkdir()
        (folder / "static").mkdir()
        self.folder = folder
        self.port = free_port()
        configuration = folder / "nginx.conf"
        connections = 15000
        configuration.write_text(
            NGINX.format(
                folder=folder,
                workers=workers,
                port=self.port,
                user="user root;" if os.geteuid() == 0 else "",
                connections=connections,
                descriptors=connections + 1000,
                reuse=" reuseport" if workers > 1 else "",
            )
        )
        command = ["/usr/sbin/nginx", "-c", str(configuration), "-e", str(folder / "error.log")]
        self.process = Process(command, folder / "nginx.log")
        wait_until(self._listens, 10, f"nginx listens ({folder})")
        self.pids = with_children(self.process.child.pid)
        assert len(self.pids) == 1 + workers, self.pids

    def _listens(self) -> bool:
        assert self.process.is_running, self.process.log
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)):
            return len(with_children(self.process.child.pid)) > 1

    def stop(self) -> None:
        self.process.stop()


class Nchan(Server):
    path = "/subscribe"

    def __init__(self, programs: Path, folder: Path, workers: int):
        super().__init__(programs)
        self.name = f"nchan, {workers} worker{'s' if workers > 1 else ''}"
        self.nginx = Nginx(folder, workers)
        self.port, self.pids = self.nginx.port, self.nginx.pids
        self.load.obey(f"by post {self.port} /publish")

    def stop(self) -> None:
        self.nginx.stop()
        super().stop()


class Walletwire(Server):
    """The bridge, on wallets that the load client plays."""

    path = "/api/v1/events"
    name = "walletwire"

    def __init__(
        self,
        programs: Path,
        folder: Path,
        *,
        wallets: int = 1,
        trust: str = "frames",
        server: dict[str, Any] | None = None,
        upstream: dict[str, Any] | None = None,
        storage: dict[str, Any] | None = None,
    ):
        super().__init__(programs)
        self.bridge = Bridge(folder)
        self.bridge.log_level = "info"
        configuration = self.bridge.configuration
        configuration["server"].update({"max_subscribers": 12000, **(server or {})})
        configuration["upstream"] = {"requests_per_minute": 100_000, **(upstream or {})}
        configuration["storage"].update(storage or {})
        for number in range(wallets):
            key = f"key-{number}"
            self.bridge.add_wallet(
                f"w{number}", f"http://127.0.0.1:{self.load.port}", key, trust=trust
            )
        self.start()
        self.load.obey(f"wallets {wallets}")
        self.load.obey("by wallet key-0")

    def start(self) -> None:
        self.bridge.start()
        assert self.bridge.process
        self.pids = [self.bridge.process.child.pid]
        self.port = int(self.bridge.url.rsplit(":", 1)[1])

    def await_connected(self, count: int, timeout: float = 60) -> None:
        def connected() -> bool:
            sources = self.bridge.get("/api/v1/status").json["sources"]
            return sum(source["state"] == "connected" for source in sources) == count

        wait_until(connected, timeout, f"{count} wallets are connected")
        # The rounds that a new socket raises.
        time.sleep(1)

    def flood(self, payments: int) -> float:
        """Publishes payments as fast as it can; the seconds until every subscriber has the last."""
        return self.load.obey(f"flood {payments}")["seconds"]

    def stop(self) -> None:
        self.bridge.kill()
        super().stop()
