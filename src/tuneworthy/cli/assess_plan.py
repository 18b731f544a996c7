"""tuneworthy assess plan: ninety days in three steps, from the gaps."""

import click

from tuneworthy.cli.render import open_workspace, say
from tuneworthy.core.nouns.plan import NinetyDays, PlanStep, PlanTask


@click.command(name="plan")
@click.pass_context
def plan(ctx: click.Context) -> None:
    """Ninety days in three steps, made from the gaps; what is undecided is a named blank."""
    found = open_workspace(ctx).ninety_days()
    say(ctx, found, plan_lines(found))


def plan_lines(found: NinetyDays) -> list[str]:
    """The plan as plain lines."""
    lines = []
    for step in found.steps:
        lines += [*_step(step), ""]
    if found.blanks:
        lines.append("Blanks to fill in:")
        lines += [f"  - {blank}" for blank in found.blanks]
    else:
        lines.append("No blanks.")
    return lines


def _step(step: PlanStep) -> list[str]:
    lines = [f"Days {step.first_day} to {step.last_day}: {step.goal}"]
    if not step.tasks:
        return [*lines, "  Nothing is due."]
    last = ("", "")
    for task in step.tasks:
        lines.append(f"  {task.dimension} {task.text}{_owner(task)}")
        if task.first and (task.first, task.command) != last:
            lines.append(f"     first: {task.first}")
        if task.command and (task.first, task.command) != last:
            lines.append(f"     {task.command}")
        last = (task.first, task.command)
    return lines


def _owner(task: PlanTask) -> str:
    said = [f"renew: {task.predicate}"] if task.renewal else []
    said += [task.owner] if task.owner else []
    return f" [{'; '.join(said)}]" if said else ""
