"""The commands that pairs and ratings share."""

from pathlib import Path

import click

from tuneworthy.cli.findings import format_option, print_findings
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.review_findings import findings, stops
from tuneworthy.cli.review_lines import (
    handed_lines,
    pairs_lines,
    ratings_lines,
    review_rows,
    status_lines,
)
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.review import Task
from tuneworthy.core.nouns.review_result import PairsResult, RatingsResult

out = click.option("-o", "--out", "path", type=click.Path(path_type=Path), required=True,
                   metavar="FILE", help="The new file.")  # fmt: skip


def result_lines(found: PairsResult | RatingsResult) -> list[str]:
    """A result of either kind."""
    return pairs_lines(found) if isinstance(found, PairsResult) else ratings_lines(found)


def tell(ctx: click.Context, found: PairsResult | RatingsResult, form: str) -> None:
    """Print a result; raise BlockedProblem when people clearly prefer the baseline."""
    why = stops(found)
    ctx.obj["json"] = ctx.obj["json"] or form == "json"
    if ctx.obj["json"] or form == "text":
        say(ctx, found, result_lines(found), ok=not why)
    else:
        print_findings(findings(found), form)
    if why:
        raise BlockedProblem(
            "people_prefer_other",
            why[0],
            why=" ".join(why[1:]) or "People judged without knowing whose answer they read.",
            fix="tuneworthy eval diff BASELINE CANDIDATE lays their answers side by side.",
        )


def add_work(group: click.Group, task: Task) -> None:
    """What a rater types."""

    @group.command(name="next")
    @click.argument("name")
    @by
    @click.pass_context
    def next_(ctx: click.Context, name: str, person: str) -> None:
        """The next item for a person, kept for them for a while."""
        who = person_of(ctx, person)
        found = open_workspace(ctx).next_to_review(name, task, who)
        lines = [f"Nothing is left in '{name}' for {who}."]
        say(ctx, {"next": found}, handed_lines(found, who) if found else lines)

    @group.command()
    @click.argument("name")
    @click.argument("item")
    @click.option("--reason", required=True, help="Why it cannot be judged.")
    @by
    @click.pass_context
    def skip(ctx: click.Context, name: str, item: str, reason: str, person: str) -> None:
        """Pass ITEM on to others."""
        who = person_of(ctx, person)
        kept = open_workspace(ctx).skip_review(name, task, item, who, reason)
        say(ctx, kept, [f"{who} passed on item {item}."])

    @group.command()
    @click.argument("name")
    @click.pass_context
    def status(ctx: click.Context, name: str) -> None:
        """How far the review is; nothing of who is ahead."""
        found = open_workspace(ctx).review_status(name, task)
        say(ctx, found, status_lines(found))

    @group.command(name="list")
    @click.pass_context
    def list_(ctx: click.Context) -> None:
        """Every review of this kind."""
        found = open_workspace(ctx).reviews(task)
        head = ["Review", "Items", "Raters", "Baseline", "Candidate", "State"]
        lines = table(head, review_rows(found)) if found else ["No review yet."]
        say(ctx, {"reviews": found}, lines)


def add_ends(group: click.Group, task: Task) -> None:
    """What a lead types."""

    @group.command()
    @click.argument("name")
    @format_option
    @by
    @click.pass_context
    def result(ctx: click.Context, name: str, form: str, person: str) -> None:
        """How the review stands, for a lead; exit 3 when people clearly prefer the baseline.

        Who looks before the end judges no more in it.
        """
        tell(ctx, open_workspace(ctx).review_result(name, task, person_of(ctx, person)), form)

    @group.command()
    @click.argument("name")
    @format_option
    @by
    @click.pass_context
    def close(ctx: click.Context, name: str, form: str, person: str) -> None:
        """End the review and keep what it says as evidence.

        Exit 3 when people clearly prefer the baseline, on the whole, in a segment or by a
        criterion.
        """
        tell(ctx, open_workspace(ctx).close_review(name, task, person_of(ctx, person)), form)


def add_files(group: click.Group, task: Task) -> None:
    """Sheets for people without the tool, and the key apart from them."""

    @group.command()
    @click.argument("name")
    @click.option("--for", "person", required=True, metavar="PERSON", help="Who will fill it in.")
    @out
    @click.pass_context
    def export(ctx: click.Context, name: str, person: str, path: Path) -> None:
        """Write PERSON's blind sheet: .csv for a spreadsheet, else JSON Lines."""
        made = open_workspace(ctx).export_review(name, task, person, path)
        lines = [
            f"Wrote {made.rows} items for {person} to {made.path}.",
            f"Filled in: tuneworthy eval {task} import {name} FILE --by LEAD",
        ]
        say(ctx, made, lines)

    @group.command(name="import")
    @click.argument("name")
    @click.argument("path", type=click.Path(path_type=Path))
    @by
    @click.pass_context
    def import_(ctx: click.Context, name: str, path: Path, person: str) -> None:
        """Take in a filled sheet; an altered row is refused, and then nothing is taken in."""
        found = open_workspace(ctx).import_review(name, task, path, person_of(ctx, person))
        lines = [
            f"Took in {found.added} judgements ({found.skipped} of them passed on); {found.known} "
            f"were here already, {found.blank} rows are blank.",
            f"Next: tuneworthy eval {task} status {name}",
        ]
        say(ctx, found, lines)

    @group.command()
    @click.argument("name")
    @out
    @by
    @click.pass_context
    def key(ctx: click.Context, name: str, path: Path, person: str) -> None:
        """Write which answer is whose, for a lead; who has it judges no more in the review."""
        made = open_workspace(ctx).export_key(name, task, person_of(ctx, person), path)
        say(ctx, made, [f"Wrote the key of '{name}' to {made.path}. Keep it from the raters."])
