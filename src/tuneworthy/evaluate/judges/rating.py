"""Rates answers by written criteria, one question a criterion."""

from collections.abc import Sequence

from tuneworthy.core.nouns.judging import AnswerScore, Criteria, Criterion, JudgedAnswer
from tuneworthy.core.ports import Progress
from tuneworthy.evaluate.judges.asking import JudgeModel, Question
from tuneworthy.evaluate.judges.prompt import filled, reference_block
from tuneworthy.evaluate.judges.reading import read_score


def rate_answers(
    judge: JudgeModel,
    answers: Sequence[JudgedAnswer],
    criteria: Criteria,
    progress: Progress | None = None,
) -> list[AnswerScore]:
    """The scores of each answer. Raises ModelProblem when the judge cannot be asked."""
    asked = [
        _question(answer, one)
        for answer in answers
        if answer.answer.strip()
        for one in criteria.criteria
    ]
    said = iter(judge.ask(asked, progress) if asked else [])
    return [
        _scored(answer, criteria, [next(said) for _ in criteria.criteria])
        if answer.answer.strip()
        else _empty(answer, criteria)
        for answer in answers
    ]


def _empty(answer: JudgedAnswer, criteria: Criteria) -> AnswerScore:
    """An empty answer gets the worst score, whatever a judge would say."""
    return AnswerScore(
        id=answer.id, scores={one.name: 1 for one in criteria.criteria}, score=0.0, readable=True
    )


def _question(answer: JudgedAnswer, one: Criterion) -> Question:
    prompt = filled(
        "rubric",
        request=answer.request,
        reference=reference_block(answer.reference),
        answer=answer.answer,
        criterion=one.name,
        asks=one.asks,
        anchors="\n".join(f"{score}: {one.anchors[score]}" for score in sorted(one.anchors)),
        highest=str(one.highest),
    )
    return Question(prompt, "Score:", tuple(str(n) for n in range(1, one.highest + 1)))


def _scored(answer: JudgedAnswer, criteria: Criteria, said: Sequence[str]) -> AnswerScore:
    scores: dict[str, int | None] = {}
    parts: list[float] = []
    for one, text in zip(criteria.criteria, said, strict=True):
        score = scores[one.name] = read_score(text, one.highest)
        parts.append(0.0 if score is None else (score - 1) / (one.highest - 1))
    readable = None not in scores.values()
    return AnswerScore(
        id=answer.id,
        scores=scores,
        said={one.name: text for one, text in zip(criteria.criteria, said, strict=True)},
        score=sum(parts) / len(parts) if readable else 0.0,
        readable=readable,
    )
