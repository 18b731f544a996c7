"""tuneworthy retention: what is due when, deleting it, and legal holds."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.nouns.retention import Due, LegalHold
from tuneworthy.core.nouns.sealing import SealState
from tuneworthy.methods.visible import visible


@click.group()
def retention() -> None:
    """How long things are kept, and what must be kept in spite of that."""


@retention.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Everything that has a day on which it is deleted, and every hold."""
    workspace = open_workspace(ctx)
    due, holds, kept = workspace.retention_due(), workspace.holds(), workspace.seal_state()
    cells = [
        [one.due, one.kind, visible(one.id, 40), str(one.count), one.since, _state(one)]
        for one in due
    ]
    names = ["Due", "What", "Which", "Count", "Since", "Now"]
    lines = table(names, cells) if cells else ["Nothing is kept yet."]
    lines += [*map(_hold_line, holds), _kept_line(kept), *kept.notes]
    say(ctx, {"due": due, "holds": holds, "traffic": kept}, lines)


@retention.command()
@click.pass_context
def run(ctx: click.Context) -> None:
    """Delete what is due and not held. The gateway does so too, on the monitor's schedule."""
    workspace = open_workspace(ctx)
    deleted = workspace.apply_retention()
    lines = [f"Deleted: {one.kind} {one.id} ({one.count}), due since {one.due}." for one in deleted]
    say(ctx, {"deleted": deleted}, lines or ["Nothing is due."])


@retention.command()
@click.pass_context
def seal(ctx: click.Context) -> None:
    """Seal traffic that was recorded before there were keys. May be done again."""
    done = open_workspace(ctx).seal_traffic()
    said = f"Sealed {done} recorded rows." if done else "All recorded rows are sealed."
    say(ctx, {"sealed": done}, [said])


@retention.command()
@click.option("--reason", required=True, help="Why; without naming a person.")
@by
@click.pass_context
def renew_keys(ctx: click.Context, reason: str, person: str) -> None:
    """Go on with other keys when those of recorded traffic are lost for good.

    The keys that lie where the project says are taken; if none do, new ones are made. Rows under
    keys that are not there can never be read again: `retention run` takes them out.
    """
    lost = open_workspace(ctx).renew_keys(person_of(ctx, person), reason)
    said = f"{lost} keys are given up." if lost else "No key that a row needs is missing."
    say(ctx, {"given_up": lost}, [said])


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


def _kept_line(kept: SealState) -> str:
    return f"Recorded traffic: {kept.sealed} rows sealed under {kept.keys} keys ({kept.place})."


def _hold_line(one: LegalHold) -> str:
    what = "a person" if one.what == "subject" else visible(one.ref, 40)
    since = f"by {one.person} since {one.created_at[:10]}"
    return f"Hold {one.id} on {what}, {since}: {visible(one.reason, 200)}"
