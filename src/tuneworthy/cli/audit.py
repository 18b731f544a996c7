"""tuneworthy audit: log, verify, export."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.report import AuditSummary


@click.group()
def audit() -> None:
    """Look at, verify and export the audit chain."""


@audit.command()
@click.option("-n", "last", type=click.IntRange(1), default=20, help="How many events.")
@click.pass_context
def log(ctx: click.Context, last: int) -> None:
    """The newest events."""
    events = open_workspace(ctx).audit_log(last)
    lines = [
        f"{e['seq']:6} {e['ts'][:19]} {e['actor_id']:10} {e['action']:20} "
        f"{e['object']['type']} {e['object']['id'][:40]}"
        + (f"  {e['decision'].upper()}" if e["decision"] != "allow" else "")
        for e in events
    ]
    say(ctx, {"events": events}, lines)


@audit.command()
@click.argument("pack", required=False, type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, pack: Path | None) -> None:
    """Check every link: of this project, or of an exported PACK (no project needed)."""
    if pack is not None:
        from tuneworthy.workspace import verify_pack

        _said(ctx, verify_pack(pack))
    else:
        _said(ctx, open_workspace(ctx).verify_audit())


@audit.command()
@click.option("-o", "path", type=click.Path(path_type=Path), default=Path("audit-pack.zip"))
@click.pass_context
def export(ctx: click.Context, path: Path) -> None:
    """Write the chain into one file that verifies without this system."""
    summary = open_workspace(ctx).export_audit(path)
    _said(ctx, summary, f"Wrote {path}. Check it anywhere: tuneworthy audit verify {path}")


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
