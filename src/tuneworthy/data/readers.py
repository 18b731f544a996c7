"""Reads one source file: good rows become examples, every other row a fate with its place."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem, DataProblem, Problem
from tuneworthy.core.nouns.dataset import Fate, Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.columns import check_mapping, missing_everywhere
from tuneworthy.data.csv_file import csv_rows
from tuneworthy.data.jsonl_file import jsonl_rows
from tuneworthy.data.lines import Hash
from tuneworthy.data.parquet_file import parquet_rows
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits, read_row
from tuneworthy.data.values import RowError

DEFAULT_LIMITS = Limits()
FORMATS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class ReadResult:
    """What one source gave: ``rows == len(examples) + len(fates)``."""

    source: Source
    examples: list[Example]
    fates: list[Fate]
    sha256: str
    """Digest of the file's bytes."""
    rows: int
    findings: tuple[Finding, ...] = ()
    """The shapes that were seen, and fields that were not used."""


def read_source(path: Path, source: Source, *, limits: Limits = DEFAULT_LIMITS) -> ReadResult:
    """Read a JSONL, CSV, TSV or Parquet file.

    Args:
        path: The file.
        source: How the project names it; examples carry ``source.path`` as their origin.
        limits: How large a row may be.

    Raises:
        ConfigProblem: No such file, a folder, an unknown ending, or a column that is not there.
        DataProblem: Empty, not UTF-8, cut short, or without a single good row.
    """
    check_mapping(source)
    _check_file(path)
    digest = hashlib.sha256()
    seen: set[str] = set()
    shapes: Counter[str] = Counter()
    used: set[str] = set()
    examples: list[Example] = []
    fates: list[Fate] = []
    for raw in _rows(path, source, digest, limits):
        seen.update(raw.values or ())
        try:
            row = read_row(_values(raw), source, raw.number, limits)
        except RowError as fault:
            where = f"{path.name}:{raw.number}"
            reason = fault.reason if raw.values is None else str(fault)
            fates.append(_dropped(source, raw.number, fault.code, f"{where} {reason}"))
            continue
        examples.append(row.example)
        shapes[row.shape] += 1
        used |= row.used
    if not examples:
        raise _nothing(path, source, seen, fates)
    _raise_if(missing_everywhere(path, seen, source))
    findings = _notes(source, shapes, seen - used)
    name = "sha256:" + digest.hexdigest()
    return ReadResult(source, examples, fates, name, len(examples) + len(fates), findings)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ConfigProblem("is_folder", f"{path} is a folder, not a file.", fix="Name one file.")
    if not path.exists():
        raise ConfigProblem(
            "no_source", f"{path} does not exist.", fix="Check the path under 'sources'."
        )
    if path.suffix.lower() not in FORMATS:
        raise ConfigProblem(
            "unknown_format",
            f"{path} has the ending '{path.suffix}', which is not read.",
            why=f"Endings that are read: {', '.join(FORMATS)}.",
            fix="Save the file in one of these formats.",
        )
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as fault:
        raise DataProblem("unreadable", f"{path} cannot be read: {fault.strerror}.") from fault
    if not first:
        raise DataProblem("empty_file", f"{path} is empty.", fix="Export the data again.")


def _rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return csv_rows(path, source, digest, limits)
        case ".parquet":
            return parquet_rows(path, source, digest)
        case _:
            return jsonl_rows(path, source, digest, limits)


def _values(raw: RawRow) -> dict[str, object]:
    if raw.values is None:
        raise RowError(raw.code, "", raw.reason)
    return raw.values


def _dropped(source: Source, row: int, code: str, reason: str) -> Fate:
    # A reason is read by people; a JSON path or a quoted value could be of any length, and a lone
    # surrogate cannot be written down.
    plain = reason.encode("utf-8", "replace").decode("utf-8")
    text = plain if len(plain) <= 300 else plain[:297] + "..."
    return Fate(source=source.path, row=row, action="dropped", code=code, reason=text)


def _nothing(path: Path, source: Source, seen: set[str], fates: list[Fate]) -> Problem:
    if not fates:
        return DataProblem("empty_file", f"{path} holds no rows.", fix="Export the data again.")
    missing = missing_everywhere(path, seen, source)
    if missing is not None:
        return missing
    first = "; ".join(fate.reason for fate in fates[:3])
    fix = "Mend the rows, or map the file's columns under this source in tuneworthy.yaml."
    if fates[0].code == "bad_row" or (fates[0].row == 1 and fates[0].code == "bad_json"):
        fix = f"If the file is one JSON list: jq -c '.[]' {path} > {path.with_suffix('.jsonl')}"
    count = f"The row in {path} is" if len(fates) == 1 else f"All {len(fates)} rows in {path} are"
    return DataProblem("no_good_rows", f"{count} unusable.", why=first, fix=fix)


def _raise_if(problem: Problem | None) -> None:
    if problem is not None:
        raise problem


def _notes(source: Source, shapes: Counter[str], unused: set[str]) -> tuple[Finding, ...]:
    told = ", ".join(f"{count} as {shape}" for shape, count in sorted(shapes.items()))
    notes = [
        Finding(
            code="shape",
            severity="info",
            message=f"{source.path}: rows read: {told}.",
            count=sum(shapes.values()),
        )
    ]
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
