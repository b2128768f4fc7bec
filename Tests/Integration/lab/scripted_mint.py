"""Runs one Nutshell mint whose Lightning node does what a test tells it.

Started with the Python of a Nutshell environment, never imported by the tests. Nutshell's own
FakeWallet pays after a delay, or as soon as somebody asks; with this subclass of it nothing is
paid until a test says so. A small HTTP server on a second port takes the script, one JSON object
a request:

    POST /receive {"bolt11", "notify"}    somebody pays our invoice, with or without a notification
    POST /resolve {"bolt11", "result"}    what becomes of our paying it: "SETTLED" or "FAILED"

Whatever is said is forgotten when the process ends; the mint's own database is not.
"""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncGenerator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cashu.lightning
from bolt11 import decode
from cashu.core.base import Amount, MeltQuote, Unit
from cashu.lightning.base import PaymentResponse, PaymentResult, PaymentStatus
from cashu.lightning.fake import FakeWallet

try:
    from cashu.lightning.base import PaymentStatusResult
except ImportError:
    # Before Nutshell 0.20.
    PaymentStatusResult = PaymentResult

POLL_S = 0.02

received: set[str] = set()
results: dict[str, str] = {}
"""By payment hash: what became of an outgoing payment."""
node: "ScriptedNode | None" = None


class ScriptedNode(FakeWallet):
    """Nutshell's FakeWallet with a scripted network behind it."""

    def __init__(self, unit: Unit = Unit.sat, **arguments: object) -> None:
        global node
        super().__init__(unit, **arguments)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.notified: asyncio.Queue[str] = asyncio.Queue()
        node = self

    async def get_invoice_status(self, checking_id: str) -> PaymentStatus:
        is_paid = checking_id in received
        return PaymentStatus(
            result=PaymentStatusResult.SETTLED if is_paid else PaymentStatusResult.PENDING
        )

    async def paid_invoices_stream(self) -> AsyncGenerator[str, None]:
        self.loop = asyncio.get_running_loop()
        while True:
            yield await self.notified.get()

    def notify(self, payment_hash: str) -> None:
        """Any thread: the node reports an incoming payment."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.notified.put_nowait, payment_hash)

    async def pay_invoice(self, quote: MeltQuote, fee_limit_msat: int) -> PaymentResponse:
        payment_hash = decode(quote.request).payment_hash
        while payment_hash not in results:
            await asyncio.sleep(POLL_S)
        return PaymentResponse(
            result=PaymentResult[results[payment_hash]],
            checking_id=payment_hash,
            fee=Amount(self.unit, 0),
            preimage="00" * 32,
        )

    async def get_payment_status(self, checking_id: str) -> PaymentStatus:
        return PaymentStatus(result=PaymentStatusResult[results.get(checking_id, "PENDING")])


def receive(bolt11: str, notify: bool = True) -> None:
    payment_hash = decode(bolt11).payment_hash
    received.add(payment_hash)
    if notify and node is not None:
        node.notify(payment_hash)


def resolve(bolt11: str, result: str) -> None:
    results[decode(bolt11).payment_hash] = result


class Control(BaseHTTPRequestHandler):
    """The test's hand on the network."""

    protocol_version = "HTTP/1.1"
    actions = {"/receive": receive, "/resolve": resolve}

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.actions[self.path](**json.loads(self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    cashu.lightning.FakeWallet = ScriptedNode
    # Only now: the mint takes its wallet, and its settings, when it is imported.
    from cashu.mint.main import main as mint

    control = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    mint([])


if __name__ == "__main__":
    main()
