"""What to say when the command line itself is wrong: the nearest name, or where the help is."""

import difflib
import re

import click

from tuneworthy.core.errors import UsageProblem

_NO_COMMAND = re.compile(r"No such command '(?P<name>.*?)'")


def usage_problem(fault: click.ClickException) -> UsageProblem:
    """The Problem behind a fault that click found."""
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    path = context.command_path if context else "tuneworthy"
    if context is not None and isinstance(context.command, click.Group):
        verbs = context.command.list_commands(context)
        group = path.removeprefix("tuneworthy").strip()
        if found := _NO_COMMAND.match(fault.message):
            near = difflib.get_close_matches(found["name"], verbs, 1)
            return UsageProblem(
                "no_such_command",
                f"There is no command '{group} {found['name']}'.",
                fix=f"{path} {near[0] if near else '--help'}",
            )
        if type(fault).__name__ == "NoArgsIsHelpError" or fault.message == "Missing command.":
            said = f"'{path}' needs a command: {', '.join(verbs)}."
            return UsageProblem("no_command", said, fix=f"{path} --help")
    return UsageProblem("usage", fault.format_message(), fix=f"{path} --help")
