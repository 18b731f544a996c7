"""The plan of duties in force: the product's, or the project's own file; each change is kept."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tuneworthy.core.errors import ConfigProblem, ConflictProblem, UsageProblem
from tuneworthy.core.nouns.duties import DutyPlanState, DutyTask, Every, KeptDuties
from tuneworthy.core.nouns.words import PolicyChange
from tuneworthy.govern import (
    Adopted,
    DutyPlan,
    laxer_duties,
    load_duties,
    read_duties,
    shipped_duties,
)
from tuneworthy.lifecycle import laxer_changes, own_file
from tuneworthy.lifecycle.wiring import Runtime

DUTIES = "duties.toml"
"""A project's own duties, beside the project file; one that asks for less takes signatures."""


class Standing(NamedTuple):
    """A plan, and the file as it was."""

    plan: DutyPlan
    text: str


def in_force(runtime: Runtime) -> DutyPlan:
    """The duties of the project. Raises ConfigProblem for a file that is no plan."""
    return _in_force(runtime).plan


def text(runtime: Runtime) -> str:
    """The file in force, to start another from; a file that is none is not looked at."""
    try:
        return _in_force(runtime).text
    except ConfigProblem:
        return before(runtime).text


def _in_force(runtime: Runtime) -> Standing:
    standing, wanted = before(runtime), of_file(runtime)
    if wanted is None or wanted.plan.digest == standing.plan.digest:
        return standing
    return wanted if _may_follow(runtime, standing.plan, wanted.plan) else standing


def before(runtime: Runtime) -> Standing:
    """The plan that the project went over to last; each asked for as much, or was signed."""
    standing = Standing(load_duties(), shipped_duties())
    for one in kept(runtime):
        try:
            plan = read_duties(one.text)
        except ValueError:
            continue  # of another release, or put in by hand
        if _may_follow(runtime, standing.plan, plan):
            standing = Standing(plan, one.text)
    return standing


def of_file(runtime: Runtime) -> Standing | None:
    """What the project's file says; None where there is none. Raises ConfigProblem."""
    path = runtime.folder / DUTIES

    def refuse(why: str) -> ConfigProblem:
        return ConfigProblem(
            "bad_duties",
            f"{path} is no plan of duties.",
            why=why,
            fix="Mend it; tuneworthy duties list --plan prints the one in force.",
        )

    def made(said: str) -> Standing:
        return Standing(read_duties(said), said)

    return own_file.read(path, made, "tuneworthy duties list --plan", refuse)


def _may_follow(runtime: Runtime, standing: DutyPlan, wanted: DutyPlan) -> bool:
    """Whether a project may go over from one plan to another: it is no laxer, or signed."""
    return not laxer_duties(standing, wanted) or laxer_changes.signed(
        runtime, standing.digest, wanted.digest
    )


def state(runtime: Runtime) -> DutyPlanState:
    """Which plan counts, and whether the project's file waits for signatures."""
    standing, wanted = in_force(runtime), of_file(runtime)
    follows = wanted is not None and wanted.plan.digest == standing.digest
    less = () if wanted is None or follows else laxer_duties(standing, wanted.plan)
    shipped = standing.digest == load_duties().digest
    after = wanted.plan.digest if wanted else ""
    return DutyPlanState(
        digest=standing.digest,
        version=standing.version,
        source="project" if follows else "product" if shipped else "kept",
        laxer=less,
        proposed_by=laxer_changes.proposed_by(runtime, after) if less else "",
    )


def propose(runtime: Runtime, by: str, reason: str, key: Path | None = None) -> PolicyChange:
    """A governance owner's word for a file that asks for less; it waits for another's.

    Raises UsageProblem when there is nothing to sign, BlockedProblem or NeedsPersonProblem.
    """
    standing, wanted = in_force(runtime), of_file(runtime)
    less = laxer_duties(standing, wanted.plan) if wanted else ()
    if wanted is None or not less:
        raise UsageProblem(
            "nothing_laxer",
            "The project's plan of duties asks for no less than the one in force.",
            why="Only what asks for less needs signatures.",
            fix="tuneworthy duties plan",
        )
    before_, after = standing.digest, wanted.plan.digest
    return laxer_changes.propose(
        runtime, by, reason, before=before_, after=after, less=less, key=key
    )


def confirm(runtime: Runtime, by: str, reason: str, key: Path | None = None) -> DutyPlanState:
    """A second person's word for the proposed plan; it counts from then on.

    Raises UsageProblem when nothing waits, BlockedProblem or NeedsPersonProblem.
    """
    wanted = of_file(runtime)
    waits = wanted is not None and in_force(runtime).digest != wanted.plan.digest
    after = wanted.plan.digest if wanted and waits else ""
    show = "tuneworthy duties plan"
    laxer_changes.confirm(runtime, by, reason, after=after, show=show, key=key)
    take_up(runtime)
    return state(runtime)


def take_up(runtime: Runtime) -> KeptDuties:
    """Keep the plan in force with an audit event, unless it is the newest one kept."""
    standing, older = _in_force(runtime), kept(runtime)
    plan = standing.plan
    if older and older[-1].digest == plan.digest:
        return older[-1]
    made = KeptDuties(
        id=f"{runtime.project.id}/{len(older) + 1}/{plan.digest}",
        project=runtime.project.id,
        digest=plan.digest,
        text=standing.text,
        created_at=runtime.now(),
    )
    what = (made.kind, made.id, made.digest)
    try:
        with runtime.change("duty.take_up", what, reason=f"version {plan.version}") as change:
            change.put(made, expect=0)
    except ConflictProblem:
        return take_up(runtime)  # another process did it at the same moment
    return made


def kept(runtime: Runtime) -> list[KeptDuties]:
    """Every plan that the project went over to, oldest first."""
    return [
        one
        for one in runtime.states.held(runtime.store, KeptDuties)
        if one.project == runtime.project.id
    ]


def adopted(runtime: Runtime, tasks: list[DutyTask]) -> dict[str, Adopted]:
    """Since when the project has each duty, without a break and as often as now.

    A plan that is not kept yet adds nothing: its new duties are adopted now.
    """
    rhythms = {duty.id: duty.every for duty in in_force(runtime).duty}
    runs: dict[str, list[KeptDuties]] = {}
    for one in kept(runtime):
        held = _rhythms(one)
        for name, every in rhythms.items():
            run = runs.setdefault(name, [])
            if held.get(name) == every:
                run.append(one)
            else:
                run.clear()
    return {name: _adoption(name, run, tasks) for name, run in runs.items() if run}


def _rhythms(one: KeptDuties) -> dict[str, Every]:
    """Each duty and how often it comes; nothing of a plan that this release cannot read."""
    try:
        return {duty.id: duty.every for duty in read_duties(one.text).duty}
    except ValueError:
        return {}


def _adoption(name: str, run: list[KeptDuties], tasks: list[DutyTask]) -> Adopted:
    ids = {one.id for one in run}
    starts = [task.starts_at for task in tasks if task.duty == name and task.plan in ids]
    since = datetime.fromisoformat(run[0].created_at)
    return Adopted(since, datetime.fromisoformat(min(starts)) if starts else None)
