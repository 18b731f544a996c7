"""tuneworthy eval drill: would the Proof gate stop a bad candidate?"""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.drill import Drill, Planted


@click.command()
@click.pass_context
def drill(ctx: click.Context) -> None:
    """Plant regressions into copies of the candidate; exit 3 when the gate lets one through.

    Each is planted by itself: zero and changed weights, changed answers, answers of one segment in
    the wrong places, no answers, slower and longer ones, unsafe ones, what was forgotten. The
    weights are loaded to be proved; no model is asked anything. The project stays as it is.
    """
    found = open_workspace(ctx).drill_gate()
    say(ctx, found, drill_lines(found), ok=not found.passed)
    if found.passed:
        names = ", ".join(one.name for one in found.passed)
        raise BlockedProblem(
            "gate_lets_through",
            f"The Proof gate would let through: {names}.",
            why=" ".join(f"{one.name}: {one.said}." for one in found.passed),
            fix="Declare what is missing: guards in tuneworthy.yaml, suites with "
            "tuneworthy eval suite add",
        )


def drill_lines(found: Drill) -> list[str]:
    """A line for each regression, and how many were stopped."""
    return [
        *(_line(one) for one in found.regressions),
        f"The Proof gate stopped {found.blocked} of {found.planted} planted regressions.",
    ]


def _line(one: Planted) -> str:
    return f"{'stopped' if one.blocked else 'PASSED'}  {one.name}: {one.said}"
