"""tuneworthy label: queues, judgements, gold, adjudication, agreement and the labelled file."""

import click

from tuneworthy.cli.label_exchange import export, import_, weak
from tuneworthy.cli.label_lines import handed_lines, queue_rows, report_lines
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.nouns.label_settings import QueueSettings

VALUE = {"ignore_unknown_options": True}
"""So that a label may be a number below zero."""


@click.group()
def label() -> None:
    """Queues in which people label rows, and what the labels come to."""


@label.command()
@click.argument("name")
@click.option("--from", "source", required=True, metavar="FILE", help="The rows to label.")
@click.option("--guide", required=True, metavar="FILE", help="The written guide.")
@click.option("--question", default="Which label fits?", help="What is asked of each row.")
@click.option("--choices", default="", metavar="A,B", help="The classes; lowest first.")
@click.option("--scale", type=click.Choice(["nominal", "ordinal", "interval", "text"]),
              default="nominal", help="Classes, ordered classes, a number, free text.")  # fmt: skip
@click.option("--low", type=float, help="Lowest number of the interval scale.")
@click.option("--high", type=float, help="Highest number of the interval scale.")
@click.option("--annotators", type=int, default=2, help="People for each overlapping row.")
@click.option("--overlap", type=float, default=1.0, help="Share of rows that they all judge.")
@click.option("--gold-rate", type=float, default=0.1, help="Share asked with a known answer.")
@click.option("--lease-minutes", type=float, default=30.0, help="How long a row is kept.")
@click.option("--seed", type=int, default=7, help="Of overlap and order.")
@click.option("--target-key", default="", help="Write targets as {KEY: label}.")
@by
@click.pass_context
def create(ctx: click.Context, /, name: str, choices: str, person: str, **more: object) -> None:
    """Open the queue NAME over the rows of a file."""
    names = tuple(part.strip() for part in choices.split(",")) if choices else ()
    settings = QueueSettings.model_validate({**more, "choices": names})
    workspace = open_workspace(ctx)
    queue = workspace.open_label_queue(name, settings, person_of(ctx, person))
    unread = f" {queue.unread} rows could not be read and are not in it." if queue.unread else ""
    attest = f"tuneworthy people attest labelling_guide {queue.guide} --by PERSON"
    sign = "" if workspace.guide_signed(name) else f"sign the guide ({attest}), then: "
    say(ctx, queue, [
        f"Queue {name}: {queue.items} rows to judge.{unread}",
        f"Next: {sign}tuneworthy label next {name} --by PERSON",
    ])  # fmt: skip


@label.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Every queue."""
    found = open_workspace(ctx).label_queues()
    head = ["Queue", "Rows", "Scale", "Annotators", "Overlap", "File", "Guide"]
    lines = table(head, queue_rows(found)) if found else ["No labelling queue yet."]
    say(ctx, {"queues": found}, lines)


@label.command(name="next")
@click.argument("queue")
@by
@click.pass_context
def next_(ctx: click.Context, queue: str, person: str) -> None:
    """The next row for a person, kept for them for a while."""
    who = person_of(ctx, person)
    found = open_workspace(ctx).next_to_label(queue, who)
    lines = [f"Nothing is left in '{queue}' for {who}."]
    say(ctx, {"next": found}, handed_lines(found, who) if found else lines)


@label.command(context_settings=VALUE)
@click.argument("queue")
@click.argument("item")
@click.argument("value")
@click.option("--again", is_flag=True, help="Replace your own label.")
@by
@click.pass_context
def submit(ctx: click.Context, queue: str, item: str, value: str, again: bool, person: str) -> None:
    """Keep VALUE as a person's label of ITEM."""
    who = person_of(ctx, person)
    kept = open_workspace(ctx).label(queue, item, who, value, again=again)
    say(ctx, kept, [f"{who}: item {item} is {kept.value}."])


@label.command()
@click.argument("queue")
@click.argument("item")
@click.option("--reason", required=True, help="Why it cannot be judged.")
@by
@click.pass_context
def skip(ctx: click.Context, queue: str, item: str, reason: str, person: str) -> None:
    """Pass ITEM on to others."""
    who = person_of(ctx, person)
    kept = open_workspace(ctx).skip_label(queue, item, who, reason)
    say(ctx, kept, [f"{who} skipped item {item}."])


@label.command(context_settings=VALUE)
@click.argument("queue")
@click.argument("item")
@click.argument("value")
@click.option("--reason", default="", help="How it is known.")
@by
@click.pass_context
def gold(ctx: click.Context, queue: str, item: str, value: str, reason: str, person: str) -> None:
    """Say that the right label of ITEM is VALUE, and ask people about it among the others."""
    kept = open_workspace(ctx).add_gold(queue, item, value, person_of(ctx, person), reason)
    say(ctx, kept, [f"Item {item} is {kept.value}, known."])


@label.command()
@click.argument("queue")
@click.pass_context
def agreement(ctx: click.Context, queue: str) -> None:
    """How the queue stands and how far people agree; kept as evidence."""
    found = open_workspace(ctx).agreement(queue)
    say(ctx, found, report_lines(found))


@label.command()
@click.argument("queue")
@click.pass_context
def conflicts(ctx: click.Context, queue: str) -> None:
    """The rows that people judged differently and that nobody has settled."""
    found = open_workspace(ctx).label_conflicts(queue)
    rows = [
        [one.item.id, "; ".join(f"{p}: {v}" for p, v in one.labels.items()), one.item.text[:60]]
        for one in found
    ]
    lines = table(["Item", "Labels", "Text"], rows) if rows else ["No conflict is open."]
    say(ctx, {"conflicts": found}, lines)


@label.command(context_settings=VALUE)
@click.argument("queue")
@click.argument("item")
@click.argument("value")
@click.option("--reason", required=True, help="Why.")
@by
@click.pass_context
def adjudicate(
    ctx: click.Context, queue: str, item: str, value: str, reason: str, person: str
) -> None:
    """The last word on ITEM, by a lead who did not judge it."""
    kept = open_workspace(ctx).adjudicate(queue, item, value, person_of(ctx, person), reason)
    say(ctx, kept, [f"Item {item} is {kept.value}, by {kept.person}'s word."])


@label.command(name="still-valid")
@click.argument("queue")
@click.option("--reason", required=True, help="Why labels under the older guide stand.")
@by
@click.pass_context
def still_valid(ctx: click.Context, queue: str, reason: str, person: str) -> None:
    """After the guide changed: a lead's word that older labels stand as they are."""
    found = open_workspace(ctx).guide_still_valid(queue, person_of(ctx, person), reason)
    say(ctx, found, [f"Labels under {len(found.still_valid)} older guides of '{queue}' stand."])


@label.command()
@click.argument("queue")
@click.option("--out", default="", metavar="FILE", help="Where; else beside the rows' file.")
@click.option("--majority", is_flag=True, help="More than half is enough for a label.")
@by
@click.pass_context
def apply(ctx: click.Context, queue: str, out: str, majority: bool, person: str) -> None:
    """Write the rows that have one label, with it as their target."""
    made = open_workspace(ctx).apply_labels(
        queue, person_of(ctx, person), out=out, by_majority=majority
    )
    how = ", ".join(f"{count} {name}" for name, count in made.how.items())
    lines = [
        f"Wrote {made.rows} rows to {made.path} ({how}); {made.unresolved} have no one label.",
        f"Name it under 'sources' in tuneworthy.yaml (path: {made.path}), then: "
        "tuneworthy data build",
    ]
    say(ctx, made, lines)


for command in (weak, export, import_):
    label.add_command(command)
