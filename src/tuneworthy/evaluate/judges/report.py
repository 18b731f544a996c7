"""What a judge found, with its biases and how far it agrees with people, as one report."""

from collections import Counter
from collections.abc import Sequence

from tuneworthy.core.nouns.judging import (
    Agreement,
    AnswerScore,
    AnswersJudged,
    Criteria,
    JudgedAnswer,
    JudgedPair,
    JudgeIdentity,
    PairsJudged,
    PairVerdict,
    Standing,
    Verdict,
)
from tuneworthy.evaluate.judges.agreement import ITEMS, pairs_agreement, scores_agreement
from tuneworthy.evaluate.judges.asking import JudgeModel
from tuneworthy.evaluate.judges.bias import judge_bias, share_for
from tuneworthy.evaluate.judges.length import length_shift
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.intervals import mean_interval

_SIDES: tuple[Verdict, ...] = ("a", "b", "tie", "unreadable")


def rubric_identity(judge: JudgeModel, criteria: Criteria) -> JudgeIdentity:
    """Who rates by these criteria; what the file says about itself is no part of it."""
    told = [one.model_dump(mode="json") for one in criteria.criteria]
    return judge.identity("rubric", digest(told))


def pairs_report(
    identity: JudgeIdentity,
    pairs: Sequence[JudgedPair],
    verdicts: Sequence[PairVerdict],
    standing: Standing,
) -> PairsJudged:
    """All that is to be said of judged pairs; the judge's own answers go by its name."""
    counts = Counter(one.verdict for one in verdicts)
    return PairsJudged(
        judge=identity,
        n=len(pairs),
        counts={side: counts[side] for side in _SIDES},
        inconsistent=sum(
            one.a_first != one.b_first for one in verdicts if one.verdict != "unreadable"
        ),
        not_asked=sum(not one.asked for one in verdicts),
        a=share_for("a", verdicts),
        b=share_for("b", verdicts),
        bias=judge_bias(pairs, verdicts, identity.name),
        agreement=pairs_agreement(pairs, verdicts),
        standing=standing,
        verdicts=tuple(verdicts),
    )


def answers_report(
    identity: JudgeIdentity,
    answers: Sequence[JudgedAnswer],
    scores: Sequence[AnswerScore],
    criteria: Criteria,
    standing: Standing,
) -> AnswersJudged:
    """All that is to be said of rated answers."""
    agreed = {
        one.name: found
        for one in criteria.criteria
        if (found := scores_agreement(answers, scores, one)) is not None
    }
    return AnswersJudged(
        judge=identity,
        n=len(answers),
        unreadable=sum(not one.readable for one in scores),
        empty=sum(not one.answer.strip() for one in answers),
        score=mean_interval([one.score for one in scores]),
        criteria={
            one.name: sum(found.scores[one.name] or 1 for found in scores) / max(1, len(scores))
            for one in criteria.criteria
        },
        agreement=worst(agreed, criteria),
        by_criterion=agreed,
        length=length_shift(answers, scores, criteria),
        standing=standing,
        scores=tuple(scores),
    )


def worst(agreed: dict[str, Agreement], criteria: Criteria) -> Agreement | None:
    """The agreement on the criterion on which the judge stands worst.

    None where people rated none, or not all: a judge stands by every criterion it scores.
    """
    if len(agreed) < len(criteria.criteria):
        return None
    return min(
        agreed.values(),
        key=lambda one: (one.items >= ITEMS, -2.0 if one.kappa is None else one.kappa),
    )
