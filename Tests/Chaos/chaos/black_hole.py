"""A TCP proxy that can stop forwarding without closing anything, as a broken NAT does."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Link:
    """One relayed connection. A lost one stays open and carries nothing ever again."""

    ends: tuple[socket.socket, socket.socket]
    is_lost: bool = False


class BlackHoleProxy:
    """Relays bytes to `upstream`; between `open_hole` and `close_hole` it only takes them."""

    def __init__(self, upstream: str):
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.flowing = threading.Event()
        self.flowing.set()
        self.lock = threading.Lock()
        self.links: dict[int, Link] = {}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.is_closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def open_hole(self) -> None:
        """From now on nothing passes: new connections are accepted by the kernel, and silent."""
        self.flowing.clear()

    def close_hole(self, loses_links: bool) -> None:
        """Bytes flow again. The links of before either go on where they stood, or never."""
        with self.lock:
            for link in self.links.values() if loses_links else ():
                link.is_lost = True
        self.flowing.set()

    def close(self) -> None:
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.flowing.set()
        with self.lock:
            links = list(self.links.values())
        for link in links:
            shut(link)

    def _accept(self) -> None:
        while not self.is_closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.flowing.wait()
        try:
            server = socket.create_connection(self.upstream, timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link((client, server))
        with self.lock:
            self.links[id(link)] = link
        back = threading.Thread(target=self._pump, args=(link, server, client), daemon=True)
        back.start()
        self._pump(link, client, server)
        back.join()
        with self.lock:
            del self.links[id(link)]
        client.close()
        server.close()

    def _pump(self, link: Link, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.flowing.wait()
                if not link.is_lost:
                    sink.sendall(data)
        # An end is a packet too: a black hole swallows it.
        self.flowing.wait()
        shut(link)


def shut(link: Link) -> None:
    for end in link.ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
