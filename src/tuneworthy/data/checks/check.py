"""What a check is: of one row by itself, or of a row among all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.pii.soft import SoftRecogniser
from tuneworthy.methods.tokenizer_fit import Tokenize

Severity = Literal["info", "warning", "block"]
Embed = Callable[[Sequence[str]], Any]
"""Texts to unit vectors, float32 [n, d]."""


class RowCheck(NamedTuple):
    """A check that needs one row alone."""

    code: str
    severity: Severity
    message: str
    fix: str
    fails: Callable[[Example], bool]


@dataclass(frozen=True)
class Outcome:
    """What a check of all rows found.

    Attributes:
        rows: Positions, ascending.
        partner: For a row the one it was found with: the copy that is kept, the row that says
            otherwise, the training row that it leaks from.
        why: Why the row was found, for those rows of which more can be said than for the others.
        figure: The check's own number, if it has one beside the count of rows.
        skipped: Why the check could not run; empty when it ran.
    """

    rows: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    partner: Mapping[int, int] = field(default_factory=dict)
    why: Mapping[int, str] = field(default_factory=dict)
    figure: Mapping[str, float | str] = field(default_factory=dict)
    skipped: str = ""


@dataclass(frozen=True)
class Setting:
    """What the checks of all rows may be told.

    Attributes:
        max_characters: Length of a row, its turns together, that training may cut short.
        against: Rows of other files that must not stand in this one.
        benchmarks: Cases of public benchmarks, which no row may hold.
        names: Finds names and places softly; the built-in recogniser where it is None.
        embed: Sentence embeddings; without them, hashed character n-grams stand in.
        strict_labels: Whether a label counts as wrong only where both models say so.
        vendi: Whether the variety of meanings is measured, which asks the sentence model.
        tokens: The tokenizer that training will use, and how much it keeps of a row.
        attributes: For columns that the user named, the value of each row; empty where none is.
        declared: For some of these, the share that each value should have.
        before: Keys (``content_key``) of the rows of an earlier version; None where there is none.
        caps: The most that one origin may hold of a version, or of a target.
    """

    max_characters: int = 8_000
    against: Table | None = None
    benchmarks: Table | None = None
    names: SoftRecogniser | None = None
    embed: Embed | None = None
    vendi: bool = False
    strict_labels: bool = False
    tokens: "Tokens | None" = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    declared: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    before: frozenset[bytes] | None = None
    caps: Mapping[str, float] = field(default_factory=dict)


class Tokens(NamedTuple):
    """A tokenizer as the checks use it."""

    name: str
    tokenize: Tokenize
    longest: int
    """Most tokens that training keeps of a row."""
    unknown: int | None


class WholeCheck(NamedTuple):
    """A check that looks at all rows."""

    code: str
    severity: Severity
    message: str
    fix: str
    find: Callable[[Table, Setting], Outcome]


def rows_of(found: Sequence[int]) -> Rows:
    """Positions, ascending, each once."""
    return np.unique(np.array(list(found), dtype=np.int64))
