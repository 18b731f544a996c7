"""What ``tuneworthy assess --answers FILE`` prints: a verdict from answers alone."""

from pathlib import Path

import click

import tuneworthy
from tuneworthy.cli.render import say, table
from tuneworthy.core.errors import UsageProblem

_WORDS = {True: "yes", False: "no", None: "-"}


def answers_verdict(ctx: click.Context, path: Path) -> None:
    """Decide over the answers in ``path``; no project is opened and nothing is kept."""
    if ctx.invoked_subcommand is not None:
        raise UsageProblem(
            "usage",
            f"--answers does not go with '{ctx.invoked_subcommand}'.",
            fix=f"tuneworthy assess --answers {path}",
        )
    found = tuneworthy.decide(path)
    rows = [[a.id, a.name, _WORDS[a.given], _WORDS[a.counted], a.text] for a in found.answers]
    lines = [
        f"Verdict: {found.verdict.value}",
        *(f"  - {reason}" for reason in found.reasons),
        "",
        *found.rules.lines(),
        "",
        *found.second_opinion.lines(),
    ]
    if found.break_even is not None:
        lines += ["", f"Money: {found.break_even.text}"]
    lines += ["", *table(["Id", "Name", "Given", "Counted", "Question"], rows)]
    say(ctx, found, lines)
