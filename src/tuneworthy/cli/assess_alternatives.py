"""tuneworthy assess alternatives: what else could help?"""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.alternative import Advice


@click.command()
@click.pass_context
def alternatives(ctx: click.Context) -> None:
    """Other ways to better answers, each with its measured reason.

    Measures once how often the search finds a right answer; everything else
    comes from runs on the frozen suite.
    """
    advice = open_workspace(ctx).advise()
    say(ctx, advice, advice_lines(advice))


def advice_lines(advice: Advice) -> list[str]:
    """The alternatives in their order, for people."""
    lines = [advice.summary]
    for number, one in enumerate(advice.alternatives, 1):
        effect = ""
        if one.effect is not None:
            most = "at most " if one.effect_is_bound else ""
            effect = f", {most}{one.effect:+.0%}"
        lines.append(f"{number}. {one.title}: {one.stance}{effect} (cost {one.cost})")
        lines.append(f"   {one.reason}")
        if one.stance != "against":
            lines.append(f"   Try first: {one.first} ({one.command}).")
    return lines
