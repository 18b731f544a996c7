"""The key that a project's canaries are made from; it stays in the state folder."""

import os
from pathlib import Path

from tuneworthy.core.errors import StoreProblem

FILE = "canaries.key"


def canary_key(state: Path) -> bytes:
    """The project's key, made at the first call. Raises StoreProblem."""
    path = state / FILE
    try:
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _checked(path, path.read_bytes())
        with os.fdopen(number, "wb") as file:
            key = os.urandom(32)
            file.write(key)
            return key
    except OSError as fault:
        raise StoreProblem(
            "no_canary_key",
            f"{path} cannot be read or written.",
            why=str(fault.strerror),
            fix="Give this user the right to read and write there.",
        ) from fault


def _checked(path: Path, key: bytes) -> bytes:
    if len(key) < 16:
        raise StoreProblem(
            "no_canary_key",
            f"{path} holds {len(key)} bytes, and a key has 16 or more.",
            why="The answers of canaries must not be guessed.",
            fix=f"Put back a backup of {path}, or delete it: the next build makes new canaries.",
        )
    return key
