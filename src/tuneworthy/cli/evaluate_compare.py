"""tuneworthy eval compare: two result files, two runs, or the project's tuned run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from tuneworthy.cli.comparison import SHOWN, contract, findings, lines
from tuneworthy.cli.evaluate_noise import noise_lines
from tuneworthy.cli.findings import format_option, print_findings
from tuneworthy.cli.guard_lines import guard_lines
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.comparing import CompareResult
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.run import IN_PRODUCTION, Comparison
from tuneworthy.methods.visible import visible
from tuneworthy.workspace import CompareOptions, compare_files

REQUIRE = ("not_worse", "non_inferior", "better")


@click.command()
@click.argument("sides", nargs=-1, metavar="[BASE CANDIDATE]")
@click.option("--metric", default="score", metavar="FIELD", help="The field.  [score]")
@click.option(
    "--better",
    type=click.Choice(["higher", "lower"]),
    help="Which way is better; lower for latency, cost, seconds and tokens, else higher.",
)
@click.option("--margin", type=float, help="A loss, in the field's unit, that is still no worse.")
@click.option("--gain", type=float, help="The gain to plan cases for.  [0.05, or 5 % of the base]")
@click.option("--alpha", type=float, default=0.05, help="Chance of a false verdict.  [0.05]")
@click.option("--aa", is_flag=True, help="Both are runs of the same arm: say how noisy it is.")
@click.option("--floor", type=float, default=0.0, help="The noise that --aa found.")
@click.option("--common", is_flag=True, help="Leave out cases that only one side has.")
@click.option(
    "--require",
    type=click.Choice(REQUIRE),
    default="not_worse",
    help="What else than 'worse' ends with 3: no proof of no loss, or of a gain.",
)
@format_option
@click.pass_context
def compare(
    ctx: click.Context,
    sides: tuple[str, ...],
    metric: str,
    better: Literal["higher", "lower"] | None,
    margin: float | None,
    gain: float | None,
    alpha: float,
    aa: bool,
    floor: float,
    common: bool,
    require: str,
    form: str,
) -> None:
    """The candidate against the base, case by case; exit 3 when it is worse.

    BASE and CANDIDATE are files of lines {"id": "a1", "score": 1}, with "segment", "group",
    "latency_s" and "cost" where there are any, and need no project; or ids of two runs of this
    project. Without them: the tuned model against the alternatives, exit 3 unless it is better.
    """
    if not sides:
        _project(ctx, form)
        return
    if len(sides) != 2:
        raise UsageProblem(
            "two_sides",
            f"{len(sides)} given; a comparison has a base and a candidate.",
            fix="tuneworthy eval compare BASE CANDIDATE",
        )
    if require == "non_inferior" and margin is None:
        raise UsageProblem(
            "margin_missing",
            "No loss can be ruled out without a margin.",
            fix="--margin 0.02, say: the loss that is still no worse.",
        )
    options = CompareOptions(
        metric=metric,
        better=better or "",
        margin=margin,
        gain=gain,
        alpha=alpha,
        floor=floor,
        same_arm=aa,
        common=common,
    )
    if all(is_file(side) for side in sides):
        found = compare_files(sides[0], sides[1], options)
    else:
        found = open_workspace(ctx).compare_runs(sides[0], sides[1], options)
    _told(ctx, found, sides, require, form)


def is_file(side: str) -> bool:
    """Whether a side is a file, or at least no run's id or its first digits."""
    return Path(side).is_file() or re.fullmatch("(sha256:)?[0-9a-f]{6,64}", side) is None


def _told(
    ctx: click.Context, found: CompareResult, sides: Sequence[str], require: str, form: str
) -> None:
    why = _stops(found, require)
    ctx.obj["json"] = ctx.obj["json"] or form == "json"
    if ctx.obj["json"] or form == "text":
        say(ctx, contract(found), lines(found), ok=not why)
    else:
        print_findings(findings(found, sides, why), form)
    if why:
        raise BlockedProblem("candidate_stopped", why[0], why=" ".join(why[1:]))


