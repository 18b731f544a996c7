"""Writes the documents' files: sealed, never over what a person edited, all of them or none."""

import errno
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tuneworthy.core.errors import ConflictProblem, StoreProblem
from tuneworthy.methods.canonical import digest_bytes

SEALS: Final[dict[str, tuple[str, str]]] = {
    "md": ("<!-- tuneworthy-file ", " -->\n"),
    "html": ("<!-- tuneworthy-file ", " -->\n"),
    "json": (',\n "file": "tuneworthy-file ', '"\n}\n'),
}
"""What stands before and after the digest at the very end of a file, by its suffix."""

_DIGEST = r"(sha256:[0-9a-f]{64})"
_READ_BYTES: Final = 16_000_000
"""A file larger than this was never made here."""


def seal(text: str, suffix: str) -> str:
    """The text with the digest of all that stands before it as its last words."""
    before, after = SEALS[suffix]
    body = text.removesuffix("\n}\n") if suffix == "json" else text
    return f"{body}{before}{digest_bytes(body.encode())}{after}"


def is_ours(text: str, suffix: str) -> bool:
    """Whether a file is as it was made. Line ends that a program changed are no edit."""
    before, after = (re.escape(part) for part in SEALS[suffix])
    plain = text.replace("\r\n", "\n")
    found = re.search(f"{before}{_DIGEST}{after}\\Z", plain)
    return found is not None and digest_bytes(plain[: found.start()].encode()) == found[1]


def write_all(folder: Path, texts: Mapping[str, str], *, force: bool) -> list[Path]:
    """Seal and write every file into ``folder``; the old files stay until all new ones are there.

    Args:
        folder: Where to; made when it is not there.
        texts: File name to what it says.
        force: Overwrite what a person edited, too.

    Raises:
        ConflictProblem: Files were edited, or were not made here.
        StoreProblem: The folder cannot be written to, or the disk is full.
    """
    paths = {folder / name: text for name, text in texts.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not force:
            _refuse_edited([path for path in paths if not _untouched(path)])
        _replace_all(paths)
    except OSError as fault:
        raise StoreProblem(
            "cannot_write",
            f"The documents cannot be written to {folder}.",
            why=f"{_said(fault)}. No file is half-written: each is the new one or as it was.",
            fix="Name another folder: tuneworthy assess deliverables -o DIR",
        ) from fault
    return list(paths)


def _said(fault: OSError) -> str:
    place = f"{fault.filename}: " if fault.filename else ""
    return f"{place}{fault.strerror or fault}"


def _untouched(path: Path) -> bool:
    """Whether a file may be replaced: there is none, or it is as it was made."""
    if not path.exists():
        return not path.is_symlink()
    if not path.is_file() or path.stat().st_size > _READ_BYTES:
        return False
    try:
        # Bytes first: reading as text would turn line ends before they are looked at.
        return is_ours(path.read_bytes().decode(), path.suffix[1:])
    except UnicodeDecodeError:
        return False


def _refuse_edited(edited: Sequence[Path]) -> None:
    if not edited:
        return
    many = len(edited) > 1
    raise ConflictProblem(
        "edited_by_hand",
        f"{len(edited)} file{'s are' if many else ' is'} not as {'they were' if many else 'it was'}"
        f" made, and nothing was written: {', '.join(str(path) for path in edited)}.",
        why="What people wrote there would be lost.",
        fix="Keep them elsewhere or choose another folder with -o DIR; --force overwrites them.",
    )


def _replace_all(paths: Mapping[Path, str]) -> None:
    drafts: list[tuple[Path, Path]] = []
    try:
        for path, text in paths.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "It is a folder", str(path))
            drafts.append((_draft(path, seal(text, path.suffix[1:])), path))
        for draft, path in drafts:
            draft.replace(path)
    except BaseException:
        for draft, _ in drafts:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        raise


def _draft(path: Path, text: str) -> Path:
    """The whole text beside its place, on the disk before anything is replaced."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".draft")
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644 & ~_umask())
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    return draft


def _umask() -> int:
    """The process's mask; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
