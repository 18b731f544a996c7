"""tuneworthy data collect and data quarantine: production answers on their way into a dataset."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.collecting import (
    AuditSample,
    Collection,
    Decision,
    Held,
    InteractionFate,
)
from tuneworthy.methods.canonical import short
from tuneworthy.methods.visible import visible
from tuneworthy.workspace import Workspace

SHOWN = 50
STATES = ("waiting", "accepted", "rejected")


@click.group(invoke_without_command=True)
@click.option("--since", default="", metavar="TIME", help="Only answers since then (ISO 8601).")
@click.option("--min-rating", type=float, help="Least rating, 0 to 1; else as the project says.")
@click.option("--preview", is_flag=True, help="Choose, but keep nothing.")
@click.pass_context
def collect(ctx: click.Context, since: str, min_rating: float | None, preview: bool) -> None:
    """Put well rated production answers into quarantine, with a reason for each left out.

    Nothing is learned from until a person other than you accepted it: say who you are with --as.
    """
    if ctx.invoked_subcommand is not None:
        return
    workspace = _opened(ctx)
    made, fates = workspace.collect(since=since, min_rating=min_rating, preview=preview)
    told = {
        "collection": made,
        "preview": preview,
        "fates": [fate.model_dump() for fate in fates],
    }
    say(ctx, told, _told(made, fates, preview))


@collect.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE")
@click.pass_context
def write(ctx: click.Context, out: Path) -> None:
    """Write the accepted rows to FILE (JSON Lines), each with its origin and reviewers."""
    workspace = _opened(ctx)
    done = workspace.write_collected(out)
    lines = [
        f"Written: {out} with {done.rows} accepted rows. {done.waiting} wait, "
        f"{done.rejected} are rejected.",
        "Name it under 'sources' in tuneworthy.yaml:",
        f"  - path: {out}",
        "    columns: {licence: licence, legal_basis: legal_basis}",
    ]
    say(ctx, done, lines)


@click.group()
def quarantine() -> None:
    """Collected rows: what waits, what was accepted, by whom."""


@quarantine.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--flagged", is_flag=True, help="Only rows that a pattern flagged.")
@click.pass_context
def list_(ctx: click.Context, state: str | None, flagged: bool) -> None:
    """Every collected row, and how it stands."""
    workspace = _opened(ctx)
    held = [
        one
        for one in workspace.collected()
        if state in (None, one.state) and (one.candidate.flags or not flagged)
    ]
    cells = [
        [
            short(one.candidate.id),
            one.state,
            f"{one.candidate.rating:g}",
            "yes" if one.candidate.verified else "no",
            ", ".join(one.candidate.flags) or "-",
            visible(one.candidate.example.request, 60),
        ]
        for one in held[:SHOWN]
    ]
    lines = table(["Row", "State", "Rating", "Verified", "Flags", "Request"], cells)
    if len(held) > SHOWN:
        lines.append(f"and {len(held) - SHOWN} more; all of them with --json")
    for made in workspace.collections():
        lines.append(
            f"Collection {short(made.id)}: {made.candidates} rows by {made.collected_by}, "
            f"{made.created_at[:19]}"
        )
    say(ctx, {"rows": [_row(one) for one in held]}, lines if held else ["No such row."])


@quarantine.command()
@click.argument("name", metavar="ROW|COLLECTION")
@click.option("--by", "person", default="", help="Whose sample; else as --as says.")
@click.pass_context
def show(ctx: click.Context, name: str, person: str) -> None:
    """One row whole; or a collection with the sample that you must accept before the rest."""
    workspace = _opened(ctx)
    made = _collection(workspace, name)
    if made is None:
        one = workspace.collected_row(name)
        say(ctx, _row(one), _row_lines(one))
        return
    drawn = workspace.audit_sample(made.id, person or ctx.obj["actor"])
    rows = {one.candidate.id: one for one in workspace.collected()}
    left = [rows[id_] for id_ in drawn.rows if id_ not in drawn.accepted]
    told = {"collection": made, "sample": drawn, "left": [_row(one) for one in left]}
    say(ctx, told, [*_told(made, [], False)[:-1], *_sample_lines(drawn, left)])


def _decide(decision: Decision, words: str) -> click.Command:
    """The command of one decision; both take the same words."""

    @click.argument("rows", nargs=-1, metavar="[ROW]...")
    @click.option("--batch", metavar="COLLECTION", help="A whole collection in place of rows.")
    @click.option("--by", "person", default="", help="Who decides; else as --as says.")
    @click.option("--reason", required=True, help="Why.")
    @click.option("--key", type=click.Path(path_type=Path), help="Their private key.")
    @click.pass_context
    def run(
        ctx: click.Context,
        rows: tuple[str, ...],
        batch: str | None,
        person: str,
        reason: str,
        key: Path | None,
    ) -> None:
        if bool(rows) == bool(batch):
            raise UsageProblem("no_rows", "Name rows, or a collection with --batch; one of both.")
        workspace, who = _opened(ctx), person or ctx.obj["actor"]
        made = (
            [workspace.review_batch(batch, decision, who, reason, key=key)]
            if batch
            else workspace.review_rows(rows, decision, who, reason, key=key)
        )
        count = sum(len(review.rows) for review in made)
        say(ctx, {"reviews": made, "rows": count}, [f"{who}: {decision} {count} rows. Signed."])

    return click.command(name=decision, help=words)(run)


accept = _decide("accept", "Sign that rows may be learned from; refused for who collected them.")
reject = _decide("reject", "Sign that rows may not be learned from; one person is enough.")
quarantine.add_command(accept)
quarantine.add_command(reject)


def _opened(ctx: click.Context) -> Workspace:
    workspace = open_workspace(ctx)
    workspace.register_people()
    return workspace


def _collection(workspace: Workspace, name: str) -> Collection | None:
    start = name.removeprefix("sha256:")
    found = [one for one in workspace.collections() if short(one.id, 64).startswith(start)]
    return found[0] if len(found) == 1 else None


def _row(one: Held) -> dict[str, object]:
    return one.model_dump(mode="json")


def _row_lines(one: Held) -> list[str]:
    candidate = one.candidate
    lines = [
        f"Row {short(candidate.id)} is {one.state}. Collected by {one.collected_by}.",
        f"  interaction  {candidate.interaction}, {candidate.created_at[:19]}",
        f"  rating       {candidate.rating:g} by {', '.join(candidate.annotators)}",
        f"  flags        {', '.join(candidate.flags) or 'none'}",
    ]
    if one.reviewers:
        lines.append(f"  decided by   {', '.join(one.reviewers)}, {one.how}")
    lines += [f"  does not count: {reason}" for reason in one.void]
    return [*lines, *(f"  {m.role}: {m.content}" for m in candidate.example.messages)]


def _sample_lines(drawn: AuditSample, left: list[Held]) -> list[str]:
    lines = [
        f"  batch        {drawn.batch} rows without flags",
        f"  sample       {len(drawn.rows)} rows for {drawn.person}: {len(drawn.accepted)} "
        f"accepted, {len(left)} left. None bad among them bounds the batch's bad share by "
        f"{drawn.bound:.0%} (95 % confidence).",
    ]
    lines += [
        f"    {short(one.candidate.id)}  {visible(one.candidate.example.request, 70)}"
        for one in left[:SHOWN]
    ]
    return lines


def _told(made: Collection, fates: list[InteractionFate], preview: bool) -> list[str]:
    name = "Preview" if preview else f"Collection {short(made.id)}"
    lines = [
        f"{name}: {made.interactions} answers looked at, {made.candidates} chosen, "
        f"{sum(made.dropped.values())} left out.",
        f"  flagged      {made.flagged}",
        f"  ratings      {made.feedback} read, {made.feedback_unmatched} on other answers",
    ]
    first = {fate.code: fate.reason for fate in reversed(fates)}
    lines += [
        f"  left out     {count} {code}"
        + (f": {visible(first[code], 80)}" if code in first else "")
        for code, count in made.dropped.items()
    ]
    if "no_legal_basis" in made.dropped:
        lines.append("Next: write collect.legal_basis into tuneworthy.yaml.")
    else:
        lines.append("Next: another person looks at them: tuneworthy data quarantine list")
    return lines
