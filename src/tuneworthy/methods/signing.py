"""Signatures by people: Ed25519 keys, passkeys, and DSSE envelopes over in-toto statements.

Sources: RFC 8032 (Ed25519); DSSE v1, github.com/secure-systems-lab/dsse, protocol.md (the
pre-authentication encoding); in-toto Attestation Framework, Statement v1.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tuneworthy.core.errors import IntegrityProblem, UsageProblem
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.passkey import (
    Assertion,
    assertion_fault,
    challenge,
    from_base64url,
    is_passkey,
    read_passkey,
    to_base64url,
)

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

Signer = Callable[[dict[str, Any], str], dict[str, Any]]
"""Makes the envelope of a statement under a key id: how anything but a key file signs."""

PrivateKey = bytes | Signer
"""A private key in PEM form, or whatever else signs."""

_PASSKEY_PARTS = ("sig", "authenticatorData", "clientDataJSON")
_HEX_KEY = re.compile(r"[0-9a-f]{64}")


def generate(passphrase: bytes | None = None) -> tuple[bytes, str]:
    """A new key pair: the private half as PKCS #8 PEM (encrypted if asked), the public as hex."""
    key = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    return pem, key.public_key().public_bytes_raw().hex()


def public_of(private_pem: bytes, passphrase: bytes | None = None) -> str:
    """The public half of a private key, as hex. Raises UsageProblem."""
    return _private(private_pem, passphrase).public_key().public_bytes_raw().hex()


def sign_statement(
    statement: dict[str, Any],
    private_pem: PrivateKey,
    keyid: str,
    *,
    passphrase: bytes | None = None,
) -> dict[str, Any]:
    """A DSSE envelope over the statement's canonical bytes. Raises UsageProblem for a bad key."""
    if callable(private_pem):
        return private_pem(statement, keyid)
    payload = canonical(statement)
    signature = _private(private_pem, passphrase).sign(encode(PAYLOAD_TYPE, payload))
    return _envelope(payload, {"keyid": keyid, "sig": base64.b64encode(signature).decode()})


def passkey_challenge(statement: dict[str, Any]) -> bytes:
    """What a passkey signs for a statement: the SHA-256 of its pre-authentication encoding."""
    return challenge(encode(PAYLOAD_TYPE, canonical(statement)))


def passkey_envelope(statement: dict[str, Any], said: Assertion, keyid: str) -> dict[str, Any]:
    """The envelope of a statement with a passkey's assertion, which is not looked at here."""
    parts = (said.signature, said.authenticator, said.client)
    entry = dict(zip(_PASSKEY_PARTS, map(to_base64url, parts), strict=True))
    return _envelope(canonical(statement), {"keyid": keyid, **entry})


def _envelope(payload: bytes, entry: dict[str, str]) -> dict[str, Any]:
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [entry],
    }


def sign_bytes(data: bytes, private_pem: bytes, passphrase: bytes | None = None) -> bytes:
    """The 64 bytes of an Ed25519 signature over plain bytes. Raises UsageProblem for a bad key."""
    return _private(private_pem, passphrase).sign(data)


def verify_envelope(
    envelope: dict[str, Any], public_key: str, *, keyid: str | None = None
) -> dict[str, Any]:
    """The signed statement, after every byte of the envelope has been accounted for.

    The key id is not covered by the signature; give ``keyid`` to hold it to the expected one.

    Args:
        envelope: What is said to be signed.
        public_key: An Ed25519 key as 64 hex digits, or a passkey's text.
        keyid: Whose key it must be said to be.

    Raises:
        IntegrityProblem: The form, the key id, the signature or the statement is not as signed.
    """
    payload, entry = _open(envelope, keyid)
    said = encode(PAYLOAD_TYPE, payload)
    if is_passkey(public_key):
        _check_passkey(entry, public_key, said)
    else:
        _check_ed25519(entry, public_key, said)
    return _statement(payload)


def _check_ed25519(entry: dict[str, Any], public_hex: str, said: bytes) -> None:
    if set(entry) != {"keyid", "sig"}:
        raise _broken("the signature has other fields than keyid and sig")
    try:
        _public(public_hex).verify(_decode(entry["sig"]), said)
    except InvalidSignature:
        raise _broken("the signature is not by this person's key over these bytes") from None


def _check_passkey(entry: dict[str, Any], text: str, said: bytes) -> None:
    if set(entry) != {"keyid", *_PASSKEY_PARTS}:
        raise _broken("the signature has other fields than a passkey's")
    try:
        signature, authenticator, client = (from_base64url(entry[name]) for name in _PASSKEY_PARTS)
        key = read_passkey(text)
    except ValueError as fault:
        raise _broken(f"the passkey or its signature is malformed: {fault}") from None
    assertion = Assertion(authenticator, client, signature)
    if why := assertion_fault(key, challenge(said), assertion):
        raise _broken(why)


def encode(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: type and body, each with its length before it."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _open(envelope: dict[str, Any], keyid: str | None) -> tuple[bytes, dict[str, Any]]:
    """Payload and signature entry of an envelope that has exactly the fields we write."""
    if set(envelope) != {"payload", "payloadType", "signatures"}:
        raise _broken("the envelope has other fields than payload, payloadType and signatures")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise _broken(f"the payload type is not {PAYLOAD_TYPE}")
    signatures = envelope["signatures"]
    if not isinstance(signatures, list | tuple) or len(signatures) != 1:
        raise _broken("the envelope does not have exactly one signature")
    entry = signatures[0]
    if not isinstance(entry, dict):
        raise _broken("the signature is not a set of fields")
    if keyid is not None and entry.get("keyid") != keyid:
        raise _broken("the key id is not this person's")
    return _decode(envelope["payload"]), entry


def _decode(text: object) -> bytes:
    """Base64 that has one spelling only, so that no byte can change unseen."""
    try:
        data = base64.b64decode(text if isinstance(text, str) else "*", validate=True)
    except (binascii.Error, ValueError):
        raise _broken("the payload or signature is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise _broken("the payload or signature is not in its one base64 spelling")
    return data


def _statement(payload: bytes) -> dict[str, Any]:
    try:
        statement = json.loads(payload)
        whole = isinstance(statement, dict) and canonical(statement) == payload
    except ValueError:
        whole, statement = False, {}
    if not whole or statement.get("_type") != STATEMENT_TYPE:
        raise _broken("the payload is not a canonical in-toto statement")
    return dict(statement)


def _private(pem: bytes, passphrase: bytes | None) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except TypeError:
        raise UsageProblem(
            "key_passphrase",
            "the private key and the passphrase do not go together",
            why="the key is encrypted and no passphrase was given, or the other way round",
            fix="give the passphrase the key was made with, or none if it has none",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageProblem(
            "key_unreadable",
            "the private key cannot be read",
            why="it is not an Ed25519 key in PEM form, or the passphrase is wrong",
            fix="give the file that was written when the key was made",
        )
    return key


def _public(public_hex: str) -> Ed25519PublicKey:
    if not _HEX_KEY.fullmatch(public_hex):
        raise _broken("the person's public key is not 64 lower-case hex digits")
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))


def _broken(why: str) -> IntegrityProblem:
    return IntegrityProblem(
        "signature_invalid",
        "the signed statement does not verify",
        why=why,
        fix="ask the person to sign again",
    )
