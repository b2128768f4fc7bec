"""TLS in front of a wallet's server, with certificates that are right or wrong on purpose."""

import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        folder.mkdir(parents=True)
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=Laboratory", "-days", "2", "-keyout", str(folder / "ca.key"),
            "-out", str(folder / "ca.pem"),
        )  # fmt: skip
        return cls(folder)

    def certificate(self, name: str, host: str, expired: bool = False) -> tuple[Path, Path]:
        """A certificate for a host, and its key."""
        key, request, made = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extension = self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={host}\n")
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request),
        )  # fmt: skip
        days = ["-days", "-1"] if expired else ["-days", "2"]
        openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.file),
            "-CAkey", str(self.folder / "ca.key"), "-CAcreateserial", "-extfile", str(extension),
            *days, "-out", str(made),
        )  # fmt: skip
        return made, key


class TLSFront:
    """Ends TLS on a loopback port and relays to a plain server."""

    def __init__(self, upstream: tuple[str, int], certificate: tuple[Path, Path]):
        self.upstream = upstream
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        try:
            outer = self.context.wrap_socket(client, server_side=True)
            inner = socket.create_connection(self.upstream)
        except OSError:
            client.close()
            return
        threading.Thread(target=self.relay, args=[inner, outer], daemon=True).start()
        self.relay(outer, inner)

    @staticmethod
    def relay(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        self.listener.close()
