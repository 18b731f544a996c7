"""Files of the state folder and of the project in which texts of the people erased stand."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tuneworthy.lifecycle.erasure_marks import FILE, Marks
from tuneworthy.lifecycle.state_folder import STATE
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.needles import Needles
from tuneworthy.serve.segments import SUFFIX

_BLOCK = 1 << 22
_OVERLAP = 1 << 16
"""Bytes that two blocks share: no text that is longer is looked for across their border."""

_DATABASES = ("tuneworthy.db", "jobs.db")
_WORK = ("training", "curve")
"""Folders of work that was stopped: half-trained weights, which are made anew."""


class Scanned(NamedTuple):
    """What a search of every byte found."""

    files: int
    bytes: int
    holding: tuple[Path, ...]


def scan(folder: Path, needles: Needles) -> Scanned:
    """Search every byte of every file below a folder, databases and their logs with the rest."""
    files = size = 0
    holding = []
    for path in _files(folder):
        read, hit = _search(path, needles)
        files, size = files + 1, size + read
        if hit:
            holding.append(path)
    return Scanned(files, size, tuple(holding))


def in_state(runtime: Runtime, marks: Marks) -> list[Path]:
    """Files of the state folder with texts of theirs that are neither database nor kept file."""
    state = runtime.state
    blobs = state / "blobs" / "sha256"
    return [
        path
        for path in scan(state, marks.needles).holding
        if path.name.split("-")[0] not in _DATABASES
        and not path.is_relative_to(blobs)
        and path.suffix != SUFFIX
    ]


def half_done(runtime: Runtime) -> list[Path]:
    """Folders of trainings that were stopped: whose rows they saw is not known any more."""
    return [path for name in _WORK for path in (runtime.state / name).glob("*") if path.is_dir()]


def remove(folders: list[Path]) -> None:
    """Delete whole folders; what is gone already is no fault."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def in_project(runtime: Runtime, marks: Marks) -> list[Path]:
    """Files beside the project file with texts of theirs: sources, reports, packs, exports."""
    state = runtime.folder / STATE
    return [path for path in _files(runtime.folder, leave=state) if _search(path, marks.needles)[1]]


def _files(folder: Path, leave: Path | None = None) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path == leave or path.is_symlink() or FILE in path.name:
            continue
        if path.is_dir():
            yield from _files(path, leave)
        elif path.is_file():
            yield path


def _search(path: Path, needles: Needles) -> tuple[int, bool]:
    """How many bytes were read, and whether a text stands among them; a hit ends the reading."""
    seen, tail = 0, b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                seen += len(block)
                if needles.hit(tail + block):
                    return seen, True
                tail = block[-_OVERLAP:]
    except FileNotFoundError:
        return seen, False  # taken away meanwhile
    return seen, False
