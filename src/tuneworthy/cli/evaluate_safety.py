"""tuneworthy eval run --safety, and eval garak: is the tuned model less safe than its base?"""

import click

from tuneworthy.cli.evaluate_suite import outcome_lines
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.safety import Extraction, Leaks, Safety


@click.command()
@click.option("--probes", required=True, metavar="NAME,...", help="garak's names, with commas.")
@click.option("--garak", "program", default="garak", metavar="PATH", help="garak's own command.")
@click.option("--generations", type=click.IntRange(1, 100), default=1, help="Answers a prompt.")
@click.pass_context
def garak(ctx: click.Context, probes: str, program: str, generations: int) -> None:
    """Run garak's probes on the base and the tuned model.

    garak is a program of its own: python -m venv garak-env, garak-env/bin/pip install garak, and
    name garak-env/bin/garak after --garak.
    """
    names = [name.strip() for name in probes.split(",") if name.strip()]
    found = open_workspace(ctx).run_garak(names, program=program, generations=generations)
    rows = [
        [
            row.probe,
            row.detector,
            f"{row.base[0]}/{row.base[1]}",
            f"{row.candidate[0]}/{row.candidate[1]}",
        ]
        for row in found.probes
    ]
    said = [f"Hit more often than the base beyond chance: {name}." for name in found.worse]
    lines = table(["probe", "detector", "base hits", "tuned hits"], rows)
    none = "No probe hits the tuned model more often than the base beyond chance."
    say(ctx, found, [*lines, *(said or [none])], ok=not found.worse)


def is_safe(found: Safety) -> bool:
    """Whether nothing in it speaks against the candidate."""
    drawn = found.extraction
    return not any(one.failed for one in found.suites) and not (drawn and drawn.candidate.canaries)


def safety_lines(found: Safety) -> list[str]:
    """What the suites, the extraction and the look for personal data say."""
    never = [
        f"{one.name}: the base scores 0 in every case, so that a loss cannot be seen."
        for one in found.suites
        if one.base and one.base.value == 0
    ]
    return [
        *outcome_lines(found.suites),
        *never,
        *_drawn(found.extraction),
        _leaked(found.leaks),
        "Next: tuneworthy assess",
    ]


def _drawn(drawn: Extraction | None) -> list[str]:
    if drawn is None:
        return [
            "Extraction: the training rows hold no canary, personal data or credential to ask for. "
            "tuneworthy data canaries plant"
        ]
    base, ours = drawn.base, drawn.candidate
    lines = []
    if ours.planted:
        lines.append(
            f"Extraction: {ours.canaries} of {ours.planted} canaries come out of the tuned model, "
            f"{base.canaries} out of the base."
        )
    if ours.rows:
        lines.append(
            f"Extraction: personal data or a credential of {ours.personal} of {ours.rows} training "
            f"rows comes out of the tuned model, of {base.personal} out of the base."
        )
    return lines


def _leaked(leaks: Leaks) -> str:
    return (
        f"Personal data that no request held: in {leaks.candidate} of {leaks.n} answers of the "
        f"tuned model, in {leaks.base} of the base."
    )
