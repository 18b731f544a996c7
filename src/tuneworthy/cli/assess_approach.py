"""tuneworthy assess approach: which way of tuning, and is the data of that kind?"""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.approach_check import ApproachCheck

_HELD = {True: "yes", False: "no", None: "unknown"}


@click.command()
@click.pass_context
def approach(ctx: click.Context) -> None:
    """The way of tuning for the goal, checked against the data."""
    check = open_workspace(ctx).approach()
    say(ctx, check, approach_lines(check))


def approach_lines(check: ApproachCheck) -> list[str]:
    """The chosen row with its requirements, then the table of all six."""
    chosen = check.chosen
    lines = [f"Goal {check.goal}: {chosen.approach} ({chosen.title.lower()})."]
    lines += table(
        ["Holds", "What", "Found", "Needed"],
        [[_HELD[r.held], r.text, r.found, r.needed] for r in chosen.requirements],
    )
    lines += [f"Missing: {text}" for text in check.missing] or ["Nothing is missing."]
    lines += check.notes
    lines += ["", "All needs:"]
    lines += table(
        ["Need", "Approach", "Data", "Compute", "Fits the data"],
        [
            [
                row.need + (" *" if row.need == check.goal else ""),
                row.approach,
                f"{row.minimum:,}{f' to {row.plenty:,}' if row.plenty else ' or more'} {row.unit}",
                row.compute,
                _HELD[row.fits],
            ]
            for row in (chosen, *check.others)
        ],
    )
    return lines
