"""The answers of two runs side by side, word by word."""

from typing import Literal

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.failures import CaseDiff, ChangeName, Piece, RunDiff
from tuneworthy.evaluate.errors.answered import Answered, AnsweredRun, clipped, passing
from tuneworthy.evaluate.errors.changes import NAMES, change_of, sorted_out
from tuneworthy.methods.word_diff import word_diff

Only = Literal["broken", "fixed", "changed"]
MOST = 20
_LONGEST = 10_000
"""Characters of each text that is compared and shown."""


def diff_runs(
    base: AnsweredRun,
    candidate: AnsweredRun,
    *,
    case: str = "",
    only: Only = "changed",
    most: int = MOST,
    pass_at: float | None = None,
) -> RunDiff:
    """The cases that were asked for: broken ones first, then fixed ones, then the others.

    Args:
        base: One run.
        candidate: The other.
        case: One case by its id, whatever became of it.
        only: Newly broken or newly fixed cases, or all with another text or score.
        most: How many are shown.
        pass_at: The score from which a case passes.

    Raises:
        DataProblem: The two are not over the same cases.
        UsageProblem: There is no such case.
    """
    limit = passing(base, candidate) if pass_at is None else pass_at
    found = sorted_out(base, candidate, limit)
    if case and case not in candidate.by_id:
        raise UsageProblem(
            "no_such_case",
            f"No case of {candidate.name} is called '{case}'.",
            why=f"The first are {', '.join(list(candidate.by_id)[:5])}.",
            fix="tuneworthy eval errors --json names the cases that fail.",
        )
    other = [row.case.id for row in candidate.rows if row.output != base.by_id[row.case.id].output]
    chosen = [case] if case else _chosen(found, set(other), only)
    return RunDiff(
        base=base.name,
        candidate=candidate.name,
        n=len(candidate.rows),
        counts={name: len(found[name]) for name in NAMES},
        other_text=len(other),
        found=len(chosen),
        cases=tuple(
            case_diff(base.by_id[name], candidate.by_id[name], limit) for name in chosen[:most]
        ),
    )


def _chosen(found: dict[ChangeName, list[str]], other: set[str], only: Only) -> list[str]:
    if only != "changed":
        return found[only]
    moved = [name for kind in NAMES if kind != "same" for name in found[kind]]
    return moved + [name for name in found["same"] if name in other]


def case_diff(base: Answered, candidate: Answered, pass_at: float) -> CaseDiff:
    """One case. Where nothing is expected, the candidate stands beside the base."""
    expected = clipped(candidate.case.expected, _LONGEST)
    before, after = clipped(base.output, _LONGEST), clipped(candidate.output, _LONGEST)
    beside = bool(expected.strip())
    return CaseDiff(
        id=candidate.case.id,
        segment=candidate.case.segment,
        request=clipped(candidate.case.request, _LONGEST),
        expected=expected,
        change=change_of(base.score, candidate.score, pass_at),
        base_score=base.score,
        candidate_score=candidate.score,
        base_kind=base.kind if base.score < pass_at else "",
        candidate_kind=candidate.kind if candidate.score < pass_at else "",
        base=_pieces(expected if beside else before, before),
        candidate=_pieces(expected if beside else before, after),
        against="expected" if beside else "base",
    )


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    return tuple(Piece(sort=one.sort, text=one.text) for one in word_diff(before, after))
