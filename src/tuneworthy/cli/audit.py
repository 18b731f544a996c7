"""tuneworthy audit: log, verify, export, and the checkpoints that are kept elsewhere."""

from pathlib import Path

import click

from tuneworthy.cli.render import on_one_line, open_workspace, say, shown
from tuneworthy.core.errors import IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.checkpoint import Checkpoint
from tuneworthy.core.nouns.report import AuditSummary, PackReport

_NOBODY = "Nobody is sent it: name places in audit.checkpoints, or keep the note above."


@click.group()
def audit() -> None:
    """Look at, verify, sign and export the audit chain."""


@audit.command()
@click.option("-n", "last", type=click.IntRange(1), default=20, help="How many events.")
@click.pass_context
def log(ctx: click.Context, last: int) -> None:
    """The newest events."""
    events = open_workspace(ctx).audit_log(last)
    lines = [
        on_one_line(
            f"{e['seq']:6} {e['ts'][:19]} {e['actor_id']:10} {e['action']:20} "
            f"{e['object']['type']} {e['object']['id'][:40]}"
            + (f"  {e['decision'].upper()}" if e["decision"] != "allow" else "")
        )
        for e in events
    ]
    say(ctx, {"events": events}, lines)


@audit.command()
@click.argument("pack", required=False, type=click.Path(path_type=Path))
@click.option(
    "--checkpoint",
    "external",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A checkpoint that was kept elsewhere; may be given again.",
)
@click.option("--key", "keys", multiple=True, help="A verifier key that you know.")
@click.option("--event", type=click.IntRange(1), help="Show this event.")
@click.pass_context
def verify(
    ctx: click.Context,
    pack: Path | None,
    external: tuple[Path, ...],
    keys: tuple[str, ...],
    event: int | None,
) -> None:
    """Check every link: of this project, or of an exported PACK or proof (no project needed)."""
    if pack is not None:
        from tuneworthy.workspace import verify_pack

        _shown(ctx, verify_pack(pack, external, keys, event or 0))
    elif external or keys or event:
        raise UsageProblem(
            "no_pack",
            "A checkpoint, a key or an event is looked for in a pack.",
            fix="tuneworthy audit verify audit-pack.zip --checkpoint FILE",
        )
    else:
        _said(ctx, open_workspace(ctx).verify_audit())


@audit.command()
@click.option("-o", "path", type=click.Path(path_type=Path), default=Path("audit-pack.zip"))
@click.pass_context
def export(ctx: click.Context, path: Path) -> None:
    """Write the whole record into one file that verifies without this system."""
    report = open_workspace(ctx).export_audit(path)
    key = () if report.signed_by else ("Sign the next one: tuneworthy audit key",)
    _shown(ctx, report, f"Wrote {path}. Check it anywhere: tuneworthy audit verify {path}", *key)


@audit.command()
@click.pass_context
def key(ctx: click.Context) -> None:
    """Make the key that signs checkpoints and packs; it stays out of the database."""
    workspace = open_workspace(ctx)
    made = workspace.make_audit_key()
    path = workspace.folder / workspace.project.audit.key
    say(
        ctx,
        {"key": made, "path": str(path)},
        [
            f"Wrote {path}. Keep it where the database's administrator cannot read it.",
            "Give this to whoever will check packs, by a way of its own:",
            f"  {made.id}",
        ],
    )


@audit.command()
@click.pass_context
def checkpoint(ctx: click.Context) -> None:
    """Sign the chain as it stands, and send what has not arrived yet.

    The output is the note and nothing else, so `audit checkpoint > FILE` keeps it.
    """
    made = open_workspace(ctx).checkpoint()
    say(ctx, made, [made.note.rstrip("\n")], ok=not made.waiting)
    told = _deliveries(made) if made.deliveries else [_NOBODY]
    for line in [] if ctx.obj["json"] else told:
        click.echo(shown(line), err=True)


@audit.command()
@click.option("--send", is_flag=True, help="Try again what has not arrived.")
@click.pass_context
def checkpoints(ctx: click.Context, send: bool) -> None:
    """Every checkpoint, and where it has not arrived yet."""
    workspace = open_workspace(ctx)
    if send:
        workspace.send_checkpoints()
    found = workspace.checkpoints()
    lines = [
        line
        for one in found
        for line in (f"{one.size:8} {one.created_at[:19]} {one.root[:16]}", *_deliveries(one))
    ]
    waiting = any(one.waiting for one in found)
    say(ctx, {"checkpoints": found}, lines or ["None yet: tuneworthy audit key"], ok=not waiting)


@audit.command()
@click.argument("event", type=click.IntRange(1))
@click.option("-o", "path", type=click.Path(path_type=Path), default=Path("event-proof.json"))
@click.pass_context
def prove(ctx: click.Context, event: int, path: Path) -> None:
    """Write the proof that EVENT is in the signed log, without showing any other event."""
    report = open_workspace(ctx).prove_event(event, path)
    _shown(ctx, report, f"Wrote {path}. Check it anywhere: tuneworthy audit verify {path}")


def _deliveries(one: Checkpoint) -> list[str]:
    return [
        f"  sent to {place.to} at {place.sent_at[:19]}"
        if place.sent_at
        else f"  NOT sent to {place.to}: {place.error or 'not tried yet'}"
        for place in one.deliveries
    ]


def _shown(ctx: click.Context, report: PackReport, *more: str) -> None:
    say(ctx, report, [*report.lines, *more])


def _said(ctx: click.Context, summary: AuditSummary, *more: str) -> None:
    if not summary.verified:
        raise IntegrityProblem(
            "audit_broken",
            f"The audit chain is broken after {summary.events} events.",
            why=summary.first_fault,
            fix="Keep the database as it is and compare it with the last exported pack.",
        )
    line = f"{summary.events} events, chain verified, head {summary.head[:16]}."
    say(ctx, summary, [line, *more])
