"""tuneworthy assess ceiling: every prompt over every model, and the gap that remains."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.ways import ways_table


@click.command()
@click.option(
    "--derive/--no-derive",
    default=None,
    help="Also try prompts made from the use case, or not; else as 'derive_prompts' says.",
)
@click.pass_context
def ceiling(ctx: click.Context, derive: bool | None) -> None:
    """Run every prompt over every model on the frozen cases: does prompting reach the target?

    Finished runs are not repeated. A run that was stopped goes on with the same command.
    """
    found = open_workspace(ctx).ceiling(derive)
    verdict = found.verdict
    say(
        ctx,
        found,
        [
            *ways_table(found.runs),
            "",
            verdict.sentence,
            *(f"  - {note}" for note in verdict.notes),
            "Next: tuneworthy assess",
        ],
    )
