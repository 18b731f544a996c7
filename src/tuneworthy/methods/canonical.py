"""Canonical bytes and digests.

JSON is written by RFC 8785 (JCS), so that the same value has the same bytes anywhere; a digest is
``sha256:`` and 64 lower-case hex digits.
"""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import rfc8785
from pydantic import BaseModel

_SAFE = 2**53 - 1
"""The largest integer that RFC 8785 writes (RFC 7493, section 2.2)."""


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value or a noun. Raises ValueError for NaN and huge integers."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if _plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except TypeError:
            pass  # A lone surrogate, or nesting beyond orjson's depth: told apart below.
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as fault:
        raise ValueError(str(fault)) from fault


def _plain(value: Any) -> bool:
    """Whether orjson writes the value just as RFC 8785 does: no floats, names in ASCII."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_SAFE <= value <= _SAFE)
    if kind is dict:
        return all(type(k) is str and k.isascii() and _plain(v) for k, v in value.items())
    return kind in (list, tuple) and all(map(_plain, value))


def digest_bytes(data: bytes) -> str:
    """``sha256:<hex>`` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """``sha256:<hex>`` of a JSON value's or noun's canonical bytes."""
    return digest_bytes(canonical(value))


def digest_file(path: Path) -> str:
    """``sha256:<hex>`` of a file, read in blocks."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def digest_tree(folder: Path) -> str:
    """Digest of a folder: its sorted table of relative path to file digest. Links are refused."""
    return digest(tree_table(folder))


def tree_table(folder: Path) -> dict[str, str]:
    """Relative POSIX path to file digest for every file below ``folder``.

    Raises:
        ValueError: A symbolic link stands below the folder.
    """
    table: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise ValueError(f"symbolic link in a content-addressed folder: {path}")
        if path.is_file():
            table[path.relative_to(folder).as_posix()] = digest_file(path)
    return table


def short(value: str, length: int = 12) -> str:
    """The first hex digits of a digest, for people."""
    return value.removeprefix("sha256:")[:length]
