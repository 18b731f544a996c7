"""The table of the ways of answering: how right, how fast, how dear."""

from collections.abc import Sequence

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.run import EvaluationRun, Latency
from tuneworthy.core.nouns.suite_report import SuiteRun

NOT_KNOWN = "-"

HEAD = (
    "Way",
    "Model",
    "Right",
    "95 % interval",
    "Form",
    "n",
    "Tokens",
    "CPU s",
    "First s",
    "p50 s",
    "p95 s",
    "Cost per success",
)


def ways_table(runs: Sequence[EvaluationRun]) -> list[str]:
    """One line a run, and what the marks in it mean."""
    lines = table(HEAD, [_row(run) for run in runs])
    if any(run.derived for run in runs):
        lines.append("  * made from the use case, not written by anybody")
    timed = [run.latency for run in runs if run.latency]
    if timed:
        lines.append(f"  p50 and p95: seconds of a request; {_sample(timed)}")
    lines += [line for run in runs if (line := _flaws(run))]
    if any(run.cost_per_success for run in runs):
        lines.append("  Cost per success: tokens at the given prices; the score's 95 % interval")
    return lines


def _flaws(run: EvaluationRun) -> str:
    """What was wrong with answers, whatever their score; empty when nothing was."""
    named = f"{run.arm.id}, {run.model_name}" if run.model_name else run.arm.id
    found = flaws(run)
    return f"  {named}: of {run.score.n} answers {found}" if found else ""


def flaws(run: EvaluationRun | SuiteRun, again: str = "tuneworthy eval run --again") -> str:
    """How many answers are missing, empty or cut off; empty where none is."""
    counted = (
        (run.failed, f"not answered (score 0; {again} asks them again)"),
        (run.empty, "empty (score 0)"),
        (run.cut_off, "cut off at max_new_tokens"),
    )
    return ", ".join(f"{count} {words}" for count, words in counted if count)


def _row(run: EvaluationRun) -> list[str]:
    score, seen = run.score, run.latency
    return [
        run.arm.id + (" *" if run.derived else ""),
        run.model_name or NOT_KNOWN,
        f"{score.value:.1%}",
        f"{score.low:.1%} to {score.high:.1%}",
        f"{run.valid_share:.0%}",
        str(score.n),
        str(run.prompt_tokens + run.completion_tokens) if run.prompt_tokens else NOT_KNOWN,
        f"{run.cpu_seconds:.0f}",
        f"{seen.first_p50:.2f}" if seen and seen.first_p50 is not None else NOT_KNOWN,
        f"{seen.p50:.2f}" if seen else NOT_KNOWN,
        f"{seen.p95:.2f}" if seen else NOT_KNOWN,
        _price(run),
    ]


def _price(run: EvaluationRun) -> str:
    price = run.cost_per_success
    if price is None:
        return NOT_KNOWN
    if price.value is None:
        return "no success" if price.low is None else f"no success, {price.low:.3g} or more"
    high = "no bound" if price.high is None else f"{price.high:.3g}"
    low = NOT_KNOWN if price.low is None else f"{price.low:.3g}"
    return f"{price.value:.3g} ({low} to {high})"


def _sample(timed: Sequence[Latency]) -> str:
    parts = []
    for alone, words in ((True, "each sent alone"), (False, "sent beside others")):
        counts = sorted({seen.n for seen in timed if seen.alone is alone})
        if counts:
            span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
            parts.append(f"n = {span} {words}")
    return ", ".join(parts)
