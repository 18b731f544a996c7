"""tuneworthy assess: the decision and the scorecard."""

from pathlib import Path

import click
from pydantic import BaseModel

from tuneworthy.cli.answers import answers_verdict
from tuneworthy.cli.assess_alternatives import alternatives
from tuneworthy.cli.assess_approach import approach
from tuneworthy.cli.assess_ask import Asking, ask_options, interview
from tuneworthy.cli.assess_card import card_lines, predicate_lines, question_lines, scorecard
from tuneworthy.cli.assess_ceiling import ceiling
from tuneworthy.cli.assess_ci import ForCi, ci_options
from tuneworthy.cli.assess_curve import curve
from tuneworthy.cli.assess_deliverables import deliverables
from tuneworthy.cli.assess_money import money
from tuneworthy.cli.assess_plan import plan
from tuneworthy.cli.assess_rubric import rubric
from tuneworthy.cli.assess_signals import signal_lines
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.workspace import Workspace


@click.group(invoke_without_command=True)
@click.option("--working", is_flag=True, help="Show every answer and where it comes from.")
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Decide over the answers in FILE (YAML or JSON); no project is needed.",
)
@ask_options
@ci_options
@click.pass_context
def assess(
    ctx: click.Context, working: bool, answers_file: Path | None, ci: ForCi, asking: Asking
) -> None:
    """Is it worth tuning, and how ready are we: as declared, and as evidenced."""
    if asking.wanted:
        asking.refuse_elsewhere(ctx, answers_file, ci)
        interview(ctx, asking)
        return
    if answers_file is not None or ctx.invoked_subcommand is not None:
        ci.refuse_elsewhere()
    if answers_file is not None:
        answers_verdict(ctx, answers_file)
        return
    if ctx.invoked_subcommand is not None:
        return
    if ci.form == "json":
        ctx.obj["json"] = True
    workspace = open_workspace(ctx)
    declared, evidenced = workspace.decide()
    card = workspace.scorecard()
    if ci.for_machines:
        ci.show(card)
        return
    lines = [*_decision(declared, evidenced), "", *card_lines(card)]
    if working:
        lines += ["", *_working(evidenced), "", *predicate_lines(card), "", *question_lines(card)]
    where = workspace.status()
    say(
        ctx,
        {
            "declared": declared,
            "evidenced": evidenced,
            "scorecard": card,
            **(_advice(workspace) if ctx.obj["json"] else {}),
        },
        [*lines, "", *_before(where.said, where.waits_for), f"Next: {where.next_command}"],
        ok=not ci.missed(card),
    )
    ci.refuse(card)


def _advice(workspace: Workspace) -> dict[str, BaseModel]:
    return {
        "alternatives": workspace.advise(measure_search=False),
        "approach": workspace.approach(),
    }


def _before(said: str, waits_for: str) -> list[str]:
    """What a person does before the next command helps."""
    return [said] if waits_for == "person" else []


def _decision(declared: Decision, evidenced: Decision) -> list[str]:
    lines = [
        f"As declared:  {declared.verdict.value}",
        f"As evidenced: {evidenced.verdict.value}",
    ]
    lines += [f"  - {reason}" for reason in evidenced.reasons]
    lines += [f"  ! {text}" for text in evidenced.contradictions]
    if evidenced.second_opinion is not None:
        second = evidenced.second_opinion
        lines += [f"Second opinion: {second.verdict}", f"  - {second.difference}"]
    return lines


def _working(decision: Decision) -> list[str]:
    names = {True: "yes", False: "no", None: "-"}
    rows = [
        [f.id, names[f.declared], names[f.measured], f.text[:60], f.basis[:160]]
        for f in decision.factors
    ]
    return [
        *(decision.rules.lines() if decision.rules else ()),
        *(decision.second_opinion.lines() if decision.second_opinion else ()),
        *table(["Id", "Typed", "Measured", "Question", "Basis"], rows),
        *signal_lines(decision),
    ]


assess.add_command(ceiling)
assess.add_command(money)
assess.add_command(curve)
assess.add_command(alternatives)
assess.add_command(approach)
assess.add_command(plan)
assess.add_command(rubric)
assess.add_command(scorecard)
assess.add_command(deliverables)
