"""Signed checkpoints of a log, as others read and write them.

Sources: C2SP signed-note (c2sp.org/signed-note) and tlog-checkpoint (c2sp.org/tlog-checkpoint),
Ed25519 signatures (type 0x01). A checkpoint is three lines, origin, size and root, then an empty
line and the signature lines.
"""

import base64
import binascii
import hashlib
import re
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.methods.signing import public_of, sign_bytes

_KIND = b"\x01"
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class Tree(Part):
    """What a checkpoint says: whose log, how many records, and their Merkle root (hex)."""

    origin: str
    size: int
    root: str


def origin_of(project: str) -> str:
    """The name of a project's log, fit for a key name: no space, no plus."""
    return "tuneworthy/" + quote(project, safe="")


def verifier_key(name: str, public_hex: str) -> str:
    """The public key with its name, as verifiers are given it: ``name+hash+key``."""
    public = _KIND + bytes.fromhex(public_hex)
    return f"{name}+{_key_hash(name, public).hex()}+{base64.b64encode(public).decode()}"


def sign(tree: Tree, private_pem: bytes) -> str:
    """The signed note of a tree. Raises UsageProblem for a key that cannot be read."""
    text = f"{tree.origin}\n{tree.size}\n{base64.b64encode(bytes.fromhex(tree.root)).decode()}\n"
    public = _KIND + bytes.fromhex(public_of(private_pem))
    signature = _key_hash(tree.origin, public) + sign_bytes(text.encode(), private_pem)
    return f"{text}\n\u2014 {tree.origin} {base64.b64encode(signature).decode()}\n"


def verify(note: str, vkey: str) -> Tree:
    """What a note with one signature says, after every byte of it has been accounted for.

    Raises:
        IntegrityProblem: Another form, or not signed by this key.
    """
    text, line = _parted(note)
    name, key_hash, public = _parts(vkey)
    head, _, encoded = line.rpartition(" ")
    if head != f"\u2014 {name}":
        raise _broken("it is signed under another name")
    signed = _decode(encoded)
    if signed[:4] != key_hash:
        raise _broken("it is signed by another key")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed[4:], text.encode())
    except InvalidSignature:
        raise _broken("the signature is not over these bytes") from None
    return _tree(text)


def _parted(note: str) -> tuple[str, str]:
    text, gap, line = note.partition("\n\n")
    if not gap or not line.endswith("\n") or "\n" in line[:-1]:
        raise _broken("it does not have a text, an empty line and one signature")
    return text + "\n", line[:-1]


def _tree(text: str) -> Tree:
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise _broken("it does not have an origin, a size and a root")
    root = _decode(lines[2])
    if len(root) != 32:
        raise _broken("its root is not a SHA-256 hash")
    return Tree(origin=lines[0], size=int(lines[1]), root=root.hex())


def _parts(vkey: str) -> tuple[str, bytes, bytes]:
    match = _VKEY.fullmatch(vkey)
    public = _decode(match[3]) if match else b""
    if match is None or len(public) != 33 or public[:1] != _KIND:
        raise _broken("the verifier key is not name+hash+key of an Ed25519 key")
    if _key_hash(match[1], public).hex() != match[2]:
        raise _broken("the verifier key's hash is not the key's")
    return match[1], bytes.fromhex(match[2]), public[1:]


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]


def _decode(text: str) -> bytes:
    """Base64 that has one spelling only, so that no byte can change unseen."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _broken("a part of it is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise _broken("a part of it is not in its one base64 spelling")
    return data


def _broken(why: str) -> IntegrityProblem:
    return IntegrityProblem(
        "checkpoint_invalid",
        "The checkpoint does not verify.",
        why=why,
        fix="Take the checkpoint from where it was sent to, byte for byte.",
    )
