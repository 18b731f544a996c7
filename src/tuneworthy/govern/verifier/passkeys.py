"""Checks what people signed with passkeys (W3C Web Authentication, section 7.2), or other keys.

A key is 64 hex digits of an Ed25519 key, or ``passkey:RP_ID:CREDENTIAL_ID:COSE_KEY:ORIGIN``.
Counters are not compared: whoever accepted a signature did that.
"""

import base64
import hashlib
import json
import re
from typing import Any

from tuneworthy.govern.verifier.ed25519 import ed25519_verifies
from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.notes import decode
from tuneworthy.govern.verifier.p256 import p256_verifies

_SITE = re.compile(r"(?:https://([a-z0-9.-]+)(?::\d+)?|http://(localhost)(?::\d+)?)")


def key_verifies(key: str, entry: Any, data: bytes) -> bool:
    """Whether a signature of an envelope is by this key over ``data``. Raises Fault."""
    if not key.startswith("passkey:"):
        if set(entry) != {"keyid", "sig"} or len(key) != 64:
            raise Fault("an envelope of another key's kind")
        return ed25519_verifies(bytes.fromhex(key), decode(entry["sig"]), data)
    if set(entry) != {"keyid", "sig", "authenticatorData", "clientDataJSON"}:
        raise Fault("an envelope of another key's kind")
    rp_id, _, cose, origin = key.removeprefix("passkey:").split(":", 3)
    _site(rp_id, origin)
    client, said = decode_url(entry["clientDataJSON"]), decode_url(entry["authenticatorData"])
    _client(client, hashlib.sha256(data).digest(), origin)
    _device(said, rp_id)
    signed = said + hashlib.sha256(client).digest()
    return _cose_verifies(decode_url(cose), decode_url(entry["sig"]), signed)


def decode_url(text: str) -> bytes:
    """Base64url without padding that has one spelling only. Raises Fault."""
    if "+" in text or "/" in text or "=" in text:
        raise Fault("not base64url")
    plain = text.replace("-", "+").replace("_", "/")
    return decode(plain + "=" * (-len(plain) % 4))


def _cose_verifies(cose: bytes, signature: bytes, data: bytes) -> bool:
    """COSE keys (RFC 9053) of the two kinds, in the one order of CTAP2."""
    if cose[:10].hex() == "a4010103272006215820" and len(cose) == 42:
        return ed25519_verifies(cose[10:], signature, data)
    if cose[:10].hex() == "a5010203262001215820" and cose[42:45].hex() == "225820":
        return p256_verifies(cose[10:42], cose[45:], signature, data)
    raise Fault("a passkey that is neither ES256 nor EdDSA")


def _site(rp_id: str, origin: str) -> None:
    site = _SITE.fullmatch(origin)
    host = (site[1] or site[2]) if site else ""
    if not rp_id or not f".{host}".endswith(f".{rp_id}"):
        raise Fault("a passkey whose origin is not of its relying party")


def _client(data: bytes, challenge: bytes, origin: str) -> None:
    """What the browser says that it asked for, and where."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise Fault("client data in which a name stands twice")
        return dict(pairs)

    try:
        said = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Fault("client data that cannot be read") from None
    wanted = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    facts = (said.get("type"), said.get("challenge"), said.get("origin"))
    if facts != ("webauthn.get", wanted, origin):
        raise Fault("a passkey's signature over something else, or from another site")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise Fault("a passkey's signature from inside another site")


def _device(data: bytes, rp_id: str) -> None:
    """What the authenticator says: for whom, and that it saw and checked somebody."""
    flags = data[32] if len(data) > 36 else 0
    if data[:32] != hashlib.sha256(rp_id.encode()).digest():
        raise Fault("a passkey's signature for another relying party")
    if flags & 0x05 != 0x05 or flags & 0x18 == 0x10:
        raise Fault("a passkey's signature for which nobody was checked")
    if flags & 0x40 or (len(data) > 37) != (flags & 0x80 > 0):
        raise Fault("authenticator data of another form")
