"""A secret key in a file of its own in the state folder, made when first asked for."""

import os
from contextlib import suppress
from pathlib import Path

from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.new_file import beside

LEAST = 16


def key_file(path: Path, code: str, why: str, lost: str) -> bytes:
    """The key in a file, made at the first call and readable by its owner alone.

    Of many who call it first at once all get the key of one, and who is killed leaves none.

    Args:
        path: The file.
        code: Of the problem when it cannot be read.
        why: Why a key must be long.
        lost: What happens when the file is deleted.

    Raises StoreProblem.
    """
    try:
        if not path.exists():
            _make(path)
        return _checked(path, path.read_bytes(), code, why, lost)
    except OSError as fault:
        raise StoreProblem(
            code,
            f"{path} cannot be read or written.",
            why=str(fault.strerror),
            fix="Give this user the right to read and write there.",
        ) from fault


def _make(path: Path) -> None:
    """Write a key beside the file, whole, and give it the file's name unless that is taken."""
    draft = beside(path)
    try:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            _name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links; two at the very same moment are not told apart there
        if not path.exists():
            draft.replace(path)


def _checked(path: Path, key: bytes, code: str, why: str, lost: str) -> bytes:
    if len(key) < LEAST:
        raise StoreProblem(
            code,
            f"{path} holds {len(key)} bytes, and a key has {LEAST} or more.",
            why=why,
            fix=f"Put back a backup of {path}, or delete it: {lost}.",
        )
    return key
