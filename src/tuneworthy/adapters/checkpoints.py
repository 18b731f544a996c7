"""Which checkpoints of a killed run can be trusted.

A checkpoint is complete when its marker stands: the marker is written last, atomically, and lists
the digest of every other file. A folder without one, or with other bytes, or of another request,
is removed.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuneworthy.core.new_file import new_file
from tuneworthy.methods.canonical import canonical, tree_table

MARKER = "complete.json"
_FOLDER = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint and what the run had cost when it was written."""

    folder: Path
    step: int
    cpu_seconds: float
    wall_seconds: float


def mark_complete(folder: Path, request: str, cpu_seconds: float, wall_seconds: float) -> None:
    """Write the marker: every file first reaches the disk, then the marker, then its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            _sync(path)
    note = {
        "request": request,
        "cpu_seconds": cpu_seconds,
        "wall_seconds": wall_seconds,
        "files": tree_table(folder),
    }
    write_atomically(folder / MARKER, canonical(note))


def newest_complete(workspace: Path, request: str) -> Checkpoint | None:
    """The newest trustworthy checkpoint; all others that are not are removed."""
    found: list[Checkpoint] = []
    for folder in workspace.iterdir() if workspace.is_dir() else ():
        match = _FOLDER.fullmatch(folder.name)
        if not match:
            continue
        note = _read(folder)
        if note is None or note["request"] != request:
            shutil.rmtree(folder)
            continue
        found.append(Checkpoint(folder, int(match[1]), note["cpu_seconds"], note["wall_seconds"]))
    return max(found, key=lambda checkpoint: checkpoint.step, default=None)


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside and rename, synced to the disk."""
    with new_file(path) as file:
        file.write(data)
    _sync(path.parent)


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        note = json.loads((folder / MARKER).read_bytes())
        table = tree_table(folder)
    except (OSError, ValueError):
        return None
    table.pop(MARKER, None)
    sound = isinstance(note, dict) and note.get("files") == table
    return note if sound else None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
