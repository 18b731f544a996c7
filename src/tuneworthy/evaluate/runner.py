"""Runs one arm over the cases and scores every answer."""

from collections.abc import Callable, Sequence
from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import CaseResult, Latency
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ModelClient, Progress
from tuneworthy.evaluate.asking import Answer, Asker, latency
from tuneworthy.evaluate.metrics import UNREAD, Mark, Metric
from tuneworthy.evaluate.retrieve import Retriever
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.intervals import mean_interval

Ahead = Callable[[Sequence[str], Sequence[Case]], None]


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
    remembered: int = 0
    """Answers that were kept from before, and not asked for."""

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
    asker: Asker,
    cases: Sequence[Case],
    metric: Metric,
    progress: Progress | None = None,
    ahead: Ahead | None = None,
) -> ArmResult:
    """Ask every case and score the answers.

    ``ahead`` gets all answers with their cases first, for a metric that does better on many at
    once than on one after another.
    """
    answers = asker.ask(cases, progress)
    if ahead is not None:
        ahead([answer.text for answer in answers], cases)
    results = tuple(
        _scored(case, answer, metric) for case, answer in zip(cases, answers, strict=True)
    )
    # What was kept from before took its time then, and a case that failed has no time of its own.
    fresh = [answer for answer in answers if not answer.remembered and not answer.error]
    seconds = [answer.seconds for answer in fresh]
    return ArmResult(
        arm=asker.arm,
        results=results,
        score=mean_interval([result.score for result in results]),
        valid_share=sum(result.valid for result in results) / max(1, len(results)),
        latency=latency(seconds, alone=False) if all(seconds) else None,
        counted=all(answer.counted for answer in answers if not answer.error),
        remembered=sum(answer.remembered for answer in answers),
    )


def _scored(case: Case, answer: Answer, metric: Metric) -> CaseResult:
    mark = mark_of(answer.text, case, metric, failed=answer.error)
    return CaseResult(
        case=case.id,
        output=answer.text,
        score=mark.score,
        valid=mark.valid,
        error=mark.error,
        level=mark.level,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        steps=answer.steps,
        failed=bool(answer.error),
        cut_off=answer.cut_off,
        seconds=round(answer.seconds, 4),
        logprobs=answer.logprobs,
    )


def mark_of(output: str, case: Case, metric: Metric, *, failed: str = "") -> Mark:
    """The metric's mark; 0 where there is no answer, whatever the metric would say of no text.

    Args:
        output: What was answered.
        case: The question.
        metric: Gives the mark.
        failed: Why there is no answer at all; empty where there is one.
    """
    if failed:
        return Mark(score=0, valid=False, error=failed)
    if not output.strip():
        return Mark(score=0, valid=False, error="empty")
    return metric(output, case)


def counts(rows: Sequence[CaseResult]) -> dict[str, int]:
    """How many cases are ``failed``, and how many answers ``empty``, ``cut_off``, ``invalid``.

    An empty answer is not counted as invalid too; one that was cut off may be.
    """
    said = [row for row in rows if not row.failed]
    return {
        "failed": len(rows) - len(said),
        "empty": sum(not row.output.strip() for row in said),
        "cut_off": sum(row.cut_off for row in said),
        "invalid": sum(not row.valid and bool(row.output.strip()) for row in said),
        "unread": sum(row.error.startswith(UNREAD) for row in said),
    }
