"""What a model that judges says of the answer, by written criteria."""

import re

from pydantic import Field, field_validator

from tuneworthy.core.nouns.judging import Criteria, Criterion, JudgedAnswer
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.metrics.mark import RIGHT, Mark, Metric, right_answers, wrong
from tuneworthy.evaluate.metrics.spec import MetricSpec, MetricTools, Options

MOST = 100_000
"""Characters: a longer answer is not put to a judge ahead of the others."""

_HALF = re.compile("[\ud800-\udfff]")


class JudgeOptions(Options):
    """Who judges, by what, and whether it sees the right answer."""

    judge: str = ""
    """The name of one of the project's ``judges``; may be left out where there is one alone."""
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    """Each with ``name``, ``asks`` and ``anchors``, which say what a score from 1 on means."""
    reference: bool = True
    """Whether the judge is shown the right answer, where the case has one."""

    @field_validator("criteria")
    @classmethod
    def _once(cls, criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        return Criteria(criteria=criteria).criteria


def judged_answer(options: JudgeOptions, output: str, case: Case) -> JudgedAnswer:
    """The answer as the judge is shown it."""
    right = right_answers(case) if options.reference else []
    return JudgedAnswer(
        id=case.id or "case",
        request=request_of(case),
        answer=output,
        reference="\n\nor:\n\n".join(right),
    )


def is_judged(output: str) -> bool:
    """Whether an answer will be put to the judge as it stands; others are rare, and none is empty.

    An endless one is marked as such, and one with half a character is mended first.
    """
    return bool(output.strip()) and len(output) <= MOST and not _HALF.search(output)


def request_of(case: Case) -> str:
    """What was asked, with what was said before and the text that the answer must rest on."""
    before = "".join(f"{turn.role}: {turn.content}\n\n" for turn in case.turns if turn.content)
    context = f"{case.context}\n\n" if case.context else ""
    return f"{before}{context}{case.request}"


def _make(options: JudgeOptions, tools: MetricTools) -> Metric:
    if tools.rate is None:
        raise ValueError("judge needs a judge of a project, which is not at hand")
    rate, criteria = tools.rate, Criteria(criteria=options.criteria)

    def judge(output: str, case: Case) -> Mark:
        [found] = rate(options.judge, criteria, [judged_answer(options, output, case)])
        if not found.readable:
            return wrong("unreadable verdict")
        if found.score > 1 - 1e-9:
            return RIGHT
        return Mark(score=found.score, valid=True, error="judged below the best")

    return judge


SPEC = MetricSpec(
    name="judge",
    scores="The mean of the judge's scores over the criteria, 0 all at the worst, 1 all at the "
    "best; a verdict that cannot be read is 0.",
    source="LLM-as-a-judge (Zheng et al., 2023), by the model that the project names.",
    blind="Whatever the judge is swayed by: length, style, its own words. It may open a gate only "
    "after it was held against people: eval judge calibrate.",
    make=_make,
    options=JudgeOptions,
    kind="graded",
)
