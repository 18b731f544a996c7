"""tuneworthy eval ratings: people rate answers by written criteria, blind."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.cli.review_common import add_ends, add_files, add_work
from tuneworthy.cli.review_lines import opened_lines
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.review_settings import ReviewSettings


@click.group()
def ratings() -> None:
    """Rating queues: people score answers by criteria of a guide."""


@ratings.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def guide(ctx: click.Context, path: Path) -> None:
    """Write a guide to begin with: accuracy, completeness, clarity and tone, 1 to 5."""
    made = open_workspace(ctx).write_rating_guide(path)
    say(ctx, {"path": made}, [f"Wrote {made}. Put its anchors into your own words."])


@ratings.command()
@click.argument("name")
@click.option("--run", "runs", multiple=True, metavar="RUN", required=True,
              help="A run's id or a file; twice to compare: baseline, then candidate.")  # fmt: skip
@click.option("--guide", required=True, metavar="FILE", help="Criteria with their anchors.")
@click.option("--criteria", default="", metavar="A,B", help="Which of the guide's criteria.")
@click.option("--scale", default="", metavar="1-N", help="What the anchors must reach to.")
@click.option("-n", "n", type=int, default=50, help="Cases to rate.")
@click.option("--alpha", type=float, default=0.05, help="Chance of a false difference.")
@click.option("--overlap", "raters", type=int, default=1, help="People for each answer.")
@click.option("--question", default="", help="What is asked.")
@click.option("--reference", is_flag=True, help="Show people the expected answer.")
@click.option("--makers-may", default="", metavar="REASON",
              help="Let who trained it rate; the result says so.")  # fmt: skip
@click.option("--lease-minutes", type=float, default=30.0, help="How long an answer is kept.")
@click.option("--seed", type=int, default=7, help="Of the draw.")
@by
@click.pass_context
def create(
    ctx: click.Context,
    /,
    name: str,
    runs: tuple[str, ...],
    guide: str,
    criteria: str,
    person: str,
    **more: object,
) -> None:
    """Open the rating queue NAME over a run's answers, or two runs' mixed in one queue."""
    names = tuple(part.strip() for part in criteria.split(",")) if criteria else ()
    settings = ReviewSettings.model_validate({**more, "criteria": names})
    who = person_of(ctx, person)
    made = open_workspace(ctx).open_ratings(name, runs, guide, who, settings)
    say(ctx, made, opened_lines(made))


@ratings.command()
@click.argument("name")
@click.argument("item")
@click.argument("scores", nargs=-1, required=True)
@click.option("--again", is_flag=True, help="Replace your own rating.")
@by
@click.pass_context
def submit(
    ctx: click.Context, name: str, item: str, scores: tuple[str, ...], again: bool, person: str
) -> None:
    """Keep SCORES of ITEM, as accuracy=4 clarity=5."""
    who = person_of(ctx, person)
    given = dict(_score(one) for one in scores)
    if len(given) < len(scores):
        raise UsageProblem("bad_rating", "A criterion is scored twice.", fix="Name each one once.")
    kept = open_workspace(ctx).submit_review(name, "ratings", item, who, given, again=again)
    say(ctx, kept, [f"{who}: item {item} is {', '.join(scores)}."])


def _score(text: str) -> tuple[str, int]:
    name, _, score = text.rpartition("=")
    if not name or not score.isascii() or not score.isdigit() or len(score) > 2:
        raise UsageProblem(
            "bad_rating", f"'{text[:80]}' is no CRITERION=SCORE.", fix="accuracy=4 clarity=5"
        )
    return name, int(score)


add_work(ratings, "ratings")
add_ends(ratings, "ratings")
add_files(ratings, "ratings")
