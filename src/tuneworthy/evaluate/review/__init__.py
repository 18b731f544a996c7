"""Answers that people judge blind: what is drawn, how it is shown, what it comes to."""

from tuneworthy.evaluate.review.drawing import (
    NO_ANSWER,
    Drawn,
    draw_answers,
    draw_pairs,
    run_of_slot,
)
from tuneworthy.evaluate.review.pairs import pairs_result
from tuneworthy.evaluate.review.ratings import ratings_result
from tuneworthy.evaluate.review.sheet import (
    Filled,
    altered,
    as_csv,
    as_jsonl,
    read_sheet,
    said_in,
    sheet_rows,
)
from tuneworthy.evaluate.review.sides import (
    KEY_BYTES,
    candidate_first,
    candidate_left,
    side_of,
)
from tuneworthy.evaluate.review.spoken import Spoken, scores_in, spoken

__all__ = [
    "KEY_BYTES",
    "NO_ANSWER",
    "Drawn",
    "Filled",
    "Spoken",
    "altered",
    "as_csv",
    "as_jsonl",
    "candidate_first",
    "candidate_left",
    "draw_answers",
    "draw_pairs",
    "pairs_result",
    "ratings_result",
    "read_sheet",
    "run_of_slot",
    "said_in",
    "scores_in",
    "sheet_rows",
    "side_of",
    "spoken",
]
