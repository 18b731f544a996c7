"""Rows too long for training, and answers too short for what the file's others are."""

import re

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table

LEAST_WORDS = 12
"""Median words of the targets from which a very short one is out of place."""
SHORT = 1 / 10
"""Share of the median below which a target is called short."""
RULE = 0.08
"""Where more rows than this share have short targets, short is one of the ways to answer there."""
FEW = 2
"""So many short targets are the exception in a file of any size."""
LEAST_STOCK = 3
"""Median words from which a target that says nothing is no label."""
STOCK = frozenset({
    "", "ok", "okay", "k", "sure", "yep", "n/a", "na", "none", "null", "nil", "tbd", "todo",
    "see above", "no answer", "no output", "no response", "idk", "asdf",
})  # fmt: skip
"""Targets that say nothing, without the marks around them."""
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of Thai, Lao, Khmer, Japanese and Chinese, which put no space between words."""


def _long(table: Table, setting: Setting) -> Outcome:
    lengths = np.array(table.values("characters"), dtype=float)  # null becomes nan, never longer
    figure = {"max_characters": setting.max_characters}
    return Outcome(np.flatnonzero(lengths > setting.max_characters), figure=figure)


def _short(table: Table, _: Setting) -> Outcome:
    good = table.good.tolist()
    words = [_words(table.targets[at]) for at in good]
    median = float(np.median(words)) if good else 0.0
    least = max(2.0, median * SHORT) if median >= LEAST_WORDS else 0.0
    nothing = [at for at in good if len(re.findall(r"\w", table.requests[at])) < 2]
    stock = [at for at in good if median >= LEAST_STOCK and _stock(table.targets[at])]
    short = [at for at, count in zip(good, words, strict=True) if 0 < count < least]
    share = len(short) / max(1, len(good))
    exception = len(short) <= FEW or share <= RULE
    figure: dict[str, float | str] = {"median_target_words": median, "short": round(share, 4)}
    found = [*nothing, *stock, *(short if exception else [])]
    return Outcome(rows_of(found), figure=figure)


def _words(text: str) -> int:
    """Words; where none are parted by spaces, two letters count as one."""
    return len(text.split()) + len(_NO_SPACES.findall(text)) // 2


def _stock(target: str) -> bool:
    """Whether a target of a few characters says nothing at all."""
    bare = target.strip()
    return 0 < len(bare) <= 16 and bare.strip(" .,!?()[]-_\u2013\u2014\u2026*#").lower() in STOCK


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
