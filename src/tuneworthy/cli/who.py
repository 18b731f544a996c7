"""Which person a command acts for."""

import click

from tuneworthy.core.errors import UsageProblem

by = click.option("--by", "person", default="", metavar="PERSON", help="Who does it.")
"""The switch that every command of a person has."""


def person_of(ctx: click.Context, person: str) -> str:
    """The person named with --by, or else with --as. Raises UsageProblem."""
    found = person or ("" if ctx.obj["actor"] == "local" else str(ctx.obj["actor"]))
    if not found:
        raise UsageProblem(
            "nobody_named",
            "Nobody is named as the one who does it.",
            why="Every label is some named person's.",
            fix=f"{ctx.command_path} ... --by PERSON (tuneworthy people list)",
        )
    return found
