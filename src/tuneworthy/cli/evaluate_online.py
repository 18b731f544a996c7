"""tuneworthy eval online: the suite's scores beside live ones."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.review_lines import online_lines
from tuneworthy.core.nouns.online import Source


@click.command()
@click.option("--source", type=click.Choice(["check", "user", "override"]), default="check",
              help="Whose word on live answers counts.")  # fmt: skip
@click.pass_context
def online(ctx: click.Context, source: Source) -> None:
    """Does the score on the frozen suite foretell live scores? Kept as evidence."""
    found = open_workspace(ctx).online_agreement(source)
    say(ctx, found, online_lines(found))
