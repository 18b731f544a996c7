"""The rows of a file as items to judge."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data import kinds
from tuneworthy.data.kinds import check_place
from tuneworthy.data.opened import Hash
from tuneworthy.data.raw import RawRow
from tuneworthy.data.readers import DEFAULT_LIMITS
from tuneworthy.data.rows import column
from tuneworthy.data.turns import read_messages
from tuneworthy.data.values import RowError

ASKS = ("request", "prompt", "instruction", "text")
"""Fields that hold what is to be judged, besides ``messages``."""


class Rows(NamedTuple):
    """What a file holds: row number to the text to judge, rows that give none, its digest."""

    texts: dict[int, str]
    unread: int
    sha256: str


def read_items(path: Path, source: Source) -> Rows:
    """Every row with something to judge. Raises DataProblem or ConfigProblem for a bad file."""
    seen = hashlib.sha256()
    texts: dict[int, str] = {}
    unread = 0
    for raw in raw_rows(path, source, seen):
        text = shown(raw.values, source) if raw.values is not None else ""
        if text:
            texts[raw.number] = text
        else:
            unread += 1
    if not texts:
        raise DataProblem(
            "nothing_to_label",
            f"{path} holds no row with something to judge.",
            why=f"A row needs one of: messages, {', '.join(ASKS)}.",
            fix="Map the file's column under this source in tuneworthy.yaml: columns: {request: X}",
        )
    return Rows(texts, unread, "sha256:" + seen.hexdigest())


def shown(values: Mapping[str, Any], source: Source) -> str:
    """What a person sees of a row: all that stands before its answer; empty when nothing does."""
    name = column(source, "messages")
    if values.get(name):
        try:
            turns = read_messages(values[name], f"$.{name}")
        except RowError:
            return ""
        asked = turns[:-1] if turns[-1].role == "assistant" else turns
        return "\n\n".join(f"{turn.role}: {turn.content}" for turn in asked).strip()
    for field in ASKS:
        said = values.get(column(source, field))
        if isinstance(said, str) and said.strip():
            more = values.get("input") if field == "instruction" else None
            text = f"{said}\n\n{more}" if isinstance(more, str) and more.strip() else said
            return (
                text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
            )
    return ""


def raw_rows(path: Path, source: Source, digest: Hash) -> Iterator[RawRow]:
    """Every row as it stands in the file. Raises DataProblem or ConfigProblem."""
    check_place(path)
    return kinds.raw_rows(path, source, digest, DEFAULT_LIMITS)
