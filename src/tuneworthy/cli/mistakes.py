"""What to say when the command line itself is wrong: the nearest name, or where the help is."""

import click

from tuneworthy.core.errors import UsageProblem


def usage_problem(fault: click.ClickException) -> UsageProblem:
    """The Problem behind a fault that click found."""
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    path = context.command_path if context else "tuneworthy"
    group = context is not None and isinstance(context.command, click.Group)
    if isinstance(fault, click.NoSuchCommand):
        near = fault.possibilities[0] if fault.possibilities else "--help"
        name = f"{path.removeprefix('tuneworthy').strip()} {fault.command_name}".strip()
        return UsageProblem(
            "no_such_command", f"There is no command '{name}'.", fix=f"{path} {near}"
        )
    if isinstance(fault, click.exceptions.NoArgsIsHelpError) and context and group:
        verbs = ", ".join(context.command.list_commands(context))
        return UsageProblem(
            "no_command", f"'{path}' needs a command: {verbs}.", fix=f"{path} --help"
        )
    return UsageProblem("usage", fault.format_message(), fix=f"{path} --help")
