"""The six signs of a prompt ceiling, measured; nobody is asked.

Each sign is a yes, a no, or unknown, with its number, interval and rule. They describe the trouble:
no verdict and no level counts them, save that S6 answers whether latency is a reason to tune.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuneworthy.assess.arms import CeilingArm, target_of
from tuneworthy.assess.signal_rule import above, share_signal, signal
from tuneworthy.assess.wording import Read, terminology, voice
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.run import CaseResult, Latency
from tuneworthy.core.nouns.suite import Case
from tuneworthy.methods.intervals import quantile_interval, wilson

BROKEN = 0.1
"""Share of answers in the wrong form from which the format is inconsistent."""
LONGEST = 8_000
"""Tokens of a prompt beyond which instructions are called too long."""

_NO_PROMPT = "No prompt has been run on the frozen suite: tuneworthy assess ceiling."


class Answered(NamedTuple):
    """The best prompt's own outputs on the frozen suite."""

    arm: str
    results: Sequence[CaseResult]
    cases: Mapping[str, Case]


class Timings(NamedTuple):
    """Seconds that single answers of the untuned model took, and where they were seen.

    ``summary`` is what a run keeps where it does not keep the single times.
    """

    seconds: Sequence[float]
    where: str
    summary: Latency | None = None


def measure_signals(
    project: Project,
    arms: Sequence[CeilingArm],
    evidence: Sequence[Evidence],
    *,
    answered: Answered | None,
    targets: Sequence[str],
    timings: Timings | None,
    context: int | None,
    read: Read,
) -> tuple[CeilingSignal, ...]:
    """S1 to S6.

    Args:
        project: Holds the limits, terms and style.
        arms: The alternatives that were run on the frozen suite.
        evidence: Says which target was frozen.
        answered: What the best prompt answered; None when no prompt was run.
        targets: The training targets.
        timings: Single answers' times; None when none were recorded.
        context: Tokens that the base model can take in; None when not known.
        read: Finds the JSON object in an answer.
    """
    if answered is None or not answered.results:
        asked = [
            signal(id_, "unknown", "needs a prompt's answers on the frozen suite", _NO_PROMPT)
            for id_ in ("S1", "S2", "S3")
        ]
        length = signal("S5", "unknown", _length_rule(None), _NO_PROMPT)
    else:
        asked = [
            form(answered.results),
            terminology(project, answered.cases, answered.results, targets, read),
            voice(project, answered.cases, answered.results, targets),
        ]
        length = instructions(answered.results, context, project.max_new_tokens)
    return (*asked, knowledge(arms, target_of(evidence, project)), length, delay(project, timings))


def form(results: Sequence[CaseResult]) -> CeilingSignal:
    """S1: the share of answers in the wrong form."""
    broken = sum(not row.valid for row in results)
    detail = f"{broken} of {len(results)} answers have the wrong form."
    return share_signal("S1", broken, len(results), BROKEN, detail)


def knowledge(arms: Sequence[CeilingArm], target: float) -> CeilingSignal:
    """S4: does the best way that looks things up stay below the target, its upper bound too?"""
    rule = (
        "yes when retrieval ran and the upper bound of the best such arm lies below the target, "
        "no when its lower bound reaches it"
    )
    found = [arm for arm in arms if arm.retrieves]
    if not found:
        return signal("S4", "unknown", rule, "No retrieval arm ran on the frozen suite.")
    best = max(found, key=lambda arm: (arm.score.high, arm.score.value))
    if best.score.high < target:
        answer = "yes"
    else:
        answer = "no" if any(arm.score.low >= target for arm in found) else "unknown"
    return signal(
        "S4",
        answer,  # type: ignore[arg-type]
        rule,
        f"{best}; retrieval arms run: {len(found)}; target {target:g}.",
        **best.score.model_dump(),
    )


