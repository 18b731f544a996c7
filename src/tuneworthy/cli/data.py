"""tuneworthy data: build, check, show where every row went."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from tuneworthy.cli.data_canaries import canaries
from tuneworthy.cli.data_collect import collect, quarantine
from tuneworthy.cli.data_drill import drill
from tuneworthy.cli.data_export import export, preview
from tuneworthy.cli.data_figures import figure_options
from tuneworthy.cli.data_files import file_options, show_check, show_fix
from tuneworthy.cli.data_price import price
from tuneworthy.cli.data_residual import residual
from tuneworthy.cli.findings import format_option, print_findings, stop_when_blocked
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.methods.canonical import short
from tuneworthy.methods.placeholders import Mode
from tuneworthy.workspace import FileOptions, Workspace

SHOWN = 20


@click.group()
def data() -> None:
    """Build, check and show the dataset."""


data.add_command(collect)
data.add_command(quarantine)
data.add_command(residual)
data.add_command(canaries)
data.add_command(drill)


@data.command()
@click.pass_context
def build(ctx: click.Context) -> None:
    """Read, check, clean and split the sources; exit 3 when rows seem to be planted.

    The version is kept whole all the same, with what was found in it: its rows can be looked at,
    and `data use` makes the one before the current one again.
    """
    version = open_workspace(ctx).build_data()
    blocked = bool(version.planted)
    after = [] if blocked else ["Next: tuneworthy eval run"]
    say(ctx, version, [*_lines(version), *after], ok=not blocked)
    stop_when_blocked(version.planted)


@data.command()
@format_option
@click.pass_context
@file_options
@figure_options
@click.option(
    "--on-bad-file",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="Of several files, one that cannot be used stops the check, or is left out and named.",
)
def check(
    ctx: click.Context,
    file: Path | None,
    form: str,
    options: FileOptions,
    on_bad_file: Literal["stop", "skip"],
) -> None:
    """Check FILE, or the project's sources; exit 3 when a finding blocks training.

    FILE needs no project: JSON Lines, JSON, CSV, TSV or Parquet, in any known shape of rows. The
    files of a folder, or of a pattern in quotes ('data/*.jsonl'), are checked as one. Exit 1 when
    some of them were left out.
    """
    if ctx.obj["json"]:
        form = "json"
    if file is not None:
        show_check(ctx, file, replace(options, on_bad_file=on_bad_file), form)
        return
    if on_bad_file == "skip":
        raise click.UsageError(
            "--on-bad-file is about FILE; for the project's sources write on_bad_file: skip under "
            "the source in tuneworthy.yaml."
        )
    version = open_workspace(ctx).build_data()
    print_findings(version.findings, form)
    stop_when_blocked(version.findings)


@data.command()
@click.option("--only", required=True, metavar="CODE,...", help="What to mend, by its codes.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="OUT", help="The new file.")
@click.option("--preview", is_flag=True, help="Show what would be done; write nothing.")
@click.option("--targets", is_flag=True, help="Let 'normalise' touch targets too.")
@click.option(
    "--redact",
    type=click.Choice(["redact", "mask", "pseudonymise"]),
    default="redact",
    show_default=True,
    help="How personal data and secrets are taken out.",
)
@click.option(
    "--impute",
    "rules",
    multiple=True,
    metavar="FIELD=RULE",
    help="With 'impute': constant:VALUE, most_frequent, or most_frequent:COLUMN.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What pseudonyms are made from: 16 bytes or more that you keep.",
)
@click.pass_context
@file_options
def fix(
    ctx: click.Context,
    file: Path | None,
    only: str,
    out: Path | None,
    preview: bool,
    targets: bool,
    redact: Mode,
    key: Path | None,
    rules: tuple[str, ...],
    options: FileOptions,
) -> None:
    """Write FILE again without what some checks find; FILE itself is not touched.

    Beside OUT stands OUT.ledger.jsonl: one line for every row that was changed or left out.
    """
    if file is None:
        raise click.UsageError("Name the FILE to mend.")
    if (out is None) != preview:
        raise click.UsageError("Give either -o OUT or --preview.")
    codes = [code.strip() for code in only.split(",") if code.strip()]
    secret = key.read_bytes() if key else b""
    how = replace(options, redact=redact, key=secret, impute=rules)
    show_fix(ctx, file, codes, out, how, targets)


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


@data.command()
@click.pass_context
def versions(ctx: click.Context) -> None:
    """Every dataset version of the project, oldest first."""
    workspace = open_workspace(ctx)
    known, current = workspace.data_versions(), _current(workspace)
    rows = [
        [
            ("* " if v.id == current else "  ") + short(v.id),
            v.created_at[:19],
            str(v.rows_in),
            str(v.rows_out),
        ]
        for v in known
    ]
    told = [
        {"id": v.id, "created_at": v.created_at, "rows_in": v.rows_in, "rows_out": v.rows_out}
        for v in known
    ]
    lines = table(["Version", "Made", "Read", "Kept"], rows) if rows else ["None yet."]
    say(ctx, {"current": current, "versions": told}, lines)


@data.command()
@click.argument("version")
@click.pass_context
def use(ctx: click.Context, version: str) -> None:
    """Make an earlier VERSION the current one again (undo a build)."""
    chosen = open_workspace(ctx).use_data(version)
    say(ctx, chosen, [*_lines(chosen), "It is the current version now."])


@data.command()
@click.argument("before", default="previous")
@click.argument("after", default="current")
@click.pass_context
def diff(ctx: click.Context, before: str, after: str) -> None:
    """What became of the rows of version BEFORE in version AFTER."""
    told = open_workspace(ctx).diff_data(before, after)
    cells = [[m.place, m.what, m.before, m.after, m.reason[:80]] for m in told.rows[:SHOWN]]
    lines = [
        f"{short(told.before)} to {short(told.after)}: {told.same} rows the same, {told.added} "
        f"added, {told.removed} removed, {told.changed} changed, {told.moved} in another split.",
        *(table(["Row", "What", "Split before", "Split after", "Why"], cells) if cells else []),
    ]
    if len(told.rows) > SHOWN:
        lines.append(f"and {len(told.rows) - SHOWN} more; all of them with --json")
    say(ctx, told, lines)


@data.command()
@click.argument("place", metavar="SOURCE:LINE")
@click.pass_context
def trace(ctx: click.Context, place: str) -> None:
    """Where a source row went: versions, training runs, model versions, live responses."""
    told = open_workspace(ctx).trace_row(place)
    lines = [told.place]
    for version, fate in told.fates.items():
        lines.append(f"  not in {short(version)}: {fate.code}, {fate.reason}")
    for at in told.reached:
        lines.append(f"  in {short(at.dataset)}, split {at.split}, record {short(at.record)}")
        lines += [f"    trained in {run}" for run in at.runs if at.split == "train"]
        lines += [f"    model version {name}" for name in at.versions]
        if at.responses:
            lines.append(
                f"    {at.responses} live responses, {at.first_response[:19]} to "
                f"{at.last_response[:19]}"
            )
    say(ctx, told, lines)


@data.command()
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there."
)
@click.option("--croissant", is_flag=True, help="For machines: Croissant, JSON-LD.")
@click.pass_context
def card(ctx: click.Context, out: Path | None, croissant: bool) -> None:
    """The dataset card of the current version, as Markdown."""
    workspace = open_workspace(ctx)
    if croissant:
        told = workspace.data_croissant()
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    else:
        text = workspace.data_card()
    if out is not None:
        out.write_text(text, encoding="utf-8")
    say(ctx, {"card": text}, [f"Written: {out}"] if out is not None else text.splitlines())


data.add_command(preview)
data.add_command(export)
data.add_command(price)


def _current(workspace: Workspace) -> str:
    try:
        return workspace.data().id
    except ConfigProblem:
        return ""


def _lines(version: DatasetVersion) -> list[str]:
    split: dict[str, Any] = version.split.sizes
    sizes = ", ".join(f"{name} {count}" for name, count in split.items())
    dropped = ", ".join(f"{count} {code}" for code, count in sorted(version.dropped.items()))
    planted = bool(version.canaries)
    leaks = version.split.leakage_exact + version.split.leakage_near
    lines = [
        f"Dataset {short(version.id)}: {version.rows_in} rows in, {version.rows_out} kept.",
        f"  split      {sizes}",
        f"  dropped    {dropped or 'nothing'}",
        f"  leakage    {leaks} test rows with a twin in training",
        *([f"  canaries   {len(version.canaries)} among the training rows"] * planted),
        f"  PII        {version.pii.unresolved_high} high findings left "
        f"({version.pii.scanned} rows scanned)",
    ]
    worst = [f for f in version.findings if f.severity != "info"]
    lines += [f"  {f.severity:9}  {f.message} {f.fix}".rstrip() for f in worst]
    return lines
