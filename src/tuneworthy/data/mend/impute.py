"""Fills in metadata that a row lacks, by a rule that the user names. Never what is learned.

Whose a row is, on what ground it may be used, who labelled it and which split it stands in are
statements that only its owner can make; a rule must not make them up.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.file_check import Edit
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import raw_rows
from tuneworthy.data.opened import NoHash, ending
from tuneworthy.data.rows import FIELDS, Limits
from tuneworthy.data.values import is_blank

CODE = "impute"
METADATA = ("segment", "group", "timestamp")
"""Fields of ours that may be filled in; so may columns that no field of ours reads."""
_FREE = (".jsonl", ".ndjson", ".json")
"""Kinds in which a row may get a column that no row has."""
_SCALARS = (str, int, float, bool)


class Rule(NamedTuple):
    """How one column is filled in."""

    column: str
    kind: str
    """``constant`` or ``most_frequent``."""
    argument: str
    """The constant; or the column whose equal values make a group, empty for all rows."""


class Fill(NamedTuple):
    """One value for one row, and why it is that one."""

    value: Any
    reason: str


Fills = Mapping[int, Mapping[str, Fill]]
"""Row to column to value."""


def rules_of(words: Sequence[str], source: Source, used: frozenset[str]) -> list[Rule]:
    """Rules as the user writes them: ``FIELD=constant:VALUE``, ``FIELD=most_frequent[:COLUMN]``.

    Args:
        words: One a field.
        source: Maps our names of fields to the file's.
        used: Columns that the examples are made from.

    Raises:
        ConfigProblem: No such rule, or a field that must not be filled in.
    """
    found = []
    for word in words:
        field, _, rule = word.partition("=")
        kind, _, argument = rule.partition(":")
        column = source.columns.get(field, field)
        said = kind == "most_frequent" or (kind == "constant" and argument.strip())
        if not field or not said:
            raise ConfigProblem(
                "bad_rule",
                f"'{word[:80]}' is no rule.",
                fix="--impute FIELD=constant:VALUE, FIELD=most_frequent or "
                "FIELD=most_frequent:COLUMN",
            )
        ours = {name for name in FIELDS if source.columns.get(name, name) == column}
        if (ours - set(METADATA)) or (column in used and not ours):
            raise ConfigProblem(
                "not_metadata",
                f"'{field}' must not be filled in by a rule.",
                why="It is learned from, or it says what only the row's owner can say.",
                fix=f"Fill in {', '.join(METADATA)}, or a column that no field reads.",
            )
        found.append(Rule(column, kind, argument))
    return found


def fills_of(path: Path, source: Source, rules: Sequence[Rule], limits: Limits) -> Fills:
    """What each row lacks and the rules know.

    The most frequent value is that of the rows which have one; of equals the first by its JSON.
    A group without any value stays as it is.

    Raises:
        ConfigProblem: A column that no row has, where the rule or the kind of file needs it.
    """
    if not rules:
        return {}
    rows = [raw.values for raw in raw_rows(path, source, NoHash(), limits)]
    seen = {name for row in rows if row for name in row}
    for rule in rules:
        by = rule.argument if rule.kind == "most_frequent" else ""
        new = rule.kind == "constant" and ending(path) in _FREE
        for name in (*([] if new else [rule.column]), *([by] if by else [])):
            if name not in seen:
                raise ConfigProblem(
                    "missing_column",
                    f"{path} has no column '{name}'.",
                    why=f"Its columns are: {', '.join(sorted(seen)[:30])}.",
                    fix="Name one of them.",
                )
    found: dict[int, dict[str, Fill]] = defaultdict(dict)
    for rule in rules:
        for at, fill in _fills(rows, rule):
            found[at][rule.column] = fill
    return dict(found)


def filled(
    values: Mapping[str, Any], fills: Mapping[str, Fill]
) -> tuple[dict[str, Any], tuple[Edit, ...]]:
    """A row with its gaps filled in, and the ledger's words on each."""
    edits = tuple(
        Edit(path=f"$.{column}", code=CODE, before="", after=str(fill.value))
        for column, fill in fills.items()
    )
    return {**values, **{column: fill.value for column, fill in fills.items()}}, edits


def _fills(rows: Sequence[Mapping[str, Any] | None], rule: Rule) -> Iterator[tuple[int, Fill]]:
    column, kind, by = rule
    lacking = [at for at, row in enumerate(rows) if row is not None and is_blank(row.get(column))]
    if kind == "constant":
        yield from ((at, Fill(rule.argument, "the constant that was named")) for at in lacking)
        return
    often: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        value = None if row is None else row.get(column)
        if isinstance(value, _SCALARS) and not is_blank(value):
            often[_group(row, by)][json.dumps(value)] += 1
    for at in lacking:
        group = _group(rows[at], by)
        if often[group]:
            value = min(often[group], key=lambda text: (-often[group][text], text))
            where = f"rows with the same {by}" if by else "all rows"
            share = f"{often[group][value]} of {often[group].total()}"
            yield at, Fill(json.loads(value), f"the most frequent of {where}, {share}")


def _group(row: Mapping[str, Any] | None, by: str) -> str:
    return json.dumps((row or {}).get(by), sort_keys=True, default=str) if by else ""
