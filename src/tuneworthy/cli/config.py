"""tuneworthy config: show, check, schema."""

import json
from pathlib import Path

import click

import tuneworthy
from tuneworthy.cli.render import open_workspace, say, shown


@click.group()
def config() -> None:
    """Show and check tuneworthy.yaml."""


@config.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the project file and the files beside it; every fault with its place."""
    workspace = open_workspace(ctx)
    workspace.check_files()
    path = workspace.folder / "tuneworthy.yaml"
    say(ctx, {"file": path}, [f"{path}: no fault."])


@config.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Every setting with the value in force, defaults included."""
    project = open_workspace(ctx).project
    lines = json.dumps(project.model_dump(mode="json"), indent=2, ensure_ascii=False).splitlines()
    say(ctx, project, lines)


@config.command()
@click.option("-o", "path", type=click.Path(path_type=Path), help="Write it to a file.")
def schema(path: Path | None) -> None:
    """The JSON Schema of tuneworthy.yaml, for editors."""
    text = json.dumps(tuneworthy.json_schema(), indent=2)
    if path:
        path.write_text(text + "\n", encoding="utf-8")
    else:
        click.echo(shown(text))
