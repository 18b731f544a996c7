"""tuneworthy serve: the gateway, and what exposes a version to more or less traffic."""

import signal
import threading

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.serving import Rollout


@click.group()
def serve() -> None:
    """Gateway, canary, promotion, rollback."""


@serve.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="0 takes any free one.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads for each model.")
@click.option("--watch/--no-watch", default=True, help="Test every window of requests for drift.")
@click.pass_context
def start(ctx: click.Context, host: str, port: int, threads: int | None, watch: bool) -> None:
    """Run the OpenAI-compatible gateway until Ctrl+C."""
    from tuneworthy.api.hosting import Host

    workspace = open_workspace(ctx)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Host(workspace, host, port, threads, watch=watch) as running:
        name = workspace.project.id
        say(
            ctx,
            {"url": running.url, "model": name},
            [
                f"Gateway at {running.url}, model '{name}'. Stop: Ctrl+C",
                f"  OpenAI client: OpenAI(base_url='{running.url}', api_key='any')",
            ],
        )
        stop.wait()


@serve.command()
@click.option("--drill", is_flag=True, help="A rehearsal: its rollback counts as a drill.")
@click.pass_context
def canary(ctx: click.Context, drill: bool) -> None:
    """Start the staged rollout of the approved version; the gateway carries it out."""
    rollout = open_workspace(ctx).start_rollout(drill=drill)
    say(ctx, rollout, [f"{rollout.id}: first stage {rollout.stages[0]:g} %."])


@serve.command()
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def promote(ctx: click.Context, reason: str) -> None:
    """Promote the canary from its last stage; all four gates must be open."""
    workspace = open_workspace(ctx)
    live = _live(workspace.rollouts())
    rollout = workspace.end_rollout(live.id, reason, promoted=True)
    say(ctx, rollout, [f"{rollout.id}: {rollout.state}."])


@serve.command()
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def rollback(ctx: click.Context, reason: str) -> None:
    """Take the canary out, or put the previous version back into production."""
    workspace = open_workspace(ctx)
    live = [r for r in workspace.rollouts() if r.state in ("running", "held")]
    if live:
        rollout = workspace.end_rollout(live[-1].id, reason)
        say(ctx, rollout, [f"{rollout.id}: {rollout.state}."])
    else:
        route = workspace.roll_back_production(reason)
        say(ctx, route, [f"{route.id} is back on {route.production[:19]}."])


@serve.command()
@click.argument("version")
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def quarantine(ctx: click.Context, version: str, reason: str) -> None:
    """Take VERSION (its id or an alias) out of use at once; its traffic goes elsewhere."""
    workspace = open_workspace(ctx)
    taken = workspace.quarantine(version, reason)
    say(ctx, taken, [f"{taken.id} is quarantined and answers nobody."])


@serve.command()
@click.argument("version")
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def readmit(ctx: click.Context, version: str, reason: str) -> None:
    """Take VERSION out of quarantine, after its Proof was approved again."""
    back = open_workspace(ctx).readmit(version, reason)
    say(ctx, back, [f"{back.id} is {back.state.value}; it answers nobody until it is rolled out."])


@serve.command()
@click.argument("version")
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def retire(ctx: click.Context, version: str, reason: str) -> None:
    """End VERSION, which the route no longer needs; it never answers again."""
    ended = open_workspace(ctx).retire(version, reason)
    say(ctx, ended, [f"{ended.id} is {ended.state.value}. From today its data and weights age."])


@serve.command()
@click.option("--reason", default="drill", show_default=True, help="Why.")
@click.pass_context
def drill(ctx: click.Context, reason: str) -> None:
    """Roll the released version into its first stage and back, twice, and keep the seconds."""
    found = open_workspace(ctx).drill(reason)
    lines = [
        f"{found.version}: back in {found.seconds_back:g} s, "
        f"forward in {found.seconds_forward:g} s, "
        + ("and all is as before." if found.restored else "but the route is NOT as before."),
    ]
    say(ctx, found, lines, ok=found.restored)


@serve.command()
@click.argument("name", required=False)
@click.argument("version", required=False)
@click.pass_context
def alias(ctx: click.Context, name: str | None, version: str | None) -> None:
    """Let NAME mean VERSION, or show what every name means. It moves no traffic."""
    workspace = open_workspace(ctx)
    if name and version:
        given = workspace.give_alias(name, version)
        say(ctx, given, [f"{given.name} means {given.version}."])
        return
    known = workspace.aliases()
    if name:
        known = {name: workspace.version(name).id}
    lines = [f"  {one:12} {meant}" for one, meant in known.items()] or ["No version yet."]
    say(ctx, {"aliases": known}, lines)


@serve.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Routes, permits and rollouts."""
    workspace = open_workspace(ctx)
    state = workspace.serving_state()
    versions = {m.id: m.version for m in state.manifests}
    lines = []
    for route in state.routes:
        lines.append(f"{route.id}: production {versions.get(route.production, 'unknown')}")
        if route.canary:
            lines.append(f"  canary {versions[route.canary]} at {route.canary_percent:g} %")
    for id_, allowed in state.permits.items():
        if not allowed.ok:
            lines.append(f"  {versions[id_]} takes no traffic: {allowed.message} {allowed.fix}")
    lines += [
        f"in quarantine: {id_} (out again: tuneworthy serve readmit {id_} --reason '...')"
        for id_ in state.quarantined
    ]
    served = {versions[manifest] for r in state.routes for manifest in (r.production, r.canary)
              if manifest in versions}  # fmt: skip
    lines += [one.told for one in workspace.taints() if one.id in served]
    rollouts = workspace.rollouts()
    rows = [[r.id, r.state, r.cause[:70]] for r in rollouts]
    lines += table(["Rollout", "State", "Cause"], rows) if rows else []
    say(ctx, {"serving": state, "rollouts": rollouts}, lines or ["Nothing is served yet."])


def _live(rollouts: list[Rollout]) -> Rollout:
    live = [r for r in rollouts if r.state in ("running", "held")]
    if not live:
        raise UsageProblem("no_rollout", "No rollout is under way.", fix="tuneworthy serve canary")
    return live[-1]
