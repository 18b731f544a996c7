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
    asked = [
        _question(pair, first, second)
        for pair in pairs
        for first, second in ((pair.a, pair.b), (pair.b, pair.a))
    ]
    said = judge.ask(asked, progress)
    return [
        _verdict(pair.id, said[2 * number], said[2 * number + 1])
        for number, pair in enumerate(pairs)
    ]


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
