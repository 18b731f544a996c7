"""tuneworthy drift: check requests and answers now, or look at what was found."""

from typing import Literal

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.monitoring import Alert, DriftResult, LiveReview, Proposal
from tuneworthy.methods.canonical import short


@click.group()
def drift() -> None:
    """Live requests against the tested ones, live answers against the release."""


@drift.command()
@click.option("--window", type=click.IntRange(50), default=200, help="Newest requests to test.")
@click.pass_context
def check(ctx: click.Context, window: int) -> None:
    """Test the newest requests and review answers; raise alerts and propose what to do."""
    workspace = open_workspace(ctx)
    result, alert, proposal = workspace.check_drift(window=window)
    live = workspace.review_live()
    lines = _lines(result)
    if alert:
        lines.append(f"Alert for {alert.owner}: {alert.message}")
    lines += [*_proposed(proposal), *_live(live)]
    say(ctx, {"drift": result, "alert": alert, "proposal": proposal, "live": live}, lines)


@drift.command()
@click.pass_context
def answers(ctx: click.Context) -> None:
    """Review the newest answers against the release; needs no least number of requests."""
    live = open_workspace(ctx).review_live()
    say(ctx, {"live": live}, _live(live))


@drift.command()
@click.pass_context
def report(ctx: click.Context) -> None:
    """Alerts and proposals so far."""
    workspace = open_workspace(ctx)
    overrides = workspace.override_rate()
    lines = [f"Live {one.measure}: {one.text}" for one in workspace.live_quality()]
    lines += [overrides.text] if overrides else []
    lines += [
        f"{short(a.id)}  {a.created_at[:16]} {a.severity} {a.message}{_ack(a)}"
        for a in workspace.alerts()
    ]
    for proposal in workspace.proposals():
        lines.append(
            f"{short(proposal.id)}  {proposal.created_at[:16]} {proposal.action}: "
            f"{proposal.reason}{_ack(proposal)}"
        )
        lines += [f"  - {step}" for step in proposal.steps]
    say(
        ctx,
        {
            "alerts": workspace.alerts(),
            "proposals": workspace.proposals(),
            "quality": workspace.live_quality(),
            "overrides": overrides,
        },
        lines or ["No alert and no proposal."],
    )


@drift.command()
@click.argument("name", metavar="ALERT")
@click.option("--by", required=True, metavar="PERSON", help="Who says it.")
@click.option("--reason", required=True, help="What they make of it.")
@click.option("--accept", "decision", flag_value="accepted", help="For a proposal: do it.")
@click.option("--decline", "decision", flag_value="declined", help="For a proposal: leave it.")
@click.pass_context
def ack(
    ctx: click.Context,
    name: str,
    by: str,
    reason: str,
    decision: Literal["accepted", "declined"] | None,
) -> None:
    """Take ALERT (its first digits) upon oneself, or accept or decline a proposal."""
    said = open_workspace(ctx).acknowledge(name, by, reason, decision or "")
    say(ctx, said, [f"The {said.kind} is {said.state}, by {said.said_by}: {said.said}"])


def _ack(one: Alert | Proposal) -> str:
    if one.state == "open":
        return ""
    return f" [{one.state}{f' by {one.said_by}: {one.said}' if one.said_by else ''}]"


def _live(live: LiveReview | None) -> list[str]:
    if live is None:
        return ["No tuned version is in production, so there is no release to compare with."]
    return [
        f"{live.version} against its release:",
        *[f"  Live {one.measure}: {one.text}" for one in live.qualities],
        f"  {live.overrides.text}",
        *[f"Alert for {alert.owner}: {alert.message}" for alert in live.alerts],
        *_proposed(live.proposal),
    ]


def _proposed(proposal: Proposal | None) -> list[str]:
    if proposal is None:
        return []
    steps = [f"  - {step}" for step in proposal.steps]
    return [f"Proposal ({proposal.action}): {proposal.reason}", *steps]


def _lines(result: DriftResult) -> list[str]:
    said = "Drift" if result.drifted else "No drift"
    return [
        f"{said}: p = {result.p_value:.3g} (alarm below {result.alpha:g}), "
        f"{result.window} live requests against {result.reference} known ones.",
        f"  {result.novel_share:.0%} of them are unlike any known one (expected: 5 %).",
        *[f"  e.g. {text[:90]}" for text in result.examples[:3]],
    ]
