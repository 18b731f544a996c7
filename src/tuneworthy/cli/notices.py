"""tuneworthy notices: who is told what, and what has not arrived."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.notice import KINDS, PlaceState


@click.command()
@click.option("--send", is_flag=True, help="Send what waits now.")
@click.pass_context
def notices(ctx: click.Context, send: bool) -> None:
    """Who is told what happens at gates and in production, and what has not arrived yet."""
    workspace = open_workspace(ctx)
    found = workspace.send_notices() if send else workspace.notices()
    lines = [line for place in found for line in _lines(place)]
    say(
        ctx,
        {"places": found},
        lines or ["Nobody is told anything: name places in notify.to (tuneworthy.yaml)."],
        ok=not any(place.error for place in found),
    )


def _lines(place: PlaceState) -> list[str]:
    kinds = "everything" if set(place.kinds) == set(KINDS) else ", ".join(place.kinds)
    about = f" about {place.person}" if place.person else ""
    return [
        f"{place.to}: {kinds}{about}",
        *([f"  NOT told at the last try: {place.error}"] if place.error else ()),
        *(f"  waits: {one.said}" for one in place.waiting),
    ]
