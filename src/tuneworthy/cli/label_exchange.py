"""tuneworthy label weak, export and import."""

import json
from pathlib import Path

import click

from tuneworthy.cli.label_lines import weak_lines
from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.errors import UsageProblem


@click.command()
@click.argument("queue")
@click.argument("functions", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the labels as JSONL.")
@click.pass_context
def weak(ctx: click.Context, queue: str, functions: Path, out: Path | None) -> None:
    """Labels by the labelling functions in a YAML file, and how far each may be trusted."""
    found = open_workspace(ctx).weak_labels(queue, functions)
    lines = weak_lines(found)
    if out is not None:
        if out.exists():
            raise UsageProblem("file_exists", f"{out} exists.", fix="Name another file: -o FILE")
        rows = [json.dumps(one.model_dump(), ensure_ascii=False) + "\n" for one in found.labels]
        out.write_text("".join(rows), encoding="utf-8")
        lines.append(f"Wrote {len(rows)} labels to {out}.")
    say(ctx, found, lines)


@click.command()
@click.argument("queue")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR",
              help="The folder to write into.")  # fmt: skip
@click.pass_context
def export(ctx: click.Context, queue: str, folder: Path) -> None:
    """Write QUEUE.tasks.json and QUEUE.config.xml for Label Studio."""
    made = open_workspace(ctx).export_labels(queue, folder)
    lines = [
        f"Wrote {made.items} tasks to {made.tasks} and the interface to {made.config}.",
        "In Label Studio: Settings > Labeling Interface > Code takes the interface, Import the "
        "tasks.",
        f"Then Export > JSON, and: tuneworthy label import {queue} FILE --by PERSON",
    ]
    say(ctx, made, lines)


@click.command(name="import")
@click.argument("queue")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--author", "authors", multiple=True, metavar="NAME=PERSON",
              help="Label Studio's number or e-mail of a person; may be given again.")  # fmt: skip
@by
@click.pass_context
def import_(
    ctx: click.Context, queue: str, path: Path, authors: tuple[str, ...], person: str
) -> None:
    """Take in what Label Studio exported as JSON; the same file twice adds nothing."""
    pairs = [author.rpartition("=") for author in authors]
    wrong = [author for author, (name, _, who) in zip(authors, pairs, strict=True)
             if not name or not who]  # fmt: skip
    if wrong:
        raise UsageProblem("bad_author", f"'{wrong[0]}' is no NAME=PERSON.", fix="--author 3=ana")
    names = {name: who for name, _, who in pairs}
    found = open_workspace(ctx).import_labels(queue, path, person_of(ctx, person), names)
    lines = [
        f"Took in {found.added} labels ({found.skipped} of them skips); "
        f"{found.known} were here already.",
        f"Next: tuneworthy label agreement {queue}",
    ]
    say(ctx, found, lines)
