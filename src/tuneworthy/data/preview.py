"""A look at a file before it is imported: its format, the mapping, a row as it would be read."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tuneworthy.data.columns import UNKNOWN
from tuneworthy.data.formats.detect import Detection, detect
from tuneworthy.data.kinds import check_place, raw_rows
from tuneworthy.data.opened import NoHash
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_SAMPLE = 200
_SAMPLE_BYTES = 16 << 20
_LIMITS = Limits()


class Preview(NamedTuple):
    """What the first rows of a file look like."""

    detection: Detection
    fields: tuple[str, ...]
    """The fields of the rows, in the order first seen."""
    rows: int
    """Rows that were looked at, at most 200; fewer where they are huge."""
    faults: tuple[str, ...]
    """Rows that could not be parsed, each with its number and reason; at most ten."""


def preview(path: Path, limits: Limits = _LIMITS) -> Preview:
    """Read the first rows.

    Raises:
        ConfigProblem: No such file, or one of an unknown kind.
        DataProblem: The file itself is broken.
    """
    check_place(path)
    raws = _first(raw_rows(path, UNKNOWN, NoHash(), limits))
    good = [raw.values for raw in raws if raw.values is not None]
    fields = tuple(dict.fromkeys(name for values in good for name in values))
    faults = [f"{path}:{raw.number} {raw.reason}" for raw in raws if raw.values is None]
    return Preview(detect(good), fields, len(raws), tuple(faults[:10]))


def _first(rows: Iterator[RawRow]) -> list[RawRow]:
    held = 0
    sample: list[RawRow] = []
    for row in islice(rows, _SAMPLE):
        sample.append(row)
        held += row.size
        if held > _SAMPLE_BYTES:
            break
    return sample
