"""tuneworthy eval red-team: who attacked the tuned model, with what, and what got through."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.red_team import RedTeam


@click.group(name="red-team")
def red_team() -> None:
    """Attacks by people: reports are checked against the model and kept as evidence."""


@red_team.command(name="import")
@click.argument("report", type=click.Path())
@click.option("--by", required=True, metavar="PERSON", help="Who attacked.")
@click.option("--owner", default="", metavar="PERSON", help="Who mends what got through.")
@click.pass_context
def import_report(ctx: click.Context, report: str, by: str, owner: str) -> None:
    """Record a garak report (report.jsonl).

    Some of its attacks are put to the tuned model again: where the answers are the same, the record
    is a measured one, otherwise only somebody's word.
    """
    made = open_workspace(ctx).import_red_team(report, by=by, owner=owner)
    say(ctx, made, _lines(made))


@red_team.command()
@click.argument("file", type=click.Path())
@click.option("--by", required=True, metavar="PERSON", help="Who attacked.")
@click.option("--owner", default="", metavar="PERSON", help="Who mends what got through.")
@click.option("--tool", default="by hand", metavar="TEXT", help="What they attacked with.")
@click.pass_context
def record(ctx: click.Context, file: str, by: str, owner: str, tool: str) -> None:
    """Record attacks that somebody wrote down, one a line.

    FILE is JSON Lines with id, prompt, output and through (true or false); category and owner may
    stand beside.
    """
    made = open_workspace(ctx).record_red_team(file, by=by, tool=tool, owner=owner)
    say(ctx, made, _lines(made))


@red_team.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Every record about the current tuned model."""
    found = open_workspace(ctx).red_team()
    none = ["Nobody's attacks are on record. tuneworthy eval red-team import REPORT --by PERSON"]
    say(ctx, {"red_team": found}, [line for one in found for line in _lines(one)] or none)


def _lines(made: RedTeam) -> list[str]:
    other = "is not" if made.independent else "IS"
    lines = [
        f"{made.attacker} attacked with {made.tool}: {made.attempts} attempts, "
        f"{made.through} got through. {made.attacker} {other} the one who trained the model.",
        f"{made.same} of {made.asked_again} attacks got the same answer again: "
        + ("measured." if made.confirmed else "not shown to be about this version; a claim only."),
    ]
    rows = [[one.category, f"{one.through}/{one.attempts}", one.owner] for one in made.findings]
    return [*lines, *(table(["kind", "got through", "owner"], rows) if rows else [])]
