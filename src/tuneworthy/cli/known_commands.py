"""Whether a command line that somebody wrote down is one that this program understands."""

import contextlib
import io
import shlex

import click

from tuneworthy.cli.main import LazyGroup, cli, hoist_globals


def command_fault(line: str) -> str:
    """Why a command cannot be typed as it stands; empty when it can. Nothing is run."""
    try:
        words = shlex.split(line)
    except ValueError as fault:
        return f"cannot be read: {fault}"
    if words[:1] != ["tuneworthy"]:
        return "is no command of tuneworthy"
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return _fault(hoist_globals(words[1:]))
    except click.exceptions.Exit:
        return ""  # a command that only shows its help
    except click.ClickException as fault:
        return fault.format_message().splitlines()[0]


def _fault(words: list[str]) -> str:
    # With the program's own settings: click keeps what it learns of a command's help for later.
    with click.Context(cli, info_name="tuneworthy", **cli.context_settings) as top:
        # Global switches stand in front; what follows them is the command.
        _, rest, _ = cli.make_parser(top).parse_args(list(words))
        if not rest:
            return "names no command"
        name, *rest = rest
        command = LazyGroup().get_command(top, name)
        if command is None:
            return f"there is no command '{name}'"
        return _parsed(command, name, rest, top)


def _parsed(command: click.Command, name: str, rest: list[str], parent: click.Context) -> str:
    """Walk down the groups, then let the last command read its own words."""
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(parent, rest[0])
        if found is None:
            return f"there is no command '{name} {rest[0]}'"
        parent = click.Context(command, info_name=name, parent=parent)
        command, name, rest = found, rest[0], rest[1:]
    with command.make_context(name, list(rest), parent=parent):
        return ""
