"""tuneworthy assess rubric: the rubric in force, or a check of one."""

from pathlib import Path

import click

from tuneworthy.cli.known_commands import command_fault
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.workspace import check_rubric, unknown_facts


@click.command(name="rubric")
@click.option(
    "--check",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check a rubric of your own; no project is needed.",
)
@click.pass_context
def rubric(ctx: click.Context, path: Path | None) -> None:
    """Print the rubric that the levels are judged by, as TOML."""
    if path is None:
        text = open_workspace(ctx).rubric()
        say(ctx, {"rubric": text}, [text.rstrip("\n")])
        return
    commands = check_rubric(path)
    faults = {id_: command_fault(command) for id_, command in commands.items() if command}
    warnings = unknown_facts(path)
    warnings += [
        f"{id_}: the command '{commands[id_]}' cannot be typed: {fault}"
        for id_, fault in faults.items()
        if fault
    ]
    say(
        ctx,
        {"file": path, "predicates": len(commands), "warnings": warnings},
        [
            f"{path}: no fault, {len(commands)} predicates.",
            *(f"  warning: {text}" for text in warnings),
        ],
    )
