"""tuneworthy eval aa: how much do scores change when the same model is asked again?"""

from collections.abc import Sequence

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.noise import NoiseRun


@click.command()
@click.option("--tuned", is_flag=True, help="Ask the tuned model again, and not the base.")
@click.pass_context
def aa(ctx: click.Context, tuned: bool) -> None:
    """Ask a model its cases again, last one first; exit 3 when its scores do not hold still.

    Without --tuned the base is asked with its best prompt. Nothing is read from memory. Where no
    answer changes, all that is noise is which cases stand in the suite.
    """
    found = open_workspace(ctx).noise_floor(tuned=tuned)
    say(ctx, found, [*noise_lines([found]), found.words], ok=found.holds_still)
    if not found.holds_still:
        raise BlockedProblem(
            "does_not_hold_still",
            found.words,
            why=noise_lines([found])[0],
            fix="See that the same model answers each time, and at temperature 0.",
        )


def noise_lines(found: Sequence[NoiseRun]) -> list[str]:
    """One line for each model that was asked twice."""
    return [_line(one) for one in found]


def _line(one: NoiseRun) -> str:
    asked = f"Noise: {one.arm}, {one.model}, asked twice"
    if not one.changed_answers:
        return f"{asked}: none of {one.n} answers changed."
    return (
        f"{asked}: {one.changed_answers} of {one.n} answers and {one.changed_scores} scores "
        f"changed; a difference up to {one.floor * 100:.1f} points may be no more than that."
    )
