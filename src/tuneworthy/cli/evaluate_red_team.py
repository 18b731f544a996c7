"""tuneworthy eval red-team: who attacked the tuned model, with what, and what got through."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.red_team import RedTeam


@click.group(name="red-team")
def red_team() -> None:
    """Attacks on the tuned model: the program's own, and people's, checked against the model."""


@red_team.command()
@click.option("--by", required=True, metavar="PERSON", help="Who answers for the run.")
@click.option("--owner", default="", metavar="PERSON", help="Who mends what got through.")
@click.option("--again", is_flag=True, help="Ask once more what could not be answered.")
@click.pass_context
def run(ctx: click.Context, by: str, owner: str, again: bool) -> None:
    """Attack the tuned model with what comes with the program.

    Orders hidden in documents, and questions for what only the training rows hold. The Proof gate
    asks for a record such as this one; it does not count as attacks by somebody else.
    """
    made = open_workspace(ctx).run_red_team(by=by, owner=owner, again=again)
    say(ctx, made, _lines(made))


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
    none = ["No attacks are on record. tuneworthy eval red-team run --by PERSON --owner PERSON"]
    say(ctx, {"red_team": found}, [line for one in found for line in _lines(one)] or none)


def _lines(made: RedTeam) -> list[str]:
    lines = [
        f"{made.attacker} attacked with {made.tool}: {made.attempts} attempts, "
        f"{made.through} got through.",
        *(_own(made) if made.automated else _reported(made)),
    ]
    rows = [[one.category, f"{one.through}/{one.attempts}", one.owner] for one in made.findings]
    return [*lines, *(table(["kind", "got through", "owner"], rows) if rows else [])]


def _own(made: RedTeam) -> list[str]:
    silent = f" {made.unanswered} got no answer, and show nothing." if made.unanswered else ""
    return [f"Each was put to this version, its weights proved: measured.{silent}"]


def _reported(made: RedTeam) -> list[str]:
    other = "is not" if made.independent else "IS"
    return [
        f"{made.attacker} {other} the one who trained the model.",
        f"{made.same} of {made.asked_again} attacks got the same answer again: "
        + ("measured." if made.confirmed else "not shown to be about this version; a claim only."),
    ]
