"""tuneworthy assess curve: would more data help?"""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.learning_curve import CurvePlan, LearningCurve


@click.command()
@click.option("--plan", "plan_only", is_flag=True, help="Say what it would take, and stop.")
@click.pass_context
def curve(ctx: click.Context, plan_only: bool) -> None:
    """Train on 25, 50 and 100 % of the training rows and judge each.

    Needs no gate: the adapters are thrown away. The held-out suite is not used.
    A stopped run goes on where it was. A curve that still rises, or meets the
    target, clears "too few examples" from 100 rows on.
    """
    workspace = open_workspace(ctx)
    plan = workspace.curve_plan()
    lines = _plan(plan)
    if plan_only:
        say(ctx, {"plan": plan}, [*lines, "Next: tuneworthy assess curve"])
        return
    if not ctx.obj["json"]:
        for line in lines:
            click.echo(line)
    found = workspace.learning_curve()
    say(ctx, {"plan": plan, "curve": found}, [*_curve(found), "Next: tuneworthy assess"])


def _plan(plan: CurvePlan) -> list[str]:
    answers = plan.cases * 3
    each = plan.seconds_per_answer
    judging = (
        f"about {each * answers:.0f} CPU s for {answers} answers"
        if each is not None
        else f"{answers} answers, whose time is not known yet"
    )
    folds = f" and {plan.folds} of 5 folds of the training split" if plan.folds else ""
    return [
        f"Plan: {plan.trainings} trainings over {plan.training_rows:,} rows in all, "
        f"{plan.trainings - plan.trainings_left} done already; judged by {plan.cases} cases "
        f"(validation{folds}).",
        f"  training: about {plan.cpu_seconds:.0f} CPU s, {plan.wall_seconds:.0f} s on the clock; "
        f"judging: {judging}; loading the model for each point comes on top",
    ]


def _curve(found: LearningCurve) -> list[str]:
    rows = [
        [
            f"{point.percent} %",
            f"{point.rows:,}",
            f"{point.score.value:.3f}",
            f"[{point.score.low:.3f}, {point.score.high:.3f}]",
            str(point.score.n),
        ]
        for point in found.points
    ]
    return [*table(["Share", "Rows", "Score", "95 % interval", "n"], rows), found.text]
