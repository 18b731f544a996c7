"""status, next, trace, report."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from tuneworthy.cli.findings import stop_when_blocked
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.train import tell_unnamed
from tuneworthy.core.errors import NeedsPersonProblem, UsageProblem
from tuneworthy.core.nouns.lineage import Recall
from tuneworthy.core.nouns.report import LINEAGE
from tuneworthy.methods.canonical import short


@click.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Where the project stands, and what is next."""
    where = open_workspace(ctx).status()
    say(
        ctx,
        where,
        [
            f"{where.project}: {where.stage}",
            f"  {where.said}",
            *([f"  Duties: {where.duties}."] if where.duties else []),
            *(f"  {one}" for one in where.tainted),
            *(f"  Traffic: {one}" for one in where.traffic),
            f"Next: {where.next_command}",
            *(f"  {one} (tuneworthy notices --send)" for one in where.not_told),
        ],
    )


@click.command(name="next")
@click.pass_context
def next_step(ctx: click.Context) -> None:
    """Do the next safe step; what a person must decide is left to them (exit 4)."""
    workspace = open_workspace(ctx)
    where = workspace.status()
    steps: dict[str, Callable[[], object]] = {
        "tuneworthy data build": workspace.build_data,
        "tuneworthy eval run": workspace.run_alternatives,
        "tuneworthy assess ceiling --derive": partial(workspace.ceiling, True),
        "tuneworthy train plan": workspace.estimate,
        "tuneworthy train start": workspace.train,
        "tuneworthy eval run --tuned": workspace.evaluate,
        "tuneworthy drift check": workspace.check_drift,
    }
    work = steps.get(where.next_command)
    if work is None:
        raise NeedsPersonProblem("needs_person", where.said, fix=where.next_command)
    told = tell_unnamed(ctx, workspace) if where.next_command == "tuneworthy train start" else ()
    work()
    if where.next_command == "tuneworthy data build":
        stop_when_blocked(workspace.data().planted)
    after = workspace.status()
    done = where.next_command
    say(
        ctx,
        {"did": done, "now": after, "warnings": told},
        [f"Did: {done}", f"Next: {after.next_command}"],
    )


@click.command()
@click.argument("response", required=False)
@click.option("--data", "asked", help="The way down: a dataset version, a record, or source:line.")
@click.pass_context
def trace(ctx: click.Context, response: str | None, asked: str | None) -> None:
    """Walk from RESPONSE (the id in a gateway's answer) to data, training and approvers.

    With --data, from data to every model version and response that may rest on it.
    """
    if (response is None) == (asked is None):
        raise UsageProblem(
            "one_end",
            "Give one end to walk from: RESPONSE, or --data.",
            fix="tuneworthy trace chatcmpl-...   or: tuneworthy trace --data current",
        )
    if asked is not None:
        found = open_workspace(ctx).recall(asked)
        say(ctx, {**found.model_dump(mode="json"), "lineage": LINEAGE}, _recalled(found))
        return
    steps = open_workspace(ctx).trace(str(response))
    lines = [f"  {s.status:9} {s.label:22} {s.value}" for s in steps]
    say(ctx, {"response": response, "steps": steps, "lineage": LINEAGE}, [*lines, LINEAGE])


def _recalled(found: Recall) -> list[str]:
    lines = [f"  dataset version {short(name)}" for name in found.datasets]
    lines += [f"  model version {name}" for name in found.versions]
    cells = [[w.version, w.arm, w.first[:19], w.last[:19], str(w.responses)] for w in found.windows]
    lines += table(["Version", "Arm", "From", "To", "Responses"], cells) if cells else []
    return [*lines, f"{found.responses} responses in all.", LINEAGE]


@click.command()
@click.option("-o", "path", type=click.Path(path_type=Path), default=Path("report.html"))
@click.option("--trace", "response", default="", help="Trace this response in the report.")
@click.option("--summary", type=click.Path(path_type=Path), help="Write the figures as JSON too.")
@click.pass_context
def report(ctx: click.Context, path: Path, response: str, summary: Path | None) -> None:
    """Write the report as one HTML file without scripts."""
    from tuneworthy.web.report import render_report

    workspace = open_workspace(ctx)
    found = workspace.report(trace_response=response)
    page = render_report([found])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    if summary:
        text = json.dumps(workspace.summary(found), indent=1, ensure_ascii=False)
        summary.write_text(text + "\n", encoding="utf-8")
    size = len(page.encode()) // 1000
    say(
        ctx,
        {"file": path, "bytes": len(page.encode()), "verdict": found.verdict_sentence},
        [found.verdict_sentence, f"Wrote {path} ({size} kB, opens offline)."],
    )
