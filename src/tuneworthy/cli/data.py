"""tuneworthy data: build, check, show where every row went."""

from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.data_files import file_options, show_check, show_fix
from tuneworthy.cli.findings import FORMATS, print_findings
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.methods.canonical import short
from tuneworthy.workspace import FileOptions


@click.group()
def data() -> None:
    """Build, check and show the dataset."""


@data.command()
@click.pass_context
def build(ctx: click.Context) -> None:
    """Read, check, clean and split the sources into a dataset version."""
    workspace = open_workspace(ctx)
    version = workspace.build_data()
    say(ctx, version, [*_lines(version), "Next: tuneworthy eval run"])


@data.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="For CI.")
@click.pass_context
@file_options
def check(ctx: click.Context, file: Path | None, form: str, options: FileOptions) -> None:
    """Check FILE, or the project's sources; exit 3 when a finding blocks training.

    FILE needs no project: JSON Lines, JSON, CSV, TSV or Parquet, in any known shape of rows.
    """
    if file is not None:
        show_check(ctx, file, options, form)
        return
    version = open_workspace(ctx).build_data()
    if ctx.obj["json"]:
        form = "json"
    print_findings(version.findings, form)
    blocking = [finding for finding in version.findings if finding.severity == "block"]
    if blocking:
        raise BlockedProblem(
            "checks_failed",
            f"{len(blocking)} of the data checks block training.",
            why=blocking[0].message,
            fix=blocking[0].fix,
        )


@data.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--only", required=True, metavar="CODE,...", help="What to mend, by its codes.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="OUT", help="The new file.")
@click.option("--preview", is_flag=True, help="Show what would be done; write nothing.")
@click.option("--targets", is_flag=True, help="Let 'normalise' touch targets too.")
@click.pass_context
@file_options
def fix(
    ctx: click.Context,
    file: Path,
    only: str,
    out: Path | None,
    preview: bool,
    targets: bool,
    options: FileOptions,
) -> None:
    """Write FILE again without what some checks find; FILE itself is not touched.

    Beside OUT stands OUT.ledger.jsonl: one line for every row that was changed or left out.
    """
    if (out is None) != preview:
        raise click.UsageError("Give either -o OUT or --preview.")
    codes = [code.strip() for code in only.split(",") if code.strip()]
    show_fix(ctx, file, codes, out, options, targets)


@data.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """The current dataset version."""
    version = open_workspace(ctx).data()
    say(ctx, version, _lines(version))


@data.command()
@click.option("--code", help="Only this reason.")
@click.pass_context
def fates(ctx: click.Context, code: str | None) -> None:
    """Every dropped or changed row with its reason."""
    rows = [fate for fate in open_workspace(ctx).fates() if code in (None, fate.code)]
    lines = table(
        ["Row", "What", "Code", "Reason"],
        [[f"{f.source}:{f.row}", f.action, f.code, f.reason[:100]] for f in rows],
    )
    say(ctx, {"fates": [f.model_dump() for f in rows]}, lines if rows else ["No row was dropped."])


def _lines(version: DatasetVersion) -> list[str]:
    split: dict[str, Any] = version.split.sizes
    sizes = ", ".join(f"{name} {count}" for name, count in split.items())
    dropped = ", ".join(f"{count} {code}" for code, count in sorted(version.dropped.items()))
    leaks = version.split.leakage_exact + version.split.leakage_near
    lines = [
        f"Dataset {short(version.id)}: {version.rows_in} rows in, {version.rows_out} kept.",
        f"  split      {sizes}",
        f"  dropped    {dropped or 'nothing'}",
        f"  leakage    {leaks} test rows with a twin in training",
        f"  PII        {version.pii.unresolved_high} high findings left "
        f"({version.pii.scanned} rows scanned)",
    ]
    worst = [f for f in version.findings if f.severity != "info"]
    lines += [f"  {f.severity:9}  {f.message}" + (f" {f.fix}" if f.fix else "") for f in worst]
    return lines
