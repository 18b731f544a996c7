"""tuneworthy data drill: what would the screens stop of known poison?"""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.poison_drill import PoisonDrill


@click.command()
@click.pass_context
def drill(ctx: click.Context) -> None:
    """Plant known poison into copies of the dataset, and tell what the checks block.

    Each attack is planted by itself: 2 % of the rows, 10 at least. "As added": the planted rows
    come in with a new version, beside honest new rows. "Alone": nothing tells new rows from old
    ones. A miss is no error: it says what these checks cannot see in rows like yours.
    """
    found = open_workspace(ctx).drill_poison()
    say(ctx, found, drill_lines(found))


def drill_lines(found: PoisonDrill) -> list[str]:
    """A line for each attack, and how many were blocked."""
    cells = [
        [one.name, str(one.rows), f"{one.added:.0%}", f"{one.alone:.0%}", one.about]
        for one in found.attacks
        if one.rows
    ]
    left = [one.name for one in found.attacks if not one.rows]
    return [
        *table(["Attack", "Rows", "As added", "Alone", "What was done"], cells),
        *([f"No place for: {', '.join(left)}."] if left else []),
        f"Blocked {found.blocked} of {found.planted} attacks when the rows were added to a "
        f"version, {found.blocked_alone} where nothing tells new rows from old.",
    ]
