"""Which way of tuning answers which need, with the data and compute that it takes."""

from typing import Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.project import Goal

HARD_FLOOR = 100
"""Fewer examples than this, after cleaning, and tuning stops."""

UNKNOWN_MINIMUM = 1_000
"""The approach minimum while the goal is not known."""


class Approach(Part):
    """One row of the table: a need, what answers it, and what it asks for."""

    need: Goal
    title: str
    approach: str
    minimum: int
    """Fewest rows, after cleaning and removing duplicates."""
    plenty: int | None
    """Rows beyond which more seldom help; None when there is no such bound."""
    unit: Literal["examples", "preference pairs", "documents"]
    compute: Literal["low", "low to medium", "medium", "medium to high", "high"]


def _row(
    need: Goal,
    title: str,
    approach: str,
    rows: tuple[int, int | None, Literal["examples", "preference pairs", "documents"]],
    compute: Literal["low", "low to medium", "medium", "medium to high", "high"],
) -> Approach:
    minimum, plenty, unit = rows
    return Approach(
        need=need,
        title=title,
        approach=approach,
        minimum=minimum,
        plenty=plenty,
        unit=unit,
        compute=compute,
    )


APPROACHES: tuple[Approach, ...] = (
    _row(
        "knowledge",
        "Understand our product deeply",
        "supervised fine-tuning",
        (1_000, 10_000, "examples"),
        "low to medium",
    ),
    _row(
        "persona",
        "Speak in our brand voice",
        "persona fine-tuning",
        (500, 2_000, "examples"),
        "low",
    ),
    _row(
        "format",
        "Always give the same form of output",
        "instruction fine-tuning",
        (500, 2_000, "examples"),
        "low",
    ),
    _row(
        "tool_calling",
        "Call our API correctly",
        "function-calling fine-tuning",
        (1_000, 5_000, "examples"),
        "medium",
    ),
    _row(
        "safety",
        "Avoid harmful answers",
        "preference tuning (DPO or RLHF)",
        (10_000, None, "preference pairs"),
        "medium to high",
    ),
    _row(
        "expertise",
        "Know a specialised vocabulary",
        "continued pretraining",
        (100_000, None, "documents"),
        "high",
    ),
)


def approach_for(goal: Goal) -> Approach:
    """The row of the table that answers a goal."""
    return next(row for row in APPROACHES if row.need == goal)


def approach_minimum(goal: Goal | None) -> int:
    """Fewest examples that the goal's approach needs; 1,000 while the goal is not known."""
    return UNKNOWN_MINIMUM if goal is None else approach_for(goal).minimum
