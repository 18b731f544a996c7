"""tuneworthy programme: the phases of a roll-out programme."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.duties import CriterionState, PhaseState


@click.group()
def programme() -> None:
    """The phases of a roll-out programme."""


@programme.command()
@click.option("--print", "as_file", is_flag=True, help="Print the programme as a file.")
@click.pass_context
def show(ctx: click.Context, as_file: bool) -> None:
    """Every phase with the criteria to enter and to leave it, from evidence."""
    workspace = open_workspace(ctx)
    if as_file:
        click.echo(workspace.programme_text(), nl=False)
        return
    state = workspace.programme()
    lines = [line for number, one in enumerate(state.phases, 1) for line in _phase(number, one)]
    say(ctx, state, [*lines, state.text])


def _phase(number: int, one: PhaseState) -> list[str]:
    return [
        f"{number}. {one.title}: {one.state}",
        *[_criterion("enter", criterion) for criterion in one.entry],
        *[_criterion("leave", criterion) for criterion in one.exit],
    ]


def _criterion(side: str, one: CriterionState) -> str:
    return f"   {side}  {'yes' if one.met else 'no ':3}  {one.text} ({one.found})"
