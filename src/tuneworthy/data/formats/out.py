"""Writes examples in the formats that trainers and people read. What does not fit is named."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.formats import (
    alpaca,
    csv_rows,
    openai_chat,
    openai_preference,
    plain_text,
    preference,
    prompt_completion,
    sharegpt,
)
from tuneworthy.data.formats.format import CannotWriteError, Writer

WRITERS: dict[str, Writer] = {
    "openai_chat": openai_chat.write,
    "sharegpt": sharegpt.write,
    "alpaca": alpaca.write,
    "prompt_completion": prompt_completion.write,
    "text": plain_text.write,
    "preference": preference.write,
    "openai_preference": openai_preference.write,
    "sharegpt_preference": sharegpt.write_preference,
    "sharegpt_kto": sharegpt.write_kto,
    "kto": prompt_completion.write_kto,
    "csv": csv_rows.write,
}
"""Each a JSON object a line, but for ``csv``."""
_PAIRS = ("preference", "openai_preference", "sharegpt_preference")
_RATED = ("kto", "sharegpt_kto")


class Refused(NamedTuple):
    """An example that was not written."""

    id: str
    place: str
    """``source:row``."""
    reason: str


class Counts(NamedTuple):
    """What became of the examples: ``written`` and ``refused`` are all of them."""

    written: int
    refused: tuple[Refused, ...]
    losses: dict[str, int]
    """What written examples had that the format has no place for, with how many had it."""


def export(examples: Iterable[Example], format: str, out: BinaryIO) -> Counts:  # noqa: A002
    """Write examples, one at a time.

    Args:
        examples: In the order to be written.
        format: A name in ``WRITERS``.
        out: Takes bytes.

    Raises:
        UsageProblem: No such format.
    """
    write = WRITERS.get(format)
    if write is None:
        known = ", ".join(WRITERS)
        raise UsageProblem(
            "no_such_format", f"There is no format '{format}' to write.", fix=f"Use one of: {known}"
        )
    losses: Counter[str] = Counter()
    refused: list[Refused] = []
    written = 0
    if format == "csv":
        out.write(csv_rows.csv_line(list(csv_rows.COLUMNS)))
    for example in examples:
        try:
            _check(example, format)
            row = write(example)
        except CannotWriteError as fault:
            where = example.provenance
            refused.append(Refused(example.id, f"{where.source}:{where.row}", str(fault)))
            continue
        losses.update(_lost(example, format))
        out.write(_line(row, format, losses))
        written += 1
    return Counts(written, tuple(refused), dict(losses))


def _check(example: Example, format: str) -> None:  # noqa: A002
    """An answer that was found bad must not become one to learn."""
    if example.rating is False and format not in _RATED:
        raise CannotWriteError("was rated as bad; only the format kto can say so")
    if example.is_text and format != "text":
        raise CannotWriteError("is a text without a request")


def _lost(example: Example, format: str) -> list[str]:  # noqa: A002
    lost = []
    if example.rejected and format not in _PAIRS:
        lost.append("rejected answer")
    if example.rating is not None and format not in _RATED:
        lost.append("rating")
    if example.accepted is not None:
        lost.append("accepted answers")
    return lost


def _line(row: dict[str, Any], format: str, losses: Counter[str]) -> bytes:  # noqa: A002
    if format != "csv":
        return json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n"
    cells = [str(row[name]) for name in csv_rows.COLUMNS]
    safe = [csv_rows.escaped(cell) for cell in cells]
    changed = sum(cell != kept for cell, kept in zip(cells, safe, strict=True))
    if changed:
        losses["cells written with ' before a formula"] += changed
    return csv_rows.csv_line(safe)
