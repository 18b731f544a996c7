"""tuneworthy eval pairs: people prefer one of two answers without knowing whose it is."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.review_common import add_ends, add_files, add_work, out
from tuneworthy.cli.review_lines import opened_lines
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.review_settings import ReviewSettings


@click.group()
def pairs() -> None:
    """Blind pairs: people say which of two answers is better."""


@pairs.command()
@click.argument("name")
@click.option("--run", "runs", multiple=True, metavar="RUN",
              help="A run's id or a file; twice: baseline, then candidate.")  # fmt: skip
@click.option("-n", "n", type=int, help="Pairs; else as many as show the gain.")
@click.option("--gain", type=float, help="Share for less share against to show.")
@click.option("--alpha", type=float, default=0.05, help="Chance of a false preference.")
@click.option("--overlap", "raters", type=int, default=1, help="People for each pair.")
@click.option("--question", default="Which answer is better?", help="What is asked.")
@click.option("--reference", is_flag=True, help="Show people the expected answer.")
@click.option("--makers-may", default="", metavar="REASON",
              help="Let who trained it judge; the result says so.")  # fmt: skip
@click.option("--lease-minutes", type=float, default=30.0, help="How long a pair is kept.")
@click.option("--seed", type=int, default=7, help="Of the draw.")
@by
@click.pass_context
def create(
    ctx: click.Context, /, name: str, runs: tuple[str, ...], person: str, **more: object
) -> None:
    """Open the review NAME of two runs over the same cases.

    Cases with equal answers are ties, and nobody is asked about them. The others are drawn by the
    seed, each segment's part as in the whole. Which answer stands left is drawn for every person
    and pair from a key that stays in the store.
    """
    if len(runs) != 2:
        raise UsageProblem(
            "two_runs",
            f"{len(runs)} runs are named, and a pair has two.",
            fix="--run BASELINE --run CANDIDATE (tuneworthy eval show)",
        )
    settings = ReviewSettings.model_validate(more)
    made = open_workspace(ctx).open_pairs(name, *runs, person_of(ctx, person), settings)
    say(ctx, made, opened_lines(made))


@pairs.command()
@click.argument("name")
@click.argument("item")
@click.argument("verdict")
@click.option("--again", is_flag=True, help="Replace your own verdict.")
@by
@click.pass_context
def submit(
    ctx: click.Context, name: str, item: str, verdict: str, again: bool, person: str
) -> None:
    """Keep VERDICT on ITEM: left, right, tie or both_bad."""
    who = person_of(ctx, person)
    kept = open_workspace(ctx).submit_review(name, "pairs", item, who, verdict, again=again)
    say(ctx, kept, [f"{who}: item {item} is {kept.value}."])


@pairs.command()
@click.argument("name")
@out
@by
@click.pass_context
def verdicts(ctx: click.Context, name: str, path: Path, person: str) -> None:
    """Write a closed review's pairs with people's verdicts, as model judges are held against."""
    made = open_workspace(ctx).export_verdicts(name, person_of(ctx, person), path)
    say(ctx, made, [f"Wrote {made.rows} judged pairs to {made.path}."])


add_work(pairs, "pairs")
add_ends(pairs, "pairs")
add_files(pairs, "pairs")