def instructions(results: Sequence[CaseResult], context: int | None, room: int) -> CeilingSignal:
    """S5: is the longest prompt longer than 8,000 tokens, or than the model has room for?

    Args:
        results: The best prompt's answers, with the tokens of each prompt.
        context: Tokens that the model can take in, where known.
        room: Tokens that the answer needs of them.
    """
    rule = _length_rule(context)
    tokens = [row.prompt_tokens for row in results if row.prompt_tokens > 0]
    if not tokens:
        return signal("S5", "unknown", rule, "The backend reported no prompt tokens.")
    limit = LONGEST if context is None else min(LONGEST, context - room)
    over = sum(count > limit for count in tokens)
    detail = f"The longest of {len(tokens)} prompts has {max(tokens):,} tokens; limit {limit:,}."
    if context is not None:
        detail += f" The model takes {context:,} with the answer."
    if over:
        detail += f" {over} prompts are longer than the limit."
    else:
        detail += f" At most {wilson(0, len(tokens)).high:.1%} of such prompts are (95 %)."
    return signal(
        "S5",
        "yes" if over else "no",
        rule,
        detail,
        value=float(max(tokens)),
        low=float(max(tokens)),
        high=None,
        n=len(tokens),
    )


def delay(project: Project, timings: Timings | None) -> CeilingSignal:
    """S6: does the 95th percentile of the answers' times exceed the limit?"""
    limit = project.limits.p95_seconds
    if timings is not None and not timings.seconds and timings.summary is not None:
        return _delay_of_run(timings.summary, timings.where, limit)
    rule = (
        "yes when the whole 95 % interval of the 95th percentile lies above limits.p95_seconds, "
        "no when none of it does"
    )
    if timings is None or not timings.seconds:
        return signal("S6", "unknown", rule, "No times of single answers are recorded.")
    p95 = quantile_interval(timings.seconds, 0.95)
    detail = f"95 of 100 answers came within {p95.value:.3g} s ({timings.where})."
    if limit is None:
        return signal("S6", "unknown", rule, f"{detail} {_NO_LIMIT}", **p95.model_dump())
    answer = above(p95, limit)
    # The highest of few values bounds nothing: its order statistic is only the sample's own edge.
    if answer == "no" and p95.n < _FEWEST_FOR_P95:
        answer = "unknown"
        detail += f" {_FEWEST_FOR_P95} times are needed to say no."
    return signal("S6", answer, rule, f"{detail} Limit {limit:g} s.", **p95.model_dump())


def _delay_of_run(seen: Latency, where: str, limit: float | None) -> CeilingSignal:
    """A run keeps no single times, so that there is no interval; its 95th percentile decides."""
    rule = (
        f"without live requests: a run of {_FEWEST_FOR_P95} answers or more, each asked alone, "
        "whose 95th percentile is compared with limits.p95_seconds"
    )
    numbers = {"value": seen.p95, "n": seen.n}
    detail = f"95 of 100 answers (n={seen.n}) came within {seen.p95:.3g} s ({where})."
    if limit is None:
        return signal("S6", "unknown", rule, f"{detail} {_NO_LIMIT}", **numbers)
    detail += f" Limit {limit:g} s."
    if not seen.alone or seen.n < _FEWEST_FOR_P95:
        detail += " They were not asked alone." if not seen.alone else " They are too few."
        return signal("S6", "unknown", rule, detail, **numbers)
    return signal("S6", "yes" if seen.p95 > limit else "no", rule, detail, **numbers)


_NO_LIMIT = "limits.p95_seconds is not set, so there is nothing to compare it with."

_FEWEST_FOR_P95 = 72
"""With fewer, all values lie below the 95th percentile by chance in over 2.5 % of samples; 0.95 to
the power of 72 is 0.0249."""


def _length_rule(context: int | None) -> str:
    also = "" if context is None else ", or than the model's context less the answer's room"
    return f"yes when the longest prompt has more than {LONGEST:,} tokens{also}, else no"
