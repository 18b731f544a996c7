"""tuneworthy eval judge: models that judge, what sways them, and how far they agree with people."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.judge_lines import judged_lines
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.judging import AnswersJudged, PairsJudged
from tuneworthy.methods.lines import dump_lines
from tuneworthy.workspace import JudgeOptions


@click.group()
def judge() -> None:
    """Have a model judge answers, and hold it against people first."""


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "-o", "--out", type=click.Path(path_type=Path), help="Write every verdict, one a line."
        ),
        click.option(
            "--no-reference", is_flag=True, help="Do not show the judge the right answer."
        ),
        click.option(
            "--criteria", default="", metavar="FILE", help="What answers are rated by (YAML)."
        ),
        click.option("--judge", "name", default="", metavar="NAME", help="One of the project's."),
    ):
        command = option(command)
    return command


@judge.command(name="run")
@click.argument("source", metavar="FILE|RUN")
@click.argument("against", required=False, default="", metavar="[RUN]")
@_shared
@click.pass_context
def judge_run(ctx: click.Context, /, source: str, against: str, **given: Any) -> None:
    """Judge pairs or answers in FILE, the answers of RUN, or those of two runs side by side.

    A line of pairs is {"id": "1", "request": "...", "a": "...", "b": "..."}, with "reference"
    (the right answer), "verdicts" (people's: a, b or tie), "a_by" and "b_by" where there are any.
    Each pair is shown in both orders; only what both say is a verdict. A line of answers has
    "answer" in the place of "a" and "b", "scores" by criterion, and needs --criteria.

    What the judge said once is kept: a command that was stopped goes on where it was.
    """
    found = open_workspace(ctx).judge(source, against, _options(given))
    _say(ctx, found, given["out"], ok=True)


@judge.command()
@click.argument("file", metavar="[FILE]", default="")
@click.option("--from", "review", default="", metavar="REVIEW", help="A closed review.")
@_shared
@click.pass_context
def calibrate(ctx: click.Context, /, file: str, review: str, **given: Any) -> None:
    """Hold a judge against people's verdicts in FILE; exit 3 if it may not open a gate.

    FILE is as for eval judge run, with "verdicts" or "scores". With --from it is what people said
    in blind pairs or ratings of this project, by the criteria of the queue. The bar is `judge_bar`
    in tuneworthy.yaml, on at least 100 items. What is found is kept as evidence.
    """
    if bool(file) == bool(review):
        raise UsageProblem(
            "file_or_review",
            "People's verdicts are in a file or in a review; one of them is needed.",
            fix="tuneworthy eval judge calibrate FILE, or --from REVIEW",
        )
    work = open_workspace(ctx)
    options = _options(given)
    found = (
        work.calibrate_judge_from(review, options)
        if review
        else work.calibrate_judge(file, options)
    )
    _say(ctx, found, given["out"], ok=found.standing.ok)
    if not found.standing.ok:
        raise BlockedProblem(
            "judge_below_bar",
            f"The judge '{found.judge.name}' may not open a gate.",
            why=f"{found.standing.reason[:1].upper()}{found.standing.reason[1:]}.",
            fix="Take a better judge or clearer criteria, and at least 100 items people judged.",
        )


def _options(given: dict[str, Any]) -> JudgeOptions:
    return JudgeOptions(
        judge=given["name"], criteria=given["criteria"], reference=not given["no_reference"]
    )


def _say(
    ctx: click.Context, found: PairsJudged | AnswersJudged, out: Path | None, *, ok: bool
) -> None:
    lines = judged_lines(found)
    if out is not None:
        rows = found.verdicts if isinstance(found, PairsJudged) else found.scores
        try:
            out.write_bytes(dump_lines(rows))
        except OSError as fault:
            raise ConfigProblem(
                "cannot_write",
                f"{out} cannot be written: {fault.strerror}.",
                fix="Name a file in a folder that exists and is yours.",
            ) from fault
        lines.append(f"Wrote {out}.")
    say(ctx, found, lines, ok=ok)
