"""Runs one arm over the cases and scores every answer."""

from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import CaseResult, Latency
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ModelClient, Progress
from tuneworthy.evaluate.asking import Answer, Asker, latency
from tuneworthy.evaluate.metrics import Metric
from tuneworthy.evaluate.retrieve import Retriever
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.intervals import mean_interval


class ArmResult(Part):
    """One arm's answers and their sum; ``score`` is the mean mark with its 95 % interval."""

    arm: Arm
    results: tuple[CaseResult, ...]
    score: Interval
    valid_share: float
    latency: Latency | None = None
    """None where the model answers in batches: then no request has a time of its own."""
    counted: bool = True
    """Whether every request's tokens were counted."""

    @property
    def answers(self) -> str:
        """Digest of the answers' texts alone."""
        return digest([result.output for result in self.results])


def run_arm(
    arm: Arm,
    cases: Sequence[Case],
    train: Sequence[Example],
    metric: Metric,
    *,
    client: ModelClient | None,
    retriever: Retriever | None,
    max_new_tokens: int = 64,
    ends: Literal["", "json"] = "",
    progress: Progress | None = None,
) -> ArmResult:
    """Answer every case the arm's way and score the answers; see ``Asker`` for the ways."""
    asker = Asker(arm, train, client, retriever, max_new_tokens, ends)
    return score_arm(asker, cases, metric, progress)


def score_arm(
    asker: Asker, cases: Sequence[Case], metric: Metric, progress: Progress | None = None
) -> ArmResult:
    """Ask every case and score the answers."""
    answers = asker.ask(cases, progress)
    results = tuple(
        _scored(case, answer, metric) for case, answer in zip(cases, answers, strict=True)
    )
    seconds = [answer.seconds for answer in answers]
    return ArmResult(
        arm=asker.arm,
        results=results,
        score=mean_interval([result.score for result in results]),
        valid_share=sum(result.valid for result in results) / max(1, len(results)),
        latency=latency(seconds, alone=False) if all(seconds) else None,
        counted=all(answer.counted for answer in answers),
    )


def _scored(case: Case, answer: Answer, metric: Metric) -> CaseResult:
    mark = metric(answer.text, case)
    return CaseResult(
        case=case.id,
        output=answer.text,
        score=mark.score,
        valid=mark.valid,
        error=mark.error,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        steps=answer.steps,
    )
