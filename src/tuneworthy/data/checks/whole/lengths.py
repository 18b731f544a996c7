"""Rows too long for training, and answers too short for what the file's others are."""

import re

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table

LEAST_WORDS = 12
"""Median words of the targets from which a very short one is out of place."""
SHORT = 1 / 10
"""Share of the median below which a target is called short."""


def _long(table: Table, setting: Setting) -> Outcome:
    lengths = np.array(table.values("characters"), dtype=float)  # null becomes nan, never longer
    figure = {"max_characters": setting.max_characters}
    return Outcome(np.flatnonzero(lengths > setting.max_characters), figure=figure)


def _short(table: Table, _: Setting) -> Outcome:
    good = table.good.tolist()
    words = np.array([len(table.targets[at].split()) for at in good])
    asked = [len(re.findall(r"\w", table.requests[at])) for at in good]
    median = float(np.median(words)) if good else 0.0
    least = median * SHORT if median >= LEAST_WORDS else 0.0
    found = [
        at
        for at, count, letters in zip(good, words.tolist(), asked, strict=True)
        if letters < 2 or (0 < count < max(2.0, least) and least > 0)
    ]
    return Outcome(rows_of(found), figure={"median_target_words": median})


LONG = WholeCheck(
    "over_length",
    "warning",
    "The turns together are longer than training takes in; it would cut them.",
    "Raise training.max_length, or shorten the rows.",
    _long,
)
SHORT_ROW = WholeCheck(
    "too_short",
    "warning",
    "The request is next to nothing, or the target far shorter than the others.",
    "Write the whole answer, or take the row out.",
    _short,
)
