"""Look at a file before it is used; take a dataset version out for other programs."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.exported import Export
from tuneworthy.workspace import preview_file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def preview(ctx: click.Context, file: Path) -> None:
    """What format FILE has, the mapping it needs, and its first row as it would be read."""
    seen = preview_file(file)
    lines = [
        f"{seen.file}: {seen.format or 'no known format'}, {seen.share:.0%} of {seen.rows} rows"
    ]
    lines += [f"  {role}: {text}" for role, text in seen.turns]
    lines += [f"  not read: {reason}" for reason in seen.reasons[:5]]
    if seen.mapping:
        lines += ["Put under this source in tuneworthy.yaml:", *seen.mapping.splitlines()]
    say(ctx, seen, lines)


@click.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER")
@click.option("--format", "form", default="", metavar="FORMAT", help="openai_chat, sharegpt, ...")
@click.option("--trainer", default="", metavar="TRAINER", help="Write its configuration too.")
@click.pass_context
def export(ctx: click.Context, out: Path, form: str, trainer: str) -> None:
    """Write the current version's splits, its card, and a trainer's configuration.

    Formats: openai_chat, sharegpt, alpaca, prompt_completion, text, preference, openai_preference,
    kto, csv. Trainers: trl, axolotl, llama_factory, unsloth, oumi; each takes the format it reads.
    """
    made = open_workspace(ctx).export_data(out, form, trainer)
    say(ctx, made, _lines(made))


def _lines(made: Export) -> list[str]:
    lines = []
    for file in made.files:
        lines.append(f"{file.path}: {file.written} rows as {made.format}")
        if file.refused_count:
            first = next(iter(file.refused.items()))
            lines.append(f"  {file.refused_count} rows refused; {first[0]} {first[1]}")
        lines += [f"  left out: {what} of {count} rows" for what, count in file.losses.items()]
    return [*lines, *made.others]
