"""The rows of the people erased, taken out of every kept file that holds some."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tuneworthy.core.errors import StoreProblem
from tuneworthy.core.nouns.collecting import Collection
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.erasure import Tombstone
from tuneworthy.core.nouns.review import Review
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.data.allocate import SPLITS
from tuneworthy.lifecycle.erased_blobs import BURY, NOTHING
from tuneworthy.lifecycle.erasure_find import json_object
from tuneworthy.lifecycle.erasure_marks import Marks, is_row
from tuneworthy.lifecycle.kept_splits import asked_by
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.methods.needles import scrub

GONE = "[erased]"
"""What stands where a text was taken out of something that stays."""


@dataclass(frozen=True)
class Part:
    """What a kept file is a part of."""

    kind: str
    id: str
    name: str
    sources: Mapping[str, str] = field(default_factory=dict)
    """Digest of each source file, for a dataset version's."""


@dataclass(frozen=True)
class Holding:
    """A kept file with rows of theirs."""

    digest: str
    parts: tuple[Part, ...]
    rows: int
    records: tuple[str, ...]
    left: bytes | None
    """What is left of it; None when it has to go as a whole."""
    requests: tuple[str, ...] = ()
    """Opaque ids of what the records asked."""


UNNAMED = Part("kept file", "", "")


def holdings(runtime: Runtime, marks: Marks) -> Iterator[Holding]:
    """Every kept file that holds rows or texts of theirs."""
    parts = parts_of(runtime)
    for digest in list(runtime.blobs.all()):
        found = _look(runtime, marks, digest, tuple(parts.get(digest, ())))
        if found is not None:
            yield found


def parts_of(runtime: Runtime) -> dict[str, list[Part]]:
    """What the ledger says of each kept file, by the digest under which its bytes stand now."""
    parts: dict[str, list[Part]] = defaultdict(list)

    def note(digest: str, part: Part) -> None:
        try:
            parts[runtime.blobs.standing(digest)].append(part)
        except StoreProblem:
            return  # all of it is gone already

    for version in runtime.store.list(DatasetVersion):
        sources = version.source_digests
        for split, digest in version.records.items():
            note(digest, Part("dataset", version.id, split, sources))
        note(version.fates, Part("dataset", version.id, "fates", sources))
    for suite in runtime.store.list(Suite):
        note(suite.cases, Part("suite", suite.id, "cases"))
    for run in runtime.store.list(EvaluationRun):
        note(run.results, Part("evaluation", run.id, "results"))
    for review in runtime.store.list(Review):
        note(review.content, Part("review", review.id, "items"))
    for one in runtime.store.list(Collection):
        note(one.records, Part("collection", one.id, "candidates"))
        note(one.fates, Part("collection", one.id, "fates"))
    return parts


def bury(runtime: Runtime, cause: str, person: str, one: Holding) -> None:
    """Put what is left in the file's place: the new bytes, the tombstone, then the old ones go.

    Killed anywhere in between, the same call ends it.

    Args:
        runtime: The project.
        cause: The erasing, or ``retention``.
        person: By whose word.
        one: The file.
    """
    instead = "" if one.left is None else runtime.blobs.put(one.left)
    stone = Tombstone(
        id=one.digest,
        project=runtime.project.id,
        erasure=cause,
        instead=instead,
        rows=one.rows,
        records=one.records,
        requests=one.requests,
        created_at=runtime.now(),
    )
    known = runtime.store.get(Tombstone, one.digest)
    if known is None or known.instead != instead:
        what = ("blob", one.digest, instead or NOTHING)
        facts = {"reason": f"{cause}: {one.rows} rows", "actor": person}
        with runtime.change(BURY, what, **facts) as change:
            change.put(stone)
    runtime.blobs.remove(one.digest)


def _look(runtime: Runtime, marks: Marks, digest: str, parts: tuple[Part, ...]) -> Holding | None:
    sources = {path: sha for part in parts for path, sha in part.sources.items()}
    fates = _Lines(marks, sources)
    for line in runtime.blobs.lines(digest):
        if fates.touches(line):
            break
    else:
        return None
    fates = _Lines(marks, sources)
    for line in runtime.blobs.lines(digest):
        fates.take(line)
    left = bytes(fates.left)
    if b"\0" in left[:1024] or digest_bytes(left) == digest:
        return Holding(digest, parts or (UNNAMED,), fates.rows, (), None)
    requests = asked_by(runtime, fates.records) if any(map(_is_split, parts)) else ()
    ids = tuple(record["id"] for record in fates.records)
    return Holding(digest, parts or (UNNAMED,), fates.rows, ids, left, requests)


def _is_split(part: Part) -> bool:
    return part.kind == "dataset" and part.name in SPLITS


class _Lines:
    """Divides the lines of a file into those that stay and those that go."""

    def __init__(self, marks: Marks, sources: Mapping[str, str]) -> None:
        self._marks = marks
        self._sources = sources
        self.left = bytearray()
        self.rows = 0
        self.records: list[dict[str, Any]] = []

    def touches(self, line: bytes) -> bool:
        """Whether the line is theirs, or holds a text of theirs."""
        if self._marks.needles.hit(line):
            return True
        row = json_object(line)
        return row is not None and self._marks.holds(row, self._sources)

    def take(self, line: bytes) -> None:
        """Keep the line, or leave it out, or keep what is not theirs of it."""
        if not self.touches(line):
            self._keep(line)
            return
        row = json_object(line)
        self.rows += 1
        if row is not None and not is_row(row) and not self._marks.holds(row, self._sources):
            clean, _ = scrub(row, self._marks.needles, GONE)
            self._keep(canonical(clean))
        elif row is not None and "messages" in row and isinstance(row.get("id"), str):
            self.records.append(row)

    def _keep(self, line: bytes) -> None:
        self.left += line + b"\n"


def described(one: Holding) -> str:
    """What a kept file is, for the report: without a word of what it says."""
    return json.dumps([[part.kind, part.id, part.name] for part in one.parts])
