"""tuneworthy eval replay and export: kept runs, without their models."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.replay import KeptCase, Replay

SHOWN = 10
"""Changed cases that are named."""


@click.command()
@click.argument("run")
@click.option("--metric", default="", help="Score by this metric instead of the suite's own.")
@click.option(
    "--choose-by",
    type=click.Choice(("sum", "bytes")),
    help="Choose again: by the probability of the whole choice, or for each of its bytes.",
)
@click.pass_context
def replay(ctx: click.Context, run: str, metric: str, choose_by: str | None) -> None:
    """Score the kept answers of RUN again. No model is asked.

    RUN is an id, its first digits, or a prompt's name. Exit 3 when the suite's own metric gives
    another score than was recorded.
    """
    found = open_workspace(ctx).replay(run, metric, choose_by)  # type: ignore[arg-type]
    broken = found.as_recorded and bool(found.changed)
    say(ctx, found, _lines(found), ok=not broken)
    if broken:
        raise IntegrityProblem(
            "scores_differ",
            f"{len(found.changed)} scores of {found.arm} are not what was recorded.",
            why="The answers are as they were kept; the metric or its options are not.",
            fix="tuneworthy eval run   (after an upgrade, under the metric of today)",
        )


@click.command()
@click.argument("run")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The file.")
@click.pass_context
def export(ctx: click.Context, run: str, out: Path) -> None:
    """Write RUN as a file of results, one case a line, as eval compare reads it."""
    count = open_workspace(ctx).export_run(run, out)
    say(ctx, {"path": out, "lines": count}, [f"{count} cases: {out}"])


def case_lines(kept: KeptCase) -> list[str]:
    """One case as lines: what was asked, wanted and answered."""
    result = kept.result
    flaws = " ".join(["cut off"] if result.cut_off else [])
    head = f"{kept.case.id}  score {result.score:g}  {result.error} {flaws}".rstrip()
    said = "(no answer)" if result.failed else result.output
    return [
        head,
        f"  request  {kept.case.request}",
        f"  expected {kept.case.expected}",
        f"  answer   {said}",
    ]


def _lines(found: Replay) -> list[str]:
    score, was = found.score, found.recorded
    lines = [
        f"{found.arm}: {found.metric.name} {score.value:.1%} (95 % interval {score.low:.1%} to "
        f"{score.high:.1%}, n = {score.n}), form {found.valid_share:.0%}"
    ]
    if not found.changed:
        return [*lines, "Every score is the recorded one."]
    word = "Not as recorded" if found.as_recorded else "Against the recorded scores"
    lines.append(f"{word}: {len(found.changed)} cases differ; recorded {was.value:.1%}.")
    lines += [f"  {c.case}: {c.recorded:g} -> {c.found:g}" for c in found.changed[:SHOWN]]
    if len(found.changed) > SHOWN:
        lines.append(f"  and {len(found.changed) - SHOWN} more")
    return lines
