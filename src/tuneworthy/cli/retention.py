"""tuneworthy retention: what is due when, deleting it, and legal holds."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.nouns.retention import Due, LegalHold
from tuneworthy.methods.visible import visible


@click.group()
def retention() -> None:
    """How long things are kept, and what must be kept in spite of that."""


@retention.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Everything that has a day on which it is deleted, and every hold."""
    workspace = open_workspace(ctx)
    due, holds = workspace.retention_due(), workspace.holds()
    cells = [
        [one.due, one.kind, visible(one.id, 40), str(one.count), one.since, _state(one)]
        for one in due
    ]
    names = ["Due", "What", "Which", "Count", "Since", "Now"]
    lines = table(names, cells) if cells else ["Nothing is kept yet."]
    say(ctx, {"due": due, "holds": holds}, [*lines, *map(_hold_line, holds)])


@retention.command()
@click.pass_context
def run(ctx: click.Context) -> None:
    """Delete what is due and not held. The gateway does so too, on the monitor's schedule."""
    workspace = open_workspace(ctx)
    deleted = workspace.apply_retention()
    lines = [f"Deleted: {one.kind} {one.id} ({one.count}), due since {one.due}." for one in deleted]
    say(ctx, {"deleted": deleted}, lines or ["Nothing is due."])


@retention.command()
@click.argument("name", metavar="SUBJECT|VERSION")
@click.option("--version", "is_version", is_flag=True, help="NAME is a dataset or model version.")
@click.option("--reason", required=True, help="Why; without naming a person.")
@by
@click.pass_context
def hold(ctx: click.Context, name: str, is_version: bool, reason: str, person: str) -> None:
    """Forbid to delete a person's rows or a version, until the hold is released."""
    made = open_workspace(ctx).hold(name, person_of(ctx, person), reason, version=is_version)
    say(ctx, made, [_hold_line(made)])


@retention.command()
@click.argument("name", metavar="HOLD|SUBJECT|VERSION")
@click.option("--reason", required=True, help="Why.")
@by
@click.pass_context
def release(ctx: click.Context, name: str, reason: str, person: str) -> None:
    """End a hold."""
    ended = open_workspace(ctx).release_hold(name, person_of(ctx, person), reason)
    say(ctx, ended, [f"Hold {ended.id} was released by {ended.released_by}."])


def _state(one: Due) -> str:
    if one.held:
        return f"kept: {one.held}"
    if one.what == "record":
        return "shown when due, never deleted"
    return "due: tuneworthy retention run" if one.over else "kept"


def _hold_line(one: LegalHold) -> str:
    what = "a person" if one.what == "subject" else visible(one.ref, 40)
    since = f"by {one.person} since {one.created_at[:10]}"
    return f"Hold {one.id} on {what}, {since}: {visible(one.reason, 200)}"
