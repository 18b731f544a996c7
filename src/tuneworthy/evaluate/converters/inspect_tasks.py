"""Datasets of Inspect: rows with ``input``, ``target``, ``id`` and ``choices``.

A task of Inspect is Python, so its scorer is named beside the data. What the fields mean, says
``inspect_ai/dataset/_util.py`` (0.3.285).
"""

import json
from collections.abc import Sequence
from typing import Any

from tuneworthy.evaluate.converters.converted import (
    Converted,
    Row,
    RowFault,
    Unsupported,
    answers,
    conversation,
    convert_rows,
    listed,
)

SCORERS: dict[str, tuple[dict[str, Any], str]] = {
    "match": (
        {
            "name": "text_match",
            "options": {"case": "fold", "punctuation": "edges", "place": "end"},
        },
        "",
    ),
    "includes": ({"name": "text_match", "options": {"case": "fold", "place": "inside"}}, ""),
    "exact": (
        {"name": "normalised_match"},
        "'exact' there reads 3 and 3.0 as one number, and parts words at hyphens",
    ),
    "choice": (
        {"name": "exact_match"},
        "the likeliest choice counts, so a model is asked whose weights are here",
    ),
}
_LEFT = ("metadata", "sandbox", "files", "setup", "description", "checkpoint")


def from_inspect(rows: Sequence[Row], scorer: str = "", name: str = "") -> Converted:
    """The dataset's rows as cases.

    Args:
        rows: Its rows.
        scorer: One of SCORERS; empty: ``choice`` where rows have choices, else ``match``.
        name: What the suite is about.

    Raises:
        Unsupported: There is no such scorer here.
    """
    has_choices = any(row.get("choices") for row in rows)
    chosen = scorer or ("choice" if has_choices else "match")
    if chosen not in SCORERS:
        raise Unsupported(f"the scorer '{chosen}' is not one of {listed(SCORERS)}")
    metric, note = SCORERS[chosen]
    made = Converted(
        settings={
            "about": f"Imported from the Inspect dataset '{name}'.",
            "role": "general",
            "prompt": {"user": "{request}\n\n{choices}" if chosen == "choice" else "{request}"},
            "metrics": [metric],
        }
    )
    made.notes += [note] if note else []
    left = [key for key in _LEFT if any(row.get(key) for row in rows)]
    made.notes += [f"columns left out: {listed(left)}"] if left else []
    return convert_rows(made, rows, lambda row, number: _fields(row, number, chosen))


def _fields(row: Row, number: int, scorer: str) -> dict[str, Any]:
    given = row.get("id")
    fields = {
        "id": str(number if given in (None, "") else given),
        **conversation(_input(row.get("input"))),
    }
    target = row.get("target")
    if target in (None, "", []):
        raise RowFault("it has no target")
    if scorer != "choice":
        return fields | answers(target)
    choices = _choices(row.get("choices"))
    letters = target if isinstance(target, list) else [target]
    if len(letters) != 1:
        raise RowFault("several choices are right at once; that is not known here")
    return fields | {"expected": choices[_place(str(letters[0]), choices)], "choices": choices}


def _input(value: Any) -> Any:
    """A cell of a CSV file may hold a list of messages as JSON."""
    if isinstance(value, str) and value.lstrip().startswith('[{"'):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _choices(value: Any) -> tuple[str, ...]:
    """A list, or a text that is split at commas, or at blanks where it has none."""
    if isinstance(value, str):
        parts = value.split(",")
        value = parts if len(parts) > 1 else value.split()
    texts = map(str, value) if isinstance(value, list) else ()
    found = tuple(text.strip() for text in texts if text.strip())
    if len(found) < 2:
        raise RowFault("it has fewer than two choices")
    return found


def _place(letter: str, choices: Sequence[str]) -> int:
    place = ord(letter) - ord("A") if len(letter) == 1 else -1
    if not 0 <= place < len(choices):
        raise RowFault(f"its target '{letter}' is the letter of no choice")
    return place
