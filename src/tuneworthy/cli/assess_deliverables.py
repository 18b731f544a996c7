"""tuneworthy assess deliverables: the five documents as files."""

from pathlib import Path
from typing import get_args

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.deliverable import DeliverableName, Document

NAMES: tuple[DeliverableName, ...] = get_args(DeliverableName)
FORMATS = ("md", "html", "json")


@click.command(name="deliverables")
@click.option(
    "-o",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/deliverables"),
    show_default=True,
    metavar="DIR",
    help="Where the files go.",
)
@click.option(
    "--only",
    "names",
    type=click.Choice(NAMES),
    multiple=True,
    metavar="NAME",
    help="One of the five; may be given again.",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="One format; may be given again. All three without it.",
)
@click.option("--force", is_flag=True, help="Overwrite files that were edited by hand.")
@click.pass_context
def deliverables(
    ctx: click.Context,
    folder: Path,
    names: tuple[DeliverableName, ...],
    formats: tuple[str, ...],
    force: bool,
) -> None:
    """Five documents to send around, made of evidence; what is not known is a named blank."""
    from tuneworthy.cli.deliverable_files import write_all

    found = open_workspace(ctx).deliverables(names or NAMES)
    texts = {
        f"{document.name}.{suffix}": _text(document, suffix)
        for document in found
        for suffix in dict.fromkeys(formats or FORMATS)
    }
    files = write_all(folder, texts, force=force)
    lines = []
    for document in found:
        blanks = len(document.blanks)
        lines.append(f"{document.name}: {document.summary}")
        lines.append(f"  {blanks} blank{'' if blanks == 1 else 's'} to fill")
    lines.append(f"Wrote {len(files)} file{'' if len(files) == 1 else 's'} to {folder}.")
    facts = {
        "folder": folder,
        "files": files,
        "documents": [
            {"name": d.name, "id": d.id, "summary": d.summary, "blanks": len(d.blanks)}
            for d in found
        ],
    }
    say(ctx, facts, lines)


def _text(document: Document, suffix: str) -> str:
    if suffix == "html":
        from tuneworthy.web.deliverable import render_deliverable

        return render_deliverable(document)
    from tuneworthy.methods.document_text import as_json, as_markdown

    return as_markdown(document) if suffix == "md" else as_json(document)
