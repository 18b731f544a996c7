"""A file that appears at its place when it is whole, or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def beside(path: Path, kind: str = "part") -> Path:
    """A hidden name next to the file, which nobody can have taken or linked beforehand."""
    return path.with_name(f".{path.name[:180]}.{secrets.token_hex(8)}.{kind}")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Takes the bytes under another name; they stand at ``path`` when the block ends without fault.

    A link that stands at ``path`` is replaced, never followed, and so is one at the other name:
    that is random, and is made anew. The bytes are on the disk before anything is replaced.

    Raises:
        OSError: The file cannot be written.
    """
    draft = beside(path)
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
