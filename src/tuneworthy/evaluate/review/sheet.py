"""Blind items as a file for people without the tool, and what comes back in it.

A sheet is JSON Lines or CSV (RFC 4180, with a mark that spreadsheets know as UTF-8). Every row
bears a digest of what its rater saw; a row that shows something else is refused.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.core.nouns.review import Handed, Review
from tuneworthy.methods.canonical import digest

SHOWN = ("question", "request", "reference", "left", "right", "answer")
"""Columns that show something; where a row has them they must be as they were written."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would work out a cell that begins so."""

_MARK = "\ufeff"


class Filled(NamedTuple):
    """One row of a sheet that came back; all values are texts."""

    place: str
    values: Mapping[str, str]


def sheet_rows(review: Review, handed: Sequence[Handed], person: str) -> list[dict[str, str]]:
    """One row an item, in the person's order, with empty places for what they say."""
    return [
        {
            "review": review.id,
            "rater": person,
            "item": one.item,
            **shown_of(one),
            "digest": row_digest(review, one, person),
            **dict.fromkeys(answer_columns(review), ""),
            "reason": "",
        }
        for one in handed
    ]


def shown_of(one: Handed) -> dict[str, str]:
    """What a person sees of an item, by column; of the expected answer only where there is one."""
    found = one.model_dump(include=set(SHOWN))
    kept = [name for name in SHOWN if name in found and (found[name] or name != "reference")]
    return {name: found[name] for name in kept}


def answer_columns(review: Review) -> tuple[str, ...]:
    """Columns that a rater fills in."""
    return ("verdict",) if review.task == "pairs" else tuple(c.name for c in review.criteria)


def row_digest(review: Review, one: Handed, person: str) -> str:
    """Digest of all that this person sees of an item, and under which guide."""
    return digest(
        {"review": review.id, "rater": person, "item": one.item, "form": review.form}
        | shown_of(one)
    )


def altered(review: Review, one: Handed, person: str, values: Mapping[str, str]) -> str:
    """What of a row is not as it was written; empty when all of it is."""
    if values.get("digest", "").strip() != row_digest(review, one, person):
        return "its digest is not the one it was written with"
    for name, text in shown_of(one).items():
        if name in values and _same_lines(values[name]) not in {
            _same_lines(text),
            _same_lines(cell(text)),
        }:
            return f"its '{name}' is not what was written"
    return ""


def as_jsonl(rows: Sequence[Mapping[str, str]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """A header and one record a row; no cell is a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: cell(text) for name, text in row.items()} for row in rows)
    return _MARK + out.getvalue()


def cell(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def read_sheet(text: str, *, is_csv: bool) -> list[Filled] | str:
    """The rows of a sheet, or in words why it is none."""
    text = text.removeprefix(_MARK)
    return _read_csv(text) if is_csv else _read_jsonl(text)


def _read_jsonl(text: str) -> list[Filled] | str:
    rows = []
    # Not splitlines: a text may hold other kinds of line ends than the file's.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            return f"line {number} is not JSON"
        if not isinstance(values, dict):
            return f"line {number} is no JSON object"
        texts = {name: "" if v is None else str(v) for name, v in values.items()}
        rows.append(Filled(f"line {number}", texts))
    return rows


def _read_csv(text: str) -> list[Filled] | str:
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Filled] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(set(names)) < len(names):
            return "two columns have one name"
        for record in reader:
            if any(value.strip() for value in record):
                if len(record) != len(names):
                    return f"line {reader.line_num}: {len(record)} cells under {len(names)} names"
                values = dict(zip(names, record, strict=True))
                rows.append(Filled(f"line {reader.line_num}", values))
    except csv.Error as fault:
        return f"line {reader.line_num}: {fault}"
    return rows


def said_in(review: Review, values: Mapping[str, str]) -> str | dict[str, int] | None:
    """What a row says, not checked yet; None where it says nothing. Raises ValueError."""
    columns = answer_columns(review)
    given = {name: values.get(name, "").strip() for name in columns}
    if not any(given.values()):
        return None
    if review.task == "pairs":
        return given["verdict"]
    return {name: whole(text) for name, text in given.items() if text}


def whole(text: str) -> int:
    """A whole number as people and spreadsheets write it (4, 4.0). Raises ValueError."""
    number = float(text.replace(",", "."))
    if not number.is_integer():
        raise ValueError(f"'{text[:20]}' is no whole number")
    return int(number)


def _same_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
