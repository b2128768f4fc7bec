"""A PostgreSQL of Debian's package, in a folder of its own, for LNbits to keep its tables in."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from .process import free_port

PROGRAMS = Path("/usr/lib/postgresql")
USER = "lnbits"


class Postgres:
    def __init__(self) -> None:
        folders = sorted(PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
        assert folders, "PostgreSQL is missing: .ci/install-packages test"
        self.programs = folders[-1]
        # Its own user has to reach it, and its socket's path may be 107 bytes long.
        self.folder = Path(tempfile.mkdtemp(prefix="walletwire-postgres-"))
        self.port = free_port()
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)

    def start(self) -> "Postgres":
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", USER, "--no-sync")
        listen = "-c listen_addresses=127.0.0.1 -c fsync=off"
        options = f"-p {self.port} {listen} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        return self

    def create_database(self, name: str, timezone: str) -> str:
        """Its URL. `timezone` is what its sessions take for local time."""
        for statement in (
            f"CREATE DATABASE {name}",
            f"ALTER DATABASE {name} SET timezone = '{timezone}'",
        ):
            arguments = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "postgres")
            self._run("psql", *arguments, "-qc", statement)
        return f"postgres://{USER}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            # The server would keep a pipe open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}: {self.folder}/log"
