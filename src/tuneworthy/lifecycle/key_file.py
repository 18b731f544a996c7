"""A secret key in a file of its own in the state folder, made when first asked for."""

import os
from pathlib import Path

from tuneworthy.core.errors import StoreProblem

LEAST = 16


def key_file(path: Path, code: str, why: str, lost: str) -> bytes:
    """The key in a file, made at the first call and readable by its owner alone.

    Args:
        path: The file.
        code: Of the problem when it cannot be read.
        why: Why a key must be long.
        lost: What happens when the file is deleted.

    Raises StoreProblem.
    """
    try:
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _checked(path, path.read_bytes(), code, why, lost)
        with os.fdopen(number, "wb") as file:
            key = os.urandom(32)
            file.write(key)
            return key
    except OSError as fault:
        raise StoreProblem(
            code,
            f"{path} cannot be read or written.",
            why=str(fault.strerror),
            fix="Give this user the right to read and write there.",
        ) from fault


def _checked(path: Path, key: bytes, code: str, why: str, lost: str) -> bytes:
    if len(key) < LEAST:
        raise StoreProblem(
            code,
            f"{path} holds {len(key)} bytes, and a key has {LEAST} or more.",
            why=why,
            fix=f"Put back a backup of {path}, or delete it: {lost}.",
        )
    return key
