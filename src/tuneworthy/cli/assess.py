"""tuneworthy assess: the decision and the scorecard."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.scorecard import Scorecard


@click.group(invoke_without_command=True)
@click.option("--working", is_flag=True, help="Show every answer and where it comes from.")
@click.pass_context
def assess(ctx: click.Context, working: bool) -> None:
    """Is it worth tuning, and how ready are we: as declared, and as evidenced."""
    if ctx.invoked_subcommand is not None:
        return
    workspace = open_workspace(ctx)
    declared, evidenced = workspace.decide()
    card = workspace.scorecard()
    lines = [*_decision(declared, evidenced), "", *_card(card)]
    if working:
        lines += ["", *_working(evidenced)]
    where = workspace.status()
    say(
        ctx,
        {"declared": declared, "evidenced": evidenced, "scorecard": card},
        [*lines, "", f"Next: {where.next_command}"],
    )


def _decision(declared: Decision, evidenced: Decision) -> list[str]:
    lines = [
        f"As declared:  {declared.verdict.value}",
        f"As evidenced: {evidenced.verdict.value}",
    ]
    return lines + [f"  - {reason}" for reason in evidenced.reasons]


def _card(card: Scorecard) -> list[str]:
    lines = [f"Readiness {card.mean:.1f} of 5 ({card.band}), weakest level {card.minimum}."]
    lines += table(
        ["Area", "Declared", "Evidenced", "Target"],
        [[d.name, str(d.declared), str(d.evidenced), str(d.target)] for d in card.dimensions],
    )
    for number, gap in enumerate(card.gaps, 1):
        lines.append(f"  {number}. {gap.name}: {gap.missing}")
        lines.append(f"     {gap.command}   (opens the {gap.gate} gate)")
    return lines


def _working(decision: Decision) -> list[str]:
    names = {True: "yes", False: "no", None: "-"}
    rows = [
        [f.id, names[f.declared], names[f.measured], f.text[:60], f.basis[:80]]
        for f in decision.factors
    ]
    return [
        f"Tree {decision.tree}; score {decision.score:.4f} ({decision.score_band}); "
        f"net {decision.net} ({decision.net_band}); weighted {decision.weighted:.3f}.",
        *table(["Id", "Typed", "Measured", "Question", "Basis"], rows),
    ]
