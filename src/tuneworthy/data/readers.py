"""Reads one source file: good rows become examples, every other row a fate with its place."""

import hashlib
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from tuneworthy.core.engine import HERE
from tuneworthy.core.errors import DataProblem, Problem
from tuneworthy.core.nouns.dataset import Fate, Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.core.ports import Engine, Progress
from tuneworthy.data.columns import check_mapping, missing_everywhere
from tuneworthy.data.examine import NOTHING_SEEN, Seen, examine
from tuneworthy.data.fates import fates_of
from tuneworthy.data.kinds import check_place, raw_rows
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits
from tuneworthy.data.table import Table

DEFAULT_LIMITS = Limits()


BATCH = 1_000
"""Rows examined together, unless they hold more than BATCH_BYTES."""
BATCH_BYTES = 4 << 20


@dataclass(frozen=True)
class ReadResult:
    """What one source gave, each row a good one or one with a fault."""

    source: Source
    table: Table
    sha256: str
    """Digest of the file's bytes."""
    findings: tuple[Finding, ...] = ()
    """The shapes that were seen, and fields that were not used."""
    seen: Seen = NOTHING_SEEN
    """What the rows looked like."""

    @property
    def rows(self) -> int:
        """Records in the file."""
        return len(self.table)

    @cached_property
    def examples(self) -> list[Example]:
        """The rows that can be used."""
        return list(self.table.examples())

    @cached_property
    def fates(self) -> list[Fate]:
        """The rows that cannot be used, with the reason."""
        return list(fates_of(self.table))


def read_source(
    path: Path,
    source: Source,
    *,
    limits: Limits = DEFAULT_LIMITS,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> ReadResult:
    """Read a file of any kind that is known, and check each of its rows by itself.

    Args:
        path: The file.
        source: How the project names it; examples carry ``source.path`` as their origin.
        limits: How large a row may be.
        engine: Examines the batches of rows, here or on many machines.
        progress: Hears how many rows are read.

    Raises:
        ConfigProblem: No such file, a folder, an unknown ending, or a column that is not there.
        DataProblem: Empty, not UTF-8, cut short, or without a single good row.
    """
    result = read_all(path, source, limits=limits, engine=engine, progress=progress)
    if not len(result.table.good):
        raise _nothing(path, source, result.seen.fields, result.fates)
    _raise_if(missing_everywhere(path, set(result.seen.fields), source))
    return result


def read_all(
    path: Path,
    source: Source,
    *,
    limits: Limits = DEFAULT_LIMITS,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> ReadResult:
    """As ``read_source``, for files of which every row may be at fault."""
    check_mapping(source)
    check_place(path)
    if path.is_file() and not path.stat().st_size:
        raise _empty(path, "is empty")
    digest = hashlib.sha256()
    batches, parts, count = [], [], 0
    raw = raw_rows(path, source, digest, limits)
    step = partial(examine, source=source, limits=limits)
    for batch, seen in engine.map(step, _batches(raw)):
        batches.append(batch)
        parts.append(seen)
        count += len(batch)
        if progress is not None:
            progress("read", 0, 0, f"{source.path}, {count:,} rows")
    seen = Seen.join(parts)
    table = Table.of(batches)
    if not len(table):
        raise _empty(path, "holds no rows")
    name = "sha256:" + digest.hexdigest()
    return ReadResult(source, table, name, _notes(source, seen), seen)


def _empty(path: Path, said: str) -> DataProblem:
    return DataProblem("empty_file", f"{path} {said}.", fix="Export the data again.")


def _batches(rows: Iterator[RawRow]) -> Iterator[tuple[int, list[RawRow]]]:
    first, held = 0, 0
    batch: list[RawRow] = []
    for row in rows:
        batch.append(row)
        held += row.size
        if len(batch) == BATCH or held > BATCH_BYTES:
            yield first, batch
            first, held, batch = first + len(batch), 0, []
    if batch:
        yield first, batch


def _nothing(path: Path, source: Source, seen: Iterable[str], fates: list[Fate]) -> Problem:
    missing = missing_everywhere(path, set(seen), source)
    if missing is not None:
        return missing
    first = "; ".join(fate.reason for fate in fates[:3])
    fix = "Mend the rows, or map the file's columns under this source in tuneworthy.yaml."
    if fates[0].code == "bad_row" or (fates[0].row == 1 and fates[0].code == "bad_json"):
        rows = shlex.quote(str(path.with_suffix(".rows.jsonl")))  # Not the file itself: > empties.
        fix = f"If the file is one JSON list: jq -c '.[]' {shlex.quote(str(path))} > {rows}"
    count = f"The row in {path} is" if len(fates) == 1 else f"All {len(fates)} rows in {path} are"
    return DataProblem("no_good_rows", f"{count} unusable.", why=first, fix=fix)


def _raise_if(problem: Problem | None) -> None:
    if problem is not None:
        raise problem


def _notes(source: Source, seen: Seen) -> tuple[Finding, ...]:
    notes = [
        Finding(
            code="shape",
            severity="info",
            message=f"{source.path}: rows read: {seen.told}.",
            count=sum(seen.shapes.values()),
        )
    ]
    unused = seen.fields - seen.used
    if unused:
        names = ", ".join(sorted(name[:40] for name in unused)[:20])
        notes.append(
            Finding(
                code="unused_fields",
                severity="info",
                message=f"{source.path}: fields that were not used: {names}.",
                count=len(unused),
                fix="Map a field under this source's columns to use it.",
            )
        )
    return tuple(notes)
