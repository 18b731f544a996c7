"""tuneworthy duties: what comes round daily, weekly, monthly and quarterly, and who has done it."""

from collections.abc import Sequence
from pathlib import Path

import click

from tuneworthy.cli.gate_words import in_force
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.signing import BY, KEY, takes_two
from tuneworthy.core.nouns.duties import DutyNote, DutyState

PERIOD = click.option("--period", "periods", multiple=True, help="Which; may be given again.")


@click.group()
def duties() -> None:
    """What comes round daily, weekly, monthly and quarterly."""


@duties.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Settled tasks too.")
@click.option("--plan", "as_file", is_flag=True, help="Print the plan in force as a file.")
@click.pass_context
def list_(ctx: click.Context, everything: bool, as_file: bool) -> None:
    """Open tasks, those that escalated first; nothing is changed by looking."""
    workspace = open_workspace(ctx)
    if as_file:
        click.echo(workspace.duty_plan_text(), nl=False)
        return
    found, summary = workspace.duties(), workspace.duty_summary()
    shown = [one for one in found if everything or one.state in ("assigned", "escalated")]
    shown.sort(key=lambda one: one.state != "escalated")
    lines = [line for one in shown for line in _lines(one)]
    lines.append(f"Duties: {summary.text}." if summary else "No duty has begun.")
    say(ctx, {"duties": shown, "summary": summary}, lines)


@duties.command()
@takes_two("duties.toml")
@click.pass_context
def plan(
    ctx: click.Context, propose: bool, confirm: bool, by: str, reason: str, key: Path | None
) -> None:
    """Which plan of duties counts; a duties.toml that asks for less takes two signatures."""
    workspace = open_workspace(ctx)
    if propose or confirm:
        workspace.register_people()
    if propose:
        workspace.propose_duties(by, reason, key)
    if confirm:
        workspace.confirm_duties(by, reason, key)
    state = workspace.duty_plan()
    say(ctx, state, in_force(state, "duties.toml"))


@duties.command()
@click.pass_context
def due(ctx: click.Context) -> None:
    """Raise what has come due as tasks, alert whom it escalates to; the gateway does it hourly."""
    workspace = open_workspace(ctx)
    made, summary = workspace.raise_duties(), workspace.duty_summary()
    say(
        ctx,
        {"raised": made, "summary": summary},
        [
            f"Raised {_count(made.tasks, 'task')} and {_count(made.alerts, 'alert')}, "
            f"closed {_count(made.closed, 'alert')}.",
            f"Duties: {summary.text}." if summary else "No duty has begun.",
        ],
    )


@duties.command()
@click.argument("duty")
@BY
@click.option("--note", "reason", required=True, help="What was done and found.")
@PERIOD
@click.option("--evidence", default="", metavar="ID", help="Evidence that came after the period.")
@KEY
@click.pass_context
def done(
    ctx: click.Context,
    duty: str,
    by: str,
    reason: str,
    periods: tuple[str, ...],
    evidence: str,
    key: Path | None,
) -> None:
    """Sign that a task of DUTY is done."""
    workspace = open_workspace(ctx)
    made = [
        workspace.duty_done(duty, by, reason, period=one, evidence=evidence, key=key)
        for one in periods or ("",)
    ]
    _said(ctx, made)


@duties.command()
@click.argument("duty")
@BY
@click.option("--reason", required=True, help="Why it need not be done.")
@PERIOD
@KEY
@click.pass_context
def skip(
    ctx: click.Context,
    duty: str,
    by: str,
    reason: str,
    periods: tuple[str, ...],
    key: Path | None,
) -> None:
    """Sign that a task of DUTY need not be done; for whom it escalates to."""
    workspace = open_workspace(ctx)
    _said(
        ctx,
        [workspace.duty_skipped(duty, by, reason, period=one, key=key) for one in periods or ("",)],
    )


def _said(ctx: click.Context, made: Sequence[DutyNote]) -> None:
    lines = [f"{' '.join(one.task.split('/')[-2:])}: {one.outcome}, by {one.by}." for one in made]
    say(ctx, {"notes": made}, lines)


def _lines(one: DutyState) -> list[str]:
    task = one.task
    whose = ", ".join(one.people) or "nobody"
    head = f"{one.state:9} {task.duty} {task.period}, {task.role.value.replace('_', ' ')} ({whose})"
    if one.said:
        late = ", late" if one.late else ""
        return [head, f"          {one.settled_at[:16]}{late}: {one.said}"]
    return [head + f", due {task.due_at[:16]}", f"          {task.what}", f"          {task.do}"]


def _count(items: Sequence[str], name: str) -> str:
    return f"{len(items)} {name}{'' if len(items) == 1 else 's'}"
