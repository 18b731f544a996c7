"""Reads signed notes (C2SP signed-note, tlog-checkpoint)."""

import base64
import hashlib
from collections.abc import Sequence

from tuneworthy.govern.verifier.ed25519 import ed25519_verifies
from tuneworthy.govern.verifier.forms import Fault


def decode(text: str) -> bytes:
    """Base64 that has one spelling only. Raises Fault."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Fault("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Fault("not in its one base64 spelling")
    return data


def read_key(vkey: str) -> tuple[str, bytes, bytes]:
    """Name, hash and the 32 bytes of a verifier key, ``name+hash+key``."""
    parts = vkey.split("+", 2)
    public = decode(parts[2]) if len(parts) == 3 else b""
    if len(public) != 33 or public[:1] != b"\x01":
        raise Fault("a key that is not an Ed25519 verifier key")
    hashed = hashlib.sha256(parts[0].encode() + b"\n" + public).digest()[:4]
    if hashed.hex() != parts[1]:
        raise Fault("a key whose hash is not its own")
    return parts[0], hashed, public[1:]


def split_notes(data: bytes, what: str) -> list[str]:
    """The signed notes that a file holds, each ended by an empty line or the file's end."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Fault(f"{what}: not text") from None
    notes: list[str] = []
    start = 0
    for number, line in enumerate(lines):
        if line.startswith("\u2014 "):
            notes.append("\n".join(lines[start : number + 1]) + "\n")
            start = number + 2
            if lines[number + 1 : number + 2] != [""]:
                raise Fault(f"{what}: line {number + 2} should be empty")
    if any(lines[start:]):
        raise Fault(f"{what}: line {start + 1} begins no whole checkpoint")
    return notes


def open_note(note: str, keys: Sequence[str]) -> tuple[int, bytes]:
    """Size and root of a note signed by one of ``keys``. Raises Fault."""
    text, _, line = note.partition("\n\n")
    said = text.split("\n")
    if len(said) != 3 or not said[1].isdigit() or str(int(said[1])) != said[1]:
        raise Fault("a checkpoint that is not an origin, a size and a root")
    root = decode(said[2])
    for vkey in keys:
        name, hashed, public = read_key(vkey)
        if not line.startswith(f"\u2014 {name} ") or name != said[0]:
            continue
        signed = decode(line[len(name) + 3 : -1])
        if signed[:4] == hashed and ed25519_verifies(public, signed[4:], f"{text}\n".encode()):
            return int(said[1]), root
    raise Fault(f"the checkpoint over {said[1]} records is not signed by a key of this log")
