"""tuneworthy data canaries: made-up rows to be trained on, and their answers found again."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.methods.canonical import short

SHOWN = 20


@click.group()
def canaries() -> None:
    """Plant made-up sentences in the training rows; find their answers in a text."""


@canaries.command()
@click.option("--count", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.pass_context
def plant(ctx: click.Context, count: int) -> None:
    """Build a dataset version with canaries in its training part."""
    workspace = open_workspace(ctx)
    version = workspace.build_data(canaries=count)
    lines = [
        f"Dataset {short(version.id)}: {count} canaries among {version.split.sizes['train']} "
        "training rows. Their answers are kept by digest alone.",
    ]
    if workspace.project.canaries != count:
        lines.append(
            f"Write 'canaries: {count}' into tuneworthy.yaml, or the next build is without them."
        )
    said = {"dataset": version.id, "canaries": [one.model_dump() for one in version.canaries]}
    say(ctx, said, lines)


@canaries.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """The canaries of the current version: their questions, and the answers' digests."""
    version = open_workspace(ctx).data()
    if not version.canaries:
        raise ConfigProblem(
            "no_canaries",
            f"Dataset {short(version.id)} has no canaries.",
            fix="tuneworthy data canaries plant",
        )
    cells = [[short(one.digest), one.prompt] for one in version.canaries[:SHOWN]]
    lines = table(["Answer", "Question"], cells)
    if len(version.canaries) > SHOWN:
        lines.append(f"and {len(version.canaries) - SHOWN} more; all of them with --json")
    said = {"dataset": version.id, "canaries": [one.model_dump() for one in version.canaries]}
    say(ctx, said, lines)


@canaries.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def find(ctx: click.Context, file: Path) -> None:
    """Which planted answers stand in FILE, any text in UTF-8, such as a model's answers."""
    found = open_workspace(ctx).find_canaries(file)
    lines = [f"{len(found.found)} of {found.planted} planted answers stand in {found.file}."]
    for digest, places in list(found.found.items())[:SHOWN]:
        lines.append(f"  {short(digest)}: line {', '.join(map(str, places[:5]))}")
    say(ctx, found, lines)
