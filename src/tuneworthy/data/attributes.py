"""Columns of a file beside those that make an example, by the names that the file has for them."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.opened import NoHash
from tuneworthy.data.rows import Limits
from tuneworthy.data.values import RowError, is_blank, text_of


def column_values(
    sources: Sequence[Source], names: Sequence[str], limits: Limits
) -> dict[str, list[str]]:
    """For each column the value of every record, file after file; empty where there is none.

    Args:
        sources: The files.
        names: The columns, as the files call them.
        limits: How large a row may be.

    Raises:
        ConfigProblem: No record has such a column.
        DataProblem: A file as a whole cannot be read.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    if not names:
        return found
    seen: set[str] = set()
    for source in sources:
        for raw in raw_rows(Path(source.path), source, NoHash(), limits):
            values = raw.values or {}
            seen.update(values)
            for name, column in found.items():
                column.append(_text(values.get(name)))
    many = len(sources) > 1
    lacks = f"None of the {len(sources)} files has a" if many else f"{sources[0].path} has no"
    for name in names:
        if name not in seen:
            raise ConfigProblem(
                "missing_column",
                f"{lacks} column '{name}'.",
                why=f"Its columns are: {', '.join(sorted(seen)[:30])}.",
                fix="Name one of them; a field inside another one cannot be named.",
            )
    return found


def _text(value: object) -> str:
    if is_blank(value):
        return ""
    try:
        return text_of(value, "$").strip()
    except RowError:
        return ""
