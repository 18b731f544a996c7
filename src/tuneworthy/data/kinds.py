"""File kinds: which reader takes a path, and whether a path may be read at all."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.arrow_file import arrow_file_rows
from tuneworthy.data.csv_file import csv_rows
from tuneworthy.data.jsonl_file import jsonl_rows
from tuneworthy.data.opened import Hash, ending
from tuneworthy.data.parquet_file import parquet_rows
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits
from tuneworthy.data.saved_folder import is_saved_folder, saved_rows
from tuneworthy.data.text_file import text_rows

TEXT_KINDS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
"""Kinds that may also end in ``.gz``."""
KINDS = (*TEXT_KINDS, ".parquet", ".arrow", ".feather")
PLAIN = ".txt"
"""A text a line. It must be named, for in a folder such a file is mostly a note on the others."""


def raw_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every record of a file or saved folder, by the reader of its kind.

    Raises DataProblem or ConfigProblem when the file itself is at fault.
    """
    if path.is_dir():
        return saved_rows(path, source, digest, limits)
    match ending(path):
        case ".csv" | ".tsv":
            return csv_rows(path, source, digest, limits)
        case ".parquet":
            return parquet_rows(path, source, digest, limits)
        case ".arrow" | ".feather":
            return arrow_file_rows(path, source, digest, limits)
        case ".txt":
            return text_rows(path, source, digest, limits)
        case _:
            return jsonl_rows(path, source, digest, limits)


def check_place(path: Path, folder: Path | None = None) -> None:
    """Whether a path may be read. Opens nothing, so that a pipe does not make it wait.

    Args:
        path: A file, or a folder that ``datasets`` saved.
        folder: Where it must stay when it is a link, or a path through one; None for anywhere. A
            path that names another place in so many words (``../shared``, ``/data``) is meant.

    Raises:
        ConfigProblem: Not there, of an unknown kind, a link that leads out of ``folder``, or a name
            that is not UTF-8.
        DataProblem: A pipe, a device or a socket.
    """
    check_name(path)
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        raise ConfigProblem(
            "no_source",
            f"{path} does not exist.",
            why="" if isinstance(fault, FileNotFoundError) else str(fault.strerror),
            fix="Check the path; in a project it stands in tuneworthy.yaml under 'sources'.",
        ) from fault
    if folder is not None and leads_out(path, folder):
        raise ConfigProblem(
            "leads_out",
            f"{path} is a link that leads out of the project, to {path.resolve()}.",
            why="What a link names can change without the project changing.",
            fix=f"Name the file itself: {path.resolve()}",
        )
    if stat.S_ISDIR(mode):
        if not is_saved_folder(path):
            fix = "Name one file, or a folder that datasets wrote with save_to_disk."
            raise ConfigProblem("is_folder", f"{path} is a folder, not a file.", fix=fix)
    elif not stat.S_ISREG(mode):
        raise DataProblem(
            "not_a_file",
            f"{path} is a pipe, a device or a folder, not a plain file.",
            fix="Write the data into a file and name that.",
        )
    else:
        _check_kind(path)


def check_name(path: Path) -> None:
    """Whether a path can be written down, in a record or on the screen. Raises ConfigProblem."""
    name = str(path)
    told = name.encode("utf-8", "backslashreplace").decode("utf-8")
    if told != name:
        raise ConfigProblem(
            "name_not_utf8",
            f"The path {told} is not UTF-8.",
            why="Findings and records name the file, and are UTF-8.",
            fix="Give the file, and the folders above it, another name: mv OLD NEW",
        )


def leads_out(path: Path, folder: Path) -> bool:
    """Whether links lead a path that is named inside ``folder`` to a place outside."""
    home = folder.resolve()
    # By the name alone: "a/../b" is "b", whatever "a" is a link to.
    named = Path(os.path.normpath(home / path if not path.is_absolute() else path))
    inside = named.is_relative_to(home) or named.is_relative_to(folder.absolute())
    return inside and not named.resolve().is_relative_to(home)


def _check_kind(path: Path) -> None:
    packed = path.suffix.lower() == ".gz"
    if ending(path) in (*(TEXT_KINDS if packed else KINDS), PLAIN):
        return
    raise ConfigProblem(
        "unknown_format",
        f"{path} has the ending '{path.suffix}', which is not read.",
        why=f"Endings that are read: {', '.join((*KINDS, PLAIN))}; text kinds also with .gz.",
        fix="Save the file in one of these formats.",
    )
