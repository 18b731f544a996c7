"""People whose rows must not come back: known by an opaque id under the project's own key."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.erasure import Suppressed
from tuneworthy.data import ReadResult
from tuneworthy.lifecycle.ring import subject_key
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.opaque import opaque

Says = Callable[[bytes], bool]


def subject_id(runtime: Runtime, name: str) -> str:
    """The opaque id of a person in this project, for as long as its key is kept."""
    key = subject_key(runtime.folder, runtime.project, runtime.subject_keys)
    return opaque(key, name)


def suppress(runtime: Runtime, erasure: str, subjects: Sequence[str], person: str) -> None:
    """See that no later build takes rows of these people in again."""
    known = {one.id for one in runtime.store.list(Suppressed)}
    fresh = sorted({subject_id(runtime, name) for name in subjects} - known)
    if not fresh:
        return
    what = ("erasure", erasure, "")
    facts = {"actor": person, "reason": f"{len(fresh)} people"}
    with runtime.change("erasure.suppress", what, **facts) as change:
        for id_ in fresh:
            one = Suppressed(
                id=id_, project=runtime.project.id, erasure=erasure, created_at=runtime.now()
            )
            change.put(one, expect=0)


def without_erased(runtime: Runtime, read: ReadResult, says: Says | None = None) -> ReadResult:
    """What was read of a source, without rows of people who were erased.

    Args:
        runtime: The project.
        read: All rows of the source.
        says: Tells further records that are left out.
    """
    known = {one.id for one in runtime.store.list(Suppressed)}
    if not known and says is None:
        return read
    table = read.table
    subjects = table.values("subject")
    erased = {name for name in set(subjects) if name and subject_id(runtime, name) in known}
    gone = np.array([name in erased for name in subjects], dtype=bool)
    if says is not None:
        gone |= np.array([says(record or b"") for record in table.values("record")], dtype=bool)
    n = int(gone.sum())
    if not n:
        return read
    note = Finding(
        code="erased_rows",
        severity="info",
        message=f"{read.source.path}: {n} rows of people who were erased are left out.",
        count=n,
        fix="Delete them from the file: tuneworthy erasures list",
    )
    return replace(read, table=table.take(np.flatnonzero(~gone)), findings=(*read.findings, note))
