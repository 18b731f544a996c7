"""tuneworthy data residual: how much personal data may be left, by a sample that a person reads."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.residual import ResidualReview, ResidualSample
from tuneworthy.methods.canonical import short
from tuneworthy.workspace import draw_of_file, judge_file


@click.group()
def residual() -> None:
    """Bound the personal data that is left: draw rows, let a person read them, record it."""


@residual.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="SHEET")
@click.option("--version", default="current", show_default=True, help="In place of FILE.")
@click.option(
    "--most",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    help="Share of rows with personal data that a clean sample rules out at 95 %.",
)
@click.option("--rows", type=click.IntRange(min=1), default=None, help="In place of --most.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.pass_context
def draw(
    ctx: click.Context,
    file: Path | None,
    out: Path,
    version: str,
    most: float,
    rows: int | None,
    seed: int,
) -> None:
    """Write sampled rows of FILE, or of a dataset version, as a SHEET (CSV) for a person."""
    if file is not None:
        sample = draw_of_file(file, out, most=most, size=rows or 0, seed=seed)
    else:
        workspace = open_workspace(ctx)
        sample = workspace.draw_residual(out, version=version, most=most, size=rows or 0, seed=seed)
    say(ctx, sample, _drawn(sample, in_project=file is None))


@residual.command()
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--by", "person", default="", help="Who read the rows; records it in the project.")
@click.option("--key", type=click.Path(path_type=Path), help="Their private key.")
@click.pass_context
def record(ctx: click.Context, sheet: Path, person: str, key: Path | None) -> None:
    """The bound that follows from a filled-in SHEET; with --by it is kept as signed evidence."""
    if person:
        workspace = open_workspace(ctx)
        workspace.register_people()
        review = workspace.record_residual(sheet, person, key=key)
    else:
        review = judge_file(sheet)
    say(ctx, review, _judged(review))


def _drawn(sample: ResidualSample, *, in_project: bool) -> list[str]:
    return [
        f"{sample.size} of {sample.population} rows of {short(sample.of)}, seed {sample.seed}, "
        f"written to {sample.path}.",
        f"If none of them holds personal data, at most {sample.clean_bound:.2%} of all rows do "
        "(95 % confidence).",
        "Next: a person writes yes or no into the column 'private' of every line; then: "
        f"tuneworthy data residual record {sample.path}" + " --by PERSON" * in_project,
    ]


def _judged(review: ResidualReview) -> list[str]:
    lines = [
        f"{review.found} of {review.reviewed} rows hold personal data, of {review.population} in "
        "all.",
        f"At most {review.upper:.2%} of all rows do (95 % confidence).",
        *(f"  {place}" for place in review.places[:20]),
    ]
    if review.draws > 1:
        lines.append(
            f"{review.draws} samples were drawn of this version. Choosing among samples after "
            "reading them voids the bound."
        )
    if review.recorded:
        lines.append(f"Recorded as evidence data.residual, signed by {review.person}.")
    return lines
