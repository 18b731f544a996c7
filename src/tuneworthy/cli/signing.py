"""What commands share by which people sign something."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace
from tuneworthy.workspace import Workspace

BY = click.option("--by", required=True, metavar="PERSON", help="Who signs it.")
REASON = click.option("--reason", required=True, help="Why.")
KEY = click.option("--key", type=click.Path(path_type=Path), help="Their private key.")


def open_staffed(ctx: click.Context) -> Workspace:
    """The open workspace; whom its people file names are registered."""
    workspace = open_workspace(ctx)
    workspace.register_people()
    return workspace


def next_to_confirm(id_: str) -> str:
    """What a second person types to confirm a change."""
    return f"Next, by somebody else: tuneworthy people confirm {id_} --by PERSON --reason '...'"
