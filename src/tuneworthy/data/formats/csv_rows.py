"""CSV with ``request`` and ``target``: for people and their spreadsheets.

A cell that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a return)
is written with ``'`` before it; a plain number such as -3.5 is none and stays. Source: OWASP,
"CSV Injection".
"""

import csv
import io
import re
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.formats.alpaca import rounds_of
from tuneworthy.data.formats.format import CannotWriteError

COLUMNS = ("request", "target", "system", "segment", "group", "subject", "timestamp", "split")
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def write(example: Example) -> dict[str, Any]:
    """One request and answer, with the labels of the row."""
    system, rounds = rounds_of(example)
    if len(rounds) > 1:
        raise CannotWriteError("has more than one round, and CSV has one request a row")
    where = example.provenance
    labels = {name: getattr(where, name) for name in COLUMNS[3:]}
    return {"request": rounds[0][0], "target": rounds[0][1], "system": system, **labels}


def escaped(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return "'" + text if text.startswith(_RUNS) and not _NUMBER.fullmatch(text) else text


def csv_line(cells: list[str]) -> bytes:
    """One record. Every cell stands in quotes, so that any text comes back to the letter."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8")
