"""Whether a file has the columns that the project says it has."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.rows import FIELDS, column, shape_of

UNKNOWN = Source(path="any file")
"""The source of a file that is only looked at: its columns may have any names."""


def check_mapping(source: Source) -> None:
    """Every name that ``columns`` maps from must be one of ours. Raises ConfigProblem."""
    for field in source.columns:
        if field not in FIELDS:
            near = _nearest(field, FIELDS)
            raise ConfigProblem(
                "unknown_field",
                f"The columns of source {source.path} map '{field}', which is no field.",
                why=f"Fields are: {', '.join(FIELDS)}.",
                fix=f"Did you mean '{near}'?" if near else "",
            )


def check_columns(path: Path, header: Sequence[str], source: Source) -> None:
    """Every mapped column must be there, and the columns must make a known shape.

    Raises:
        ConfigProblem: Names the columns that are there and the nearest.
    """
    if source is UNKNOWN:
        return
    for field, name in source.columns.items():
        if name not in header:
            raise _missing(path, header, field, name)
    if shape_of(header, source) is None:
        raise _missing(path, header, "request", column(source, "request"))
    for field in ("request", "target"):
        if shape_of(header, source) == "request/target" and column(source, field) not in header:
            raise _missing(path, header, field, column(source, field))


def missing_everywhere(path: Path, seen: Iterable[str], source: Source) -> ConfigProblem | None:
    """For files without a header: a mapped column that no row has, as a problem to raise."""
    names = sorted(seen)
    if {"annotations", "responses", "attributes"} & set(names):
        return None  # Exports of annotation tools and traces: our names may stand inside.
    for field, name in source.columns.items():
        if names and name not in names:
            return _missing(path, names, field, name)
    return None


def _missing(path: Path, header: Sequence[str], field: str, name: str) -> ConfigProblem:
    joined = header[0] if len(header) == 1 else ""
    if mark := next((mark for mark in ";\t|," if mark in joined), ""):
        return ConfigProblem(
            "missing_column",
            f"{path} has one column, and '{mark}' in its header: {joined[:200]!r}.",
            why="Cells of .csv are parted by commas, cells of .tsv by tabs.",
            fix="Save it again with commas; or, where tabs part the cells, with the ending .tsv.",
        )
    near = _nearest(name, header)
    there = ", ".join(repr(column) for column in header[:30])
    return ConfigProblem(
        "missing_column",
        f"{path} has no column '{name}' for the field '{field}'.",
        why=f"Its columns are: {there}.",
        fix=(f"Did you mean '{near}'? " if near else "")
        + f"--map {field}={near or 'NAME'}, or in a project, in tuneworthy.yaml under this "
        f"source: columns: {{{field}: {near or 'NAME'}}}",
    )


def _nearest(name: str, known: Sequence[str]) -> str:
    lower = {other.lower(): other for other in known}
    found = difflib.get_close_matches(name.lower(), list(lower), n=1)
    return lower[found[0]] if found else ""