def _stops(found: CompareResult, require: str) -> list[str]:
    """Why the candidate does not pass; empty when it does."""
    if found.noise is not None:
        clear = found.verdict in ("clearly better", "clearly worse")
        return [found.words] if clear else []
    why = [found.words] if found.verdict == "clearly worse" else []
    why += [f"Segment '{visible(name, SHOWN)}' is clearly worse." for name in found.vetoes]
    if require == "better" and found.verdict != "clearly better" and not why:
        why.append(f"Not shown to be better. {found.words}")
    shown = found.non_inferiority
    if require == "non_inferior" and shown is not None and not shown.passed:
        why.append(f"Not shown to be no worse: {shown.why}.")
    return why


def _project(ctx: click.Context, form: str) -> None:
    workspace = open_workspace(ctx)
    compared, floors = workspace.comparisons(), workspace.noise_floors()
    if not compared:
        raise BlockedProblem(
            "nothing_to_compare", "No tuned run to compare.", fix="tuneworthy eval run --tuned"
        )
    weak = [found for found in compared if not _good_enough(found)]
    broken = [one for found in compared for one in found.broken]
    if form == "text":
        lines_ = [*compared_lines(compared), *noise_lines(floors)]
        told = {"comparisons": compared, "noise": floors}
        say(ctx, told, lines_, ok=not (weak or broken))
    else:
        print_findings([_finding(found) for found in compared], form)
    if weak:
        raise BlockedProblem(
            "not_better",
            f"Against {weak[0].against_name} the tuned model is {weak[0].verdict}.",
            why=f"Difference {weak[0].delta}.",
        )
    if broken:
        raise BlockedProblem(
            "guard_broken",
            f"{broken[0].name.capitalize()}: {broken[0].why}.",
            why=" ".join(guard_lines(broken)).strip(),
            fix="Limits stand under 'guards' in tuneworthy.yaml; another limit is another suite.",
        )


def compared_lines(compared: Sequence[Comparison]) -> list[str]:
    """A line for each comparison of the project, and one for each of its guards."""
    return [
        line
        for found in compared
        for line in (_compared(found), *_primaries(found), *guard_lines(found.guards))
    ]


def _primaries(found: Comparison) -> list[str]:
    """How the p of a gain stands when all primary suites are looked at together."""
    if not found.primaries:
        return []
    tests = ", ".join(
        f"{one.name} {one.p_value:.2g} -> {one.p_holm:.2g}" for one in found.primaries
    )
    return [f"  {len(found.primaries)} primary suites, p of a gain after Holm: {tests}"]


def retrieval_lines(found: Comparison) -> list[str]:
    """What retrieved examples do for the tuned model, in words."""
    figures = (
        f"{found.delta.value * 100:+.1f} points (95 % interval {found.delta.low * 100:+.1f} to "
        f"{found.delta.high * 100:+.1f})"
    )
    if found.verdict == "clearly better":
        words = "clearly better than tuned alone: the examples still tell what was not learnt."
    elif found.verdict == "clearly worse":
        words = "clearly worse than tuned alone: serve it without."
    else:
        words = f"{found.verdict} beside tuned alone."
    return [f"Tuned with retrieval: {figures}, {words}"]


def _compared(c: Comparison) -> str:
    return (
        f"Against {c.against_name}: {c.delta.value * 100:+.1f} points "
        f"(95 % interval {c.delta.low * 100:+.1f} to {c.delta.high * 100:+.1f}, n = {c.delta.n}, "
        f"p = {c.p_value:.2g}); newly right {c.newly_right}, newly wrong {c.newly_wrong}: "
        f"{c.verdict}."
    )


def _good_enough(found: Comparison) -> bool:
    """Better than what was not tuned; of the version in production it is enough to be no worse."""
    if found.against_name.endswith(IN_PRODUCTION):
        return found.verdict in ("clearly better", "within noise")
    return found.verdict == "clearly better"


def _finding(found: Comparison) -> Finding:
    better = _good_enough(found) and not found.broken
    return Finding(
        code=f"against_{found.against_name}",
        severity="info" if better else "block",
        message=" ".join(compared_lines([found])),
        count=found.delta.n,
    )
