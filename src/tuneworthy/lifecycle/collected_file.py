"""The accepted rows as a file that a project can name as a source, and whether it still is that."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import (
    BlockedProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    StoreProblem,
)
from tuneworthy.core.new_file import new_file
from tuneworthy.core.nouns.collecting import Held, Written
from tuneworthy.data import ReadResult
from tuneworthy.lifecycle import collecting
from tuneworthy.lifecycle.audited import objects
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes

WRITTEN = "collection.write"
MARKS = frozenset({"candidate", "collection", "interaction", "reviewers"})
"""Fields that every row of such a file has, and no known format asks for."""


def write(runtime: Runtime, path: Path) -> Written:
    """Write the accepted rows as JSON Lines, each with where it comes from and who accepted it.

    Raises NeedsPersonProblem when no row is accepted, StoreProblem when the file cannot be written.
    """
    rows = collecting.held(runtime)
    rejected = {one.candidate.interaction for one in rows if one.state == "rejected"}
    accepted: dict[str, Held] = {}
    for one in rows:
        if one.state == "accepted" and one.candidate.interaction not in rejected:
            accepted.setdefault(one.candidate.interaction, one)
    waiting = sum(one.state == "waiting" for one in rows)
    if not accepted:
        raise NeedsPersonProblem(
            "nothing_accepted",
            "No collected row is accepted, so there is nothing to write.",
            why=f"{waiting} rows wait for a person who did not collect them.",
            fix="tuneworthy data quarantine list",
        )
    order = sorted(accepted.values(), key=lambda o: (o.candidate.created_at, o.candidate.id))
    data = b"".join(_line(one) for one in order)
    sha256 = digest_bytes(data)
    _put(path, data)
    what = ("collected_file", path.name, sha256)
    runtime.store.note(runtime.event(WRITTEN, what, reason=f"{len(order)} rows"))
    return Written(
        path=str(path), sha256=sha256, rows=len(order), waiting=waiting, rejected=len(rejected)
    )


def require_written(runtime: Runtime, path: Path, read: ReadResult) -> None:
    """Whether a source that holds collected rows may be built from.

    It is known by its fields, or by the name that one was written under.

    Raises:
        IntegrityProblem: Its bytes are none that ``data collect write`` wrote.
        BlockedProblem: A row in it is no longer accepted.
    """
    written = list(objects(runtime.store, (WRITTEN,)))
    named = path.name in {one.id for one in written}
    if not named and not read.seen.fields >= MARKS:
        return
    if read.sha256 not in {one.digest for one in written}:
        raise IntegrityProblem(
            "collected_changed",
            f"{read.source.path} is not the file of collected rows that was written.",
            why="Its bytes are not in the audit chain; nobody has accepted what stands in it now.",
            fix=f"Write it again: tuneworthy data collect write -o {path}",
        )
    _require_accepted(runtime, path, read)


def _line(one: Held) -> bytes:
    candidate = one.candidate
    where = candidate.example.provenance
    row: dict[str, Any] = {
        "messages": [message.model_dump() for message in candidate.example.messages],
        "tools": list(candidate.example.tools) or None,
        "subject": where.subject or None,
        "timestamp": candidate.created_at,
        "licence": where.licence or None,
        "legal_basis": where.legal_basis,
        "interaction": candidate.interaction,
        "manifest": candidate.manifest,
        "collection": one.collection,
        "candidate": candidate.id,
        "rating": candidate.rating,
        "annotators": sorted({*candidate.annotators, *one.reviewers}),
        "raters": list(candidate.annotators),
        "collected_by": one.collected_by,
        "reviewers": list(one.reviewers),
        "reviewed": one.how,
    }
    kept = {name: value for name, value in row.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _put(path: Path, data: bytes) -> None:
    """Write the file whole, or leave what stands there."""
    try:
        with new_file(path) as file:
            file.write(data)
    except OSError as fault:
        raise StoreProblem(
            "not_written",
            f"{path} cannot be written.",
            why=str(fault.strerror),
            fix="Name a file in a folder that is there, after -o.",
        ) from fault


def _require_accepted(runtime: Runtime, path: Path, read: ReadResult) -> None:
    rows = collecting.held(runtime)
    accepted = {one.candidate.id for one in rows if one.state == "accepted"}
    rejected = {one.candidate.interaction for one in rows if one.state == "rejected"}
    out = [
        number
        for number, row in _rows(path)
        if row.get("candidate") not in accepted or row.get("interaction") in rejected
    ]
    if out:
        raise BlockedProblem(
            "collected_withdrawn",
            f"{read.source.path}: {len(out)} rows are no longer accepted, the first in line "
            f"{out[0]}.",
            why="A person rejected them after the file was written.",
            fix=f"Write it again: tuneworthy data collect write -o {path}",
        )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file that this program wrote: one JSON object a line, lines from 1."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            yield number, json.loads(line)
