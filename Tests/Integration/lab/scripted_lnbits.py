"""Runs one LNbits whose Lightning node does what a test tells it.

Started with the Python of an LNbits environment, never imported by the tests. LNbits' FakeWallet
only knows the invoices that it made itself; this subclass also plays the rest of the Lightning
network: invoices of other nodes that settle, fail, hang or change their mind, and other nodes
that pay ours with or without a notification. A small HTTP server on a second port takes the
script, one JSON object a request:

    POST /foreign-invoice {"amount_sat", "memo", "answer", "answer_delay_s", "status", "fee_msat",
                           "node_id"}                                 -> {"bolt11", "payment_hash"}
    POST /status          {"payment_hash", "status", "fee_msat"}      what a later check says
    POST /receive         {"payment_hashes", "notify"}                someone pays our invoices
    POST /notify          {"payment_hash"}                            the node repeats itself

`answer` is what `pay_invoice` says: "settled", "failed" or "pending".
"""

import asyncio
import json
import sys
import threading
import time
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import urandom

import lnbits.wallets
import uvicorn
from bolt11 import Bolt11, MilliSatoshi, TagChar, Tags, decode, encode
from lnbits.wallets.base import (
    PaymentFailedStatus,
    PaymentPendingStatus,
    PaymentResponse,
    PaymentStatus,
)
from lnbits.wallets.fake import FakeWallet


@dataclass
class Script:
    """What the node says about one outgoing payment."""

    preimage: str
    answer: str = "settled"
    answer_delay_s: float = 0
    status: str = "pending"
    fee_msat: int = 0
    node_id: str | None = None


scripts: dict[str, Script] = {}
received: set[str] = set()
node: "ScriptedNode | None" = None


def script_of(checking_id: str) -> Script | None:
    """The script by payment hash, or by the id that the node gave the payment."""
    if checking_id in scripts:
        return scripts[checking_id]
    return next((s for s in scripts.values() if s.node_id == checking_id), None)


class ScriptedNode(FakeWallet):
    """LNbits' FakeWallet with a scripted network behind it."""

    def __init__(self) -> None:
        global node
        super().__init__()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.notified: asyncio.Queue[str] = asyncio.Queue()
        node = self

    async def pay_invoice(self, bolt11: str, fee_limit_msat: int) -> PaymentResponse:
        payment_hash = decode(bolt11).payment_hash
        script = scripts.get(payment_hash)
        if script is None:
            return PaymentResponse(ok=False, error_message="No route.")
        await asyncio.sleep(script.answer_delay_s)
        if script.answer == "failed":
            script.status = "failed"
            return PaymentResponse(ok=False, error_message="No route.")
        if script.answer == "pending":
            return PaymentResponse(ok=None, checking_id=script.node_id or payment_hash)
        script.status = "settled"
        return PaymentResponse(
            ok=True,
            checking_id=script.node_id or payment_hash,
            fee_msat=script.fee_msat,
            preimage=script.preimage,
        )

    async def get_payment_status(self, checking_id: str) -> PaymentStatus:
        script = script_of(checking_id)
        if script is None or script.status == "pending":
            return PaymentPendingStatus()
        if script.status == "failed":
            return PaymentFailedStatus(paid=False)
        return PaymentStatus(paid=True, fee_msat=script.fee_msat, preimage=script.preimage)

    async def get_invoice_status(self, checking_id: str) -> PaymentStatus:
        if checking_id in received:
            return PaymentStatus(paid=True, preimage=self.payment_secrets.get(checking_id))
        return PaymentPendingStatus()

    async def paid_invoices_stream(self):
        self.loop = asyncio.get_running_loop()
        while True:
            yield await self.notified.get()

    def notify(self, payment_hash: str) -> None:
        """Any thread: the node reports an incoming payment."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.notified.put_nowait, payment_hash)


# Anybody's: nothing that it signs is worth anything.
FOREIGN_KEY = pbkdf2_hmac("sha256", b"another node", b"FakeWallet", 2048, 32).hex()


def foreign_invoice(amount_sat: int, memo: str = "", **script) -> dict:
    """An invoice of another node, and what shall become of paying it."""
    preimage = urandom(32)
    payment_hash = sha256(preimage).hexdigest()
    tags = Tags()
    tags.add(TagChar.description, memo)
    tags.add(TagChar.payment_secret, urandom(32).hex())
    tags.add(TagChar.payment_hash, payment_hash)
    invoice = Bolt11(
        currency="bc", amount_msat=MilliSatoshi(amount_sat * 1000), date=int(time.time()), tags=tags
    )
    scripts[payment_hash] = Script(preimage=preimage.hex(), **script)
    return {
        "bolt11": encode(invoice, FOREIGN_KEY),
        "payment_hash": payment_hash,
    }


def set_status(payment_hash: str, status: str, fee_msat: int | None = None) -> dict:
    script = scripts.setdefault(payment_hash, Script(preimage="00" * 32))
    script.status = status
    if fee_msat is not None:
        script.fee_msat = fee_msat
    return {}


def receive(payment_hashes: list[str], notify: bool = True) -> dict:
    received.update(payment_hashes)
    for payment_hash in payment_hashes if notify else []:
        repeat_notification(payment_hash)
    return {}


def repeat_notification(payment_hash: str) -> dict:
    if node is not None:
        node.notify(payment_hash)
    return {}


class Control(BaseHTTPRequestHandler):
    """The test's hand on the network."""

    protocol_version = "HTTP/1.1"
    actions = {
        "/foreign-invoice": foreign_invoice,
        "/status": set_status,
        "/receive": receive,
        "/notify": repeat_notification,
    }

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        arguments = json.loads(self.rfile.read(length) or b"{}")
        body = json.dumps(self.actions[self.path](**arguments)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    port, control_port, ping_timeout = (int(argument) for argument in sys.argv[1:4])
    lnbits.wallets.FakeWallet = ScriptedNode
    control = ThreadingHTTPServer(("127.0.0.1", control_port), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    uvicorn.run(
        "lnbits.__main__:app",
        host="127.0.0.1",
        port=port,
        ws_ping_timeout=ping_timeout,
        log_level="info",
    )


if __name__ == "__main__":
    main()
