"""tuneworthy drift: check now, or look at what was found."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.monitoring import DriftResult


@click.group()
def drift() -> None:
    """Live requests against the tested ones."""


@drift.command()
@click.option("--window", type=click.IntRange(50), default=200, help="Newest requests to test.")
@click.pass_context
def check(ctx: click.Context, window: int) -> None:
    """Test the newest requests; on drift, raise an alert and propose what to do."""
    result, alert, proposal = open_workspace(ctx).check_drift(window=window)
    lines = _lines(result)
    if alert:
        lines.append(f"Alert for {alert.owner}: {alert.message}")
    if proposal:
        lines.append(f"Proposal ({proposal.action}): {proposal.reason}")
        lines += [f"  - {step}" for step in proposal.steps]
    say(ctx, {"drift": result, "alert": alert, "proposal": proposal}, lines)


@drift.command()
@click.pass_context
def report(ctx: click.Context) -> None:
    """Alerts and proposals so far."""
    workspace = open_workspace(ctx)
    lines = [f"{a.created_at[:16]} {a.severity} {a.message}" for a in workspace.alerts()]
    for proposal in workspace.proposals():
        lines.append(f"{proposal.created_at[:16]} {proposal.action}: {proposal.reason}")
        lines += [f"  - {step}" for step in proposal.steps]
    say(
        ctx,
        {"alerts": workspace.alerts(), "proposals": workspace.proposals()},
        lines or ["No alert and no proposal."],
    )


def _lines(result: DriftResult) -> list[str]:
    said = "Drift" if result.drifted else "No drift"
    return [
        f"{said}: p = {result.p_value:.3g} (alarm below {result.alpha:g}), "
        f"{result.window} live requests against {result.reference} known ones.",
        f"  {result.novel_share:.0%} of them are unlike any known one (expected: 5 %).",
        *[f"  e.g. {text[:90]}" for text in result.examples[:3]],
    ]
