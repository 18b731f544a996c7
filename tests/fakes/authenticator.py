"""A passkey in software: what a browser and a security key make of the options they are given."""

import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tuneworthy.methods.passkey import (
    PRESENT,
    VERIFIED,
    Assertion,
    Passkey,
    from_base64url,
    to_base64url,
)

ORIGIN = "https://gates.example.org"
RP_ID = "gates.example.org"
ES256, EDDSA = -7, -8


class Authenticator:
    """One credential of one person, for one site.

    Args:
        algorithm: ES256 (-7) or EdDSA (-8).
        origin: Where the browser says that it is.
        rp_id: Whom the credential is for.
        counts: Whether it counts its uses, as security keys do and synced passkeys do not.
    """

    def __init__(
        self, algorithm: int = ES256, *, origin: str = ORIGIN, rp_id: str = RP_ID,
        counts: bool = True, name: bytes = b"credential-1",
    ) -> None:  # fmt: skip
        self.origin, self.rp_id, self.counts, self.id = origin, rp_id, counts, name
        self.counter, self.flags = 0, PRESENT | VERIFIED
        self._key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey
        if algorithm == EDDSA:
            self._key = Ed25519PrivateKey.generate()
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def cose(self) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            public = self._key.public_key().public_bytes_raw()
            return cbor2.dumps({1: 1, 3: EDDSA, -1: 6, -2: public})
        at = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (at.x, at.y))
        return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})

    @property
    def text(self) -> str:
        """The public half, as the project knows it."""
        return Passkey(self.rp_id, self.id, self.cose, self.origin).text

    def client(self, kind: str, challenge: str, /, **more: Any) -> bytes:
        facts = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(facts | more, separators=(",", ":")).encode()

    def data(self, extra_flags: int = 0) -> bytes:
        self.counter += self.counts
        head = hashlib.sha256(self.rp_id.encode()).digest()
        return head + bytes([self.flags | extra_flags]) + self.counter.to_bytes(4, "big")

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(data)
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def assertion(self, challenge: bytes, /, **more: Any) -> Assertion:
        """What is signed in place of a challenge; ``more`` goes into the client data."""
        client, data = self.client("webauthn.get", to_base64url(challenge), **more), self.data()
        return Assertion(data, client, self.sign(data + hashlib.sha256(client).digest()))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """``navigator.credentials.create(...).toJSON()`` with no attestation."""
        size = len(self.id).to_bytes(2, "big")
        data = self.data(0x40) + bytes(16) + size + self.id + self.cose
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            clientDataJSON=self.client("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(made),
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """``navigator.credentials.get(...).toJSON()``."""
        said = self.assertion(from_base64url(options["challenge"]))
        return self._answer(
            clientDataJSON=said.client,
            authenticatorData=said.authenticator,
            signature=said.signature,
        )

    def _answer(self, **parts: bytes) -> dict[str, Any]:
        id_ = to_base64url(self.id)
        response = {name: to_base64url(part) for name, part in parts.items()}
        return {"id": id_, "rawId": id_, "type": "public-key", "response": response}
