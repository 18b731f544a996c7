"""Whether a judge that rates answers one by one is moved by their length.

As with pairs, people's score stands in the same regression (Dubois et al., 2024,
"Length-Controlled AlpacaEval", arXiv:2404.04475): good answers are often longer ones.
"""

import math
from collections.abc import Sequence

import numpy as np

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.judging import AnswerScore, Criteria, JudgedAnswer, LengthShift
from tuneworthy.evaluate.judges.bias import LEAST
from tuneworthy.methods.least_squares import least_squares


def length_shift(
    answers: Sequence[JudgedAnswer], scores: Sequence[AnswerScore], criteria: Criteria
) -> LengthShift:
    """Over the answers that people rated on every criterion; over all where they rated none.

    What could not be read and what the judge was not asked about says nothing.
    """
    read = [
        (answer, people_score(answer, criteria), found.score)
        for answer, found in zip(answers, scores, strict=True)
        if found.readable and answer.answer.strip()
    ]
    rated = [row for row in read if row[1] is not None]
    kept = rated or read
    return LengthShift(
        answers=len(kept),
        doubling=_doubling(
            [math.log2(len(answer.answer)) for answer, _, _ in kept],
            [people or 0.0 for _, people, _ in kept],
            [score for _, _, score in kept],
        ),
        adjusted=bool(rated),
    )


def people_score(answer: JudgedAnswer, criteria: Criteria) -> float | None:
    """The mean over the criteria of people's middle score, 0 to 1; None where they left one out."""
    parts = []
    for one in criteria.criteria:
        given = sorted(answer.scores.get(one.name, ()))
        if not given:
            return None
        parts.append((given[(len(given) - 1) // 2] - 1) / (one.highest - 1))
    return sum(parts) / len(parts)


def _doubling(
    lengths: Sequence[float], people: Sequence[float], scores: Sequence[float]
) -> Interval | None:
    if len(scores) < LEAST:
        return None
    held = [people] if len(set(people)) > 1 else []
    try:
        return least_squares(np.column_stack([lengths, *held, np.ones(len(scores))]), scores)[0]
    except ValueError:
        return None  # all are of one length, or length and people's score cannot be told apart
