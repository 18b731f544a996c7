"""Passkeys as keys of people: their one spelling as text, and the check of what they signed.

Two algorithms only: ES256 (ECDSA on P-256 with SHA-256, DER) and EdDSA (Ed25519). The text of a
key names everything that a signature is held to::

    passkey:RP_ID:CREDENTIAL_ID:COSE_KEY:ORIGIN

with identifier and key in base64url without padding.

Sources: W3C Web Authentication Level 3, sections 5.8.1 (client data), 6.1 (authenticator data) and
7.2 (verifying an assertion); RFC 9052 and 9053 (COSE keys, in CTAP2's canonical CBOR).
"""

import base64
import binascii
import hashlib
import json
import re
from typing import Any, Literal, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = "passkey:"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED, EXTENDED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
"""The flags of authenticator data, section 6.1."""

_ES256 = (bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820"))
_EDDSA = bytes.fromhex("a4010103272006215820")
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)*[a-z](?:[a-z0-9-]{0,62})"
_ORIGIN = re.compile(
    rf"(https)://({_HOST})(?::[1-9][0-9]{{0,4}})?|http://(localhost)(?::\d{{1,5}})?"
)


class Passkey(NamedTuple):
    """One credential: where it may be used, its identifier (bytes) and its COSE key (bytes)."""

    rp_id: str
    credential: bytes
    cose: bytes
    origin: str

    @property
    def algorithm(self) -> Literal["ES256", "EdDSA"]:
        """Which of the two kinds of key it is."""
        return "EdDSA" if self.cose.startswith(_EDDSA) else "ES256"

    @property
    def text(self) -> str:
        """Its one spelling."""
        parts = (self.rp_id, to_base64url(self.credential), to_base64url(self.cose), self.origin)
        return PREFIX + ":".join(parts)


class Assertion(NamedTuple):
    """What an authenticator gives: its data, the browser's data (JSON), and the signature."""

    authenticator: bytes
    client: bytes
    signature: bytes

    @property
    def counter(self) -> int:
        """How often the credential was used, as it says; 0 where it does not count."""
        return int.from_bytes(self.authenticator[33:37], "big")


def is_passkey(text: str) -> bool:
    """Whether the text of a key says that it is a passkey."""
    return text.startswith(PREFIX)


_TOLD = 20
"""Digits of a key that are told."""


def key_name(text: str) -> str:
    """A key in a few letters that people can compare.

    The first 20 digits of an Ed25519 key; of a passkey those of its SHA-256, and the site. Another
    with the same ones would take some 2^80 tries.
    """
    if not is_passkey(text):
        return text[:_TOLD]
    site = text.removeprefix(PREFIX).split(":", 1)[0]
    return f"passkey {hashlib.sha256(text.encode()).hexdigest()[:_TOLD]} of {site}"


def read_passkey(text: str) -> Passkey:
    """The passkey that a text spells. Raises ValueError for any other spelling or kind of key."""
    parts = text.removeprefix(PREFIX).split(":", 3)
    if not is_passkey(text) or len(parts) != 4:
        raise ValueError("it is not passkey:RP_ID:CREDENTIAL_ID:COSE_KEY:ORIGIN")
    rp_id, credential, cose, origin = parts
    key = Passkey(rp_id, from_base64url(credential), from_base64url(cose), origin)
    if not 1 <= len(key.credential) <= 1023:
        raise ValueError("its credential id does not have 1 to 1,023 bytes")
    host = host_of(origin)
    if not rp_id or (host != rp_id and not host.endswith("." + rp_id)):
        raise ValueError("its origin is not of its relying party")
    _public(key)
    return key


def host_of(origin: str) -> str:
    """The host of an https origin (or of http://localhost). Raises ValueError for any other."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise ValueError("an origin is https://HOST, or http://localhost:PORT on one machine")
    return match[2] or match[3]


def challenge(signed: bytes) -> bytes:
    """What an authenticator is asked to sign in place of these bytes: their SHA-256."""
    return hashlib.sha256(signed).digest()


def assertion_fault(key: Passkey, wanted: bytes, said: Assertion) -> str:
    """Why an assertion is not this passkey's over this challenge, in words; empty when it is.

    The counter is not looked at: whoever accepts an assertion compares it with the last one.
    """
    fault = _client_fault(key, wanted, said.client) or _data_fault(key, said.authenticator)
    if fault:
        return fault
    data = said.authenticator + hashlib.sha256(said.client).digest()
    public = _public(key)
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(said.signature, data)
        else:
            public.verify(said.signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature is not by this person's passkey over these bytes"
    return ""


def to_base64url(data: bytes) -> str:
    """Base64url without padding, as WebAuthn writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: object) -> bytes:
    """Bytes of base64url without padding in its one spelling. Raises ValueError."""
    given = text if isinstance(text, str) else "*"
    try:
        data = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64url") from None
    if to_base64url(data) != text:
        raise ValueError("it is not in its one base64url spelling")
    return data


def _client_fault(key: Passkey, wanted: bytes, data: bytes) -> str:
    try:
        said = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return "the client data cannot be read"
    if not isinstance(said, dict) or said.get("type") != "webauthn.get":
        return "the client data is not of a signature"
    if said.get("challenge") != to_base64url(wanted):
        return "what was signed is another statement"
    if said.get("origin") != key.origin:
        return "it was signed on another site than the passkey is for"
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        return "it was signed inside another site"
    return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _data_fault(key: Passkey, data: bytes) -> str:
    flags = data[32] if len(data) >= 37 else 0
    if len(data) < 37 or flags & ATTESTED or (len(data) > 37) != bool(flags & EXTENDED):
        return "the authenticator's data does not have the form of a signature's"
    if data[:32] != hashlib.sha256(key.rp_id.encode()).digest():
        return "it was signed for another relying party"
    if not flags & PRESENT:
        return "nobody was there when it was signed"
    if not flags & VERIFIED:
        return "the authenticator did not check who was there"
    if flags & BACKED_UP and not flags & ELIGIBLE:
        return "the authenticator's flags contradict each other"
    return ""


def _public(key: Passkey) -> Ed25519PublicKey | ec.EllipticCurvePublicKey:
    """The public key that a COSE key is. Raises ValueError for any but the two kinds."""
    if key.cose.startswith(_EDDSA) and len(key.cose) == len(_EDDSA) + 32:
        return Ed25519PublicKey.from_public_bytes(key.cose[-32:])
    head, middle = _ES256
    if len(key.cose) != 77 or not key.cose.startswith(head) or key.cose[42:45] != middle:
        raise ValueError("its public key is not an ES256 or EdDSA key in canonical COSE form")
    x, y = (int.from_bytes(part, "big") for part in (key.cose[10:42], key.cose[45:]))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
