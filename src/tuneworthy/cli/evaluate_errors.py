"""tuneworthy eval errors and eval diff: what fails, what newly breaks, and both answers."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.diff_lines import diff_lines, markdown
from tuneworthy.cli.evaluate_compare import is_file
from tuneworthy.cli.failure_lines import failure_lines
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.workspace import (
    DiffOptions,
    FailureOptions,
    analyse_files,
    diff_files,
)

_PASS = click.option(
    "--pass-at",
    type=float,
    help="The score from which a case passes.  [1 where all are 0 or 1, else 0.5]",
)
_HTML = click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write one HTML file without scripts too.",
)


@click.command()
@click.argument("run", required=False, default="")
@click.option("--against", default="", metavar="RUN", help="Tell what is newly broken and fixed.")
@_PASS
@click.option("--no-embeddings", is_flag=True, help="Tell likeness by letters alone; quicker.")
@_HTML
@click.pass_context
def errors(
    ctx: click.Context,
    run: str,
    against: str,
    pass_at: float | None,
    no_embeddings: bool,
    page: Path | None,
) -> None:
    """What RUN gets wrong: kinds, clusters, segments, lengths, labels, tool calls.

    RUN is a run's id, or a file of lines {"id": "a1", "score": 0, "output": "..."}, with
    "request", "expected", "segment" and "error" where there are any; a file needs no project.
    Without RUN: the tuned model's run, against the base's. What is found is kept as evidence.
    """
    options = FailureOptions(pass_at=pass_at, embeddings=not no_embeddings)
    if run and is_file(run) and (not against or is_file(against)):
        found = analyse_files(run, against or None, options)
    else:
        found = open_workspace(ctx).failures(run, against, options)
    lines = failure_lines(found)
    result: dict[str, Any] = found.model_dump()
    if page is not None:
        from tuneworthy.web.failures import render_failures

        _write(page, render_failures(found))
        result["file"] = str(page)
        lines += ["", f"Wrote {page} (opens offline)."]
    say(ctx, result, lines)


@click.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--case", default="", metavar="ID", help="One case alone.")
@click.option(
    "--only",
    type=click.Choice(["broken", "fixed", "changed"]),
    default="changed",
    help="Which cases; changed: another text or another score.",
)
@click.option("--most", type=click.IntRange(min=1), default=20, help="How many cases.  [20]")
@_PASS
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown"]), default="text", help="[text]"
)
@click.option("--color/--no-color", "colour", default=None, help="[colour on a terminal]")
@_HTML
@click.pass_context
def diff(
    ctx: click.Context,
    /,
    base: str,
    candidate: str,
    form: str,
    colour: bool | None,
    page: Path | None,
    **choice: Any,
) -> None:
    """The answers of two runs word by word, each beside what was expected.

    BASE and CANDIDATE are ids of runs, or files as for eval errors. What an answer lacks stands in
    [-...-] or red, what it has too much in {+...+} or green.
    """
    options = DiffOptions(**choice)
    if is_file(base) and is_file(candidate):
        found = diff_files(base, candidate, options)
    else:
        found = open_workspace(ctx).diff_runs(base, candidate, options)
    if page is not None:
        from tuneworthy.web.failures import render_diff

        _write(page, render_diff(found))
    if ctx.obj["json"]:
        say(ctx, found, [])
        return
    colour = _wanted() if colour is None else colour
    if form == "markdown":
        click.echo(markdown(found), nl=False)
    else:
        # Every text in the lines was made harmless before any colour was put around it.
        click.echo("\n".join(diff_lines(found, colour=colour)), color=colour)
    if page is not None:
        click.echo(f"Wrote {page} (opens offline).", err=form == "markdown")


def _wanted() -> bool:
    """Colour on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb."""
    plain = os.environ.get("NO_COLOR", "") != "" or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def _write(path: Path, page: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as fault:
        raise ConfigProblem(
            "cannot_write",
            f"{path} cannot be written.",
            why=fault.strerror or type(fault).__name__,
            fix="Name a file in a folder where you may write: --html FILE",
        ) from None
