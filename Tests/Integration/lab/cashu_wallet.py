"""What a Cashu wallet does at a mint, reduced to what tests need.

The blinding factor is 0, so that a blinded message is the point Y of its secret, and the mint's
signature the proof itself: no arithmetic on the curve is needed. Nobody's privacy is at stake.
"""

from dataclasses import dataclass
from hashlib import sha256
from os import urandom
from typing import Any

from .nutshell import Nutshell
from .process import wait_until
from .rest import request

FIELD_PRIME = 2**256 - 2**32 - 977


def hash_to_curve(message: bytes) -> str:
    """NUT-00: the point that a secret stands for, compressed, in hexadecimal."""
    seed = sha256(b"Secp256k1_HashToCurve_Cashu_" + message).digest()
    for counter in range(2**16):
        x = sha256(seed + counter.to_bytes(4, "little")).digest()
        # It is on the curve if y² = x³ + 7 has a root: Euler's criterion.
        square = (pow(int.from_bytes(x, "big"), 3, FIELD_PRIME) + 7) % FIELD_PRIME
        if pow(square, (FIELD_PRIME - 1) // 2, FIELD_PRIME) == 1:
            return "02" + x.hex()
    raise ValueError("no point for this message")


@dataclass(frozen=True)
class Quote:
    """A mint or a melt quote. Who knows the id can take the tokens."""

    id: str
    bolt11: str
    amount: int
    fee_reserve: int = 0


@dataclass(frozen=True)
class Proof:
    """A token. `y` is what its state is asked by."""

    amount: int
    keyset: str
    secret: str
    signature: str

    @property
    def y(self) -> str:
        return hash_to_curve(self.secret.encode())

    @property
    def wire(self) -> dict[str, Any]:
        return {
            "amount": self.amount,
            "id": self.keyset,
            "secret": self.secret,
            "C": self.signature,
        }


class CashuWallet:
    """A wallet of satoshis at one mint. `secrets` is what nobody else may learn from anybody."""

    def __init__(self, url: str):
        self.url = url
        self.secrets: list[str] = []

    def ask(self, path: str, body: Any = None) -> Any:
        answer = request("GET" if body is None else "POST", self.url + path, json=body)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text[:500]}"
        return answer.json

    # Lightning to tokens

    def request_mint(self, amount: int) -> Quote:
        """NUT-23: an invoice, whose payment buys tokens."""
        quote = self.ask("/v1/mint/quote/bolt11", {"amount": amount, "unit": "sat"})
        self.secrets += [quote["quote"], quote["request"]]
        return Quote(quote["quote"], quote["request"], amount)

    def mint(self, quote: Quote) -> list[Proof]:
        """Tokens for a quote that is paid; its state becomes ISSUED."""
        keysets = self.ask("/v1/keysets")["keysets"]
        keyset = next(k["id"] for k in keysets if k["active"] and k["unit"] == "sat")
        amounts = [1 << bit for bit in range(quote.amount.bit_length()) if quote.amount >> bit & 1]
        secrets = [urandom(32).hex() for _ in amounts]
        outputs = [
            {"amount": amount, "id": keyset, "B_": hash_to_curve(secret.encode())}
            for amount, secret in zip(amounts, secrets, strict=True)
        ]
        issued = self.ask("/v1/mint/bolt11", {"quote": quote.id, "outputs": outputs})
        proofs = [
            Proof(signature["amount"], signature["id"], secret, signature["C_"])
            for signature, secret in zip(issued["signatures"], secrets, strict=True)
        ]
        self.secrets += [name for proof in proofs for name in (proof.secret, proof.y)]
        return proofs

    def buy(self, mint: Nutshell, amount: int) -> list[Proof]:
        """Tokens, paid for."""
        quote = self.request_mint(amount)
        mint.receive(quote.bolt11)
        wait_until(lambda: self.mint_state(quote) == "PAID", 5, "the quote is paid")
        return self.mint(quote)

    # Tokens to Lightning

    def request_melt(self, bolt11: str) -> Quote:
        quote = self.ask("/v1/melt/quote/bolt11", {"request": bolt11, "unit": "sat"})
        self.secrets += [quote["quote"], bolt11]
        return Quote(quote["quote"], bolt11, quote["amount"], quote["fee_reserve"])

    def melt(self, quote: Quote, proofs: list[Proof]) -> None:
        """Hands the tokens in. Returns as soon as quote and tokens are PENDING."""
        inputs = [proof.wire for proof in proofs]
        self.ask("/v1/melt/bolt11", {"quote": quote.id, "inputs": inputs, "prefer_async": True})

    # Questions

    def mint_state(self, quote: Quote) -> str:
        return self.ask(f"/v1/mint/quote/bolt11/{quote.id}")["state"]

    def melt_state(self, quote: Quote) -> str:
        return self.ask(f"/v1/melt/quote/bolt11/{quote.id}")["state"]

    def proof_state(self, proof: Proof) -> str:
        return self.ask("/v1/checkstate", {"Ys": [proof.y]})["states"][0]["state"]
