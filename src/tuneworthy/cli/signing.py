"""What commands share by which people sign something."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tuneworthy.cli.render import open_workspace
from tuneworthy.workspace import Workspace

BY = click.option("--by", required=True, metavar="PERSON", help="Who signs it.")
REASON = click.option("--reason", required=True, help="Why.")
KEY = click.option("--key", type=click.Path(path_type=Path), help="Their private key.")

F = TypeVar("F", bound=Callable[..., Any])


def takes_two(file: str) -> Callable[[F], F]:
    """The options by which two people take up a file of rules that asks for less than before."""

    def with_options(command: F) -> F:
        for option in (
            KEY,
            click.option("--reason", default="", help="Why."),
            click.option("--by", default="", metavar="PERSON", help="Who signs."),
            click.option("--confirm", is_flag=True, help="Sign it as the second person."),
            click.option("--propose", is_flag=True, help=f"Sign a {file} that asks for less."),
        ):
            command = option(command)
        return command

    return with_options


def open_staffed(ctx: click.Context) -> Workspace:
    """The open workspace; whom its people file names are registered."""
    workspace = open_workspace(ctx)
    workspace.register_people()
    return workspace


def next_to_confirm(id_: str) -> str:
    """What a second person types to confirm a change."""
    return f"Next, by somebody else: tuneworthy people confirm {id_} --by PERSON --reason '...'"
