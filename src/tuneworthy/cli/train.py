"""tuneworthy train: plan, start, list."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, shown, table
from tuneworthy.core.nouns.run import Cost
from tuneworthy.methods.canonical import short
from tuneworthy.workspace import Workspace


@click.group()
def train() -> None:
    """Plan, start and list trainings."""


@train.command()
@click.pass_context
def plan(ctx: click.Context) -> None:
    """Estimate time, memory and work from a few real steps."""
    workspace = open_workspace(ctx)
    cost = workspace.estimate()
    told = workspace.unnamed_training()
    lines = [*_cost("Estimate", cost), *told, "Next: tuneworthy gate show build"]
    say(ctx, {**cost.model_dump(mode="json"), "warnings": told}, lines)


@train.command()
@click.pass_context
def start(ctx: click.Context) -> None:
    """Train; a killed run goes on where it stopped."""
    workspace = open_workspace(ctx)
    told = tell_unnamed(ctx, workspace)
    run = workspace.train()
    seconds = run.actual.cpu_seconds / run.estimate.cpu_seconds - 1
    memory = run.actual.peak_memory_mb / run.estimate.peak_memory_mb - 1
    say(
        ctx,
        {**run.model_dump(mode="json"), "warnings": told},
        [
            *_cost("Estimate", run.estimate),
            *_cost("Actual", run.actual),
            f"  actual against estimate: {seconds:+.0%} CPU time, {memory:+.0%} memory",
            f"  adapter {short(run.adapter)}, last loss {run.losses[-1]:.3f}",
            "Next: tuneworthy eval run --tuned",
        ],
    )


@train.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Finished trainings and the versions they made."""
    workspace = open_workspace(ctx)
    versions = workspace.versions()
    rows = [[v.id, v.state.value, short(v.adapter), v.created_at] for v in versions]
    lines = table(["Version", "State", "Adapter", "Made"], rows) if rows else ["None yet."]
    say(ctx, {"versions": versions, "runs": workspace.training_runs()}, lines)


@train.command()
@click.option("-o", "path", type=click.Path(path_type=Path), default=Path("model-card.md"))
@click.pass_context
def card(ctx: click.Context, path: Path) -> None:
    """Write the card of the newest version; the Release gate needs it."""
    text = open_workspace(ctx).model_card()
    path.write_text(text, encoding="utf-8")
    say(ctx, {"file": path}, [f"Wrote {path}. Next: tuneworthy gate show release"])


def tell_unnamed(ctx: click.Context, workspace: Workspace) -> tuple[str, ...]:
    """Say on standard error, before a training begins, that it names nobody; with --json later."""
    told = workspace.unnamed_training()
    for line in () if ctx.obj["json"] else told:
        click.echo(shown(line), err=True)
    return told


def _cost(title: str, cost: Cost) -> list[str]:
    high = f" to {cost.wall_seconds_high:.0f}" if cost.wall_seconds_high else ""
    return [
        f"{title}: {cost.cpu_seconds:.0f} CPU s, {cost.wall_seconds:.0f}{high} s on the clock, "
        f"{cost.peak_memory_mb:.0f} MB, {cost.tokens} tokens, {cost.flop:.2g} FLOP, "
        f"{cost.steps} steps"
    ]
