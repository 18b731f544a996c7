"""What a run gets wrong, and what a candidate newly breaks: pure functions over kept answers."""

from tuneworthy.evaluate.errors.analysis import analyse
from tuneworthy.evaluate.errors.answered import Answered, AnsweredRun, answered
from tuneworthy.evaluate.errors.diffs import MOST, Only, case_diff, diff_runs
from tuneworthy.evaluate.errors.grouping import Embed

__all__ = [
    "MOST",
    "Answered",
    "AnsweredRun",
    "Embed",
    "Only",
    "analyse",
    "answered",
    "case_diff",
    "diff_runs",
]
