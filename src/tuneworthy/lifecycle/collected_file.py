"""The accepted rows as a file that a project can name as a source."""

import json
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import NeedsPersonProblem, StoreProblem
from tuneworthy.core.nouns.collecting import Held, Written
from tuneworthy.lifecycle import collecting
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes


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
    runtime.store.note(runtime.event("collection.write", what, reason=f"{len(order)} rows"))
    return Written(
        path=str(path), sha256=sha256, rows=len(order), waiting=waiting, rejected=len(rejected)
    )


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
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise StoreProblem(
            "not_written",
            f"{path} cannot be written.",
            why=str(fault.strerror),
            fix="Name a file in a folder that is there, after -o.",
        ) from fault
