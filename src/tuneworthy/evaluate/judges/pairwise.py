"""Judges pairs, each in both orders: only what both orders say is a verdict."""

from collections.abc import Sequence

from tuneworthy.core.nouns.judging import JudgedPair, PairVerdict, Verdict
from tuneworthy.core.ports import Progress
from tuneworthy.evaluate.judges.asking import JudgeModel, Question
from tuneworthy.evaluate.judges.prompt import filled, reference_block
from tuneworthy.evaluate.judges.reading import read_verdict

SWAPPED: dict[Verdict, Verdict] = {"a": "b", "b": "a", "tie": "tie", "unreadable": "unreadable"}


def judge_pairs(
    judge: JudgeModel, pairs: Sequence[JudgedPair], progress: Progress | None = None
) -> list[PairVerdict]:
    """The verdict on each pair. Raises ModelProblem when the judge cannot be asked."""
    plain = [_without_judge(pair) for pair in pairs]
    asked = [
        _question(pair, first, second)
        for pair, known in zip(pairs, plain, strict=True)
        if known is None
        for first, second in ((pair.a, pair.b), (pair.b, pair.a))
    ]
    said = iter(judge.ask(asked, progress) if asked else [])
    return [
        _verdict(pair.id, next(said), next(said)) if known is None else known
        for pair, known in zip(pairs, plain, strict=True)
    ]


def _without_judge(pair: JudgedPair) -> PairVerdict | None:
    """Equal answers are a tie, and an empty one loses, whatever a judge would say."""
    a, b = pair.a.strip(), pair.b.strip()
    if a and b and a != b:
        return None
    verdict: Verdict = "tie" if a == b else "a" if a else "b"
    return PairVerdict(
        id=pair.id, a_first=verdict, b_first=verdict, verdict=verdict, said=("", ""), asked=False
    )


def _question(pair: JudgedPair, first: str, second: str) -> Question:
    prompt = filled(
        "pairwise",
        request=pair.request,
        reference=reference_block(pair.reference),
        a=first,
        b=second,
    )
    return Question(prompt, "Verdict:", ("A", "B"))


def _verdict(name: str, a_first: str, b_first: str) -> PairVerdict:
    one, other = read_verdict(a_first), SWAPPED[read_verdict(b_first)]
    verdict: Verdict = one if one == other else "tie"
    if "unreadable" in (one, other):
        verdict = "unreadable"
    return PairVerdict(
        id=name, a_first=one, b_first=other, verdict=verdict, said=(a_first, b_first)
    )
