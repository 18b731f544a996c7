"""tuneworthy eval: alternatives first, then the tuned model, on the same frozen cases."""

from collections.abc import Sequence

import click

from tuneworthy.cli.evaluate_metrics import metrics, score
from tuneworthy.cli.findings import FORMATS, print_findings
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.ways import ways_table
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.run import Comparison


@click.group(name="eval")
def evaluate() -> None:
    """Measure alternatives and the tuned model on frozen cases."""


evaluate.add_command(metrics)
evaluate.add_command(score)


@evaluate.command()
@click.option("--tuned", is_flag=True, help="Judge the tuned model too.")
@click.pass_context
def run(ctx: click.Context, tuned: bool) -> None:
    """Run every alternative; with --tuned the tuned model as well."""
    workspace = open_workspace(ctx)
    runs = workspace.run_alternatives()
    if not tuned:
        say(ctx, {"alternatives": runs}, [*ways_table(runs), "Next: tuneworthy assess"])
        return
    judged, compared = workspace.evaluate()
    say(
        ctx,
        {"alternatives": runs, "tuned": judged, "comparisons": compared},
        [*ways_table([judged, *runs]), *_compared(compared), "Next: tuneworthy gate show proof"],
    )


@evaluate.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """The finished runs of the current suite."""
    workspace = open_workspace(ctx)
    tuned = workspace.tuned()
    runs = [*([tuned] if tuned else []), *workspace.alternatives()]
    say(ctx, {"runs": runs}, ways_table(runs) if runs else ["Nothing was run. tuneworthy eval run"])


@evaluate.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="For CI.")
@click.pass_context
def compare(ctx: click.Context, form: str) -> None:
    """The tuned model against the alternatives; exit 3 when it is worse or not better."""
    compared = open_workspace(ctx).comparisons()
    if not compared:
        raise BlockedProblem(
            "nothing_to_compare", "No tuned run to compare.", fix="tuneworthy eval run --tuned"
        )
    weak = [found for found in compared if found.verdict != "clearly better"]
    if form == "text":
        say(ctx, {"comparisons": compared}, _compared(compared), ok=not weak)
    else:
        print_findings([_finding(found) for found in compared], form)
    if weak:
        raise BlockedProblem(
            "not_better",
            f"Against {weak[0].against_name} the tuned model is {weak[0].verdict}.",
            why=f"Difference {weak[0].delta}.",
        )


def _compared(compared: Sequence[Comparison]) -> list[str]:
    return [
        f"Against {c.against_name}: {c.delta.value * 100:+.1f} points "
        f"(95 % interval {c.delta.low * 100:+.1f} to {c.delta.high * 100:+.1f}, n = {c.delta.n}, "
        f"p = {c.p_value:.2g}); newly right {c.newly_right}, newly wrong {c.newly_wrong}: "
        f"{c.verdict}."
        for c in compared
    ]


def _finding(found: Comparison) -> Finding:
    better = found.verdict == "clearly better"
    return Finding(
        code=f"against_{found.against_name}",
        severity="info" if better else "block",
        message=_compared([found])[0],
        count=found.delta.n,
    )
