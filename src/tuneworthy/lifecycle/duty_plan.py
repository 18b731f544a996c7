"""The plan of duties in force: the product's, or the project's own file; each change is kept."""

from datetime import datetime

from tuneworthy.config.text_file import read_text
from tuneworthy.core.errors import ConfigProblem, ConflictProblem
from tuneworthy.core.nouns.duties import DutyTask, Every, KeptDuties
from tuneworthy.govern import Adopted, DutyPlan, load_duties, read_duties, shipped_duties
from tuneworthy.lifecycle.wiring import Runtime

DUTIES = "duties.toml"
"""A project's own duties, beside the project file; without it the product's count."""


def in_force(runtime: Runtime) -> DutyPlan:
    """The duties of the project. Raises ConfigProblem for a file that is no plan."""
    path = runtime.folder / DUTIES
    if not path.exists():
        return load_duties()
    try:
        return read_duties(read_text(path, "tuneworthy duties list --plan"))
    except ValueError as fault:
        raise ConfigProblem(
            "bad_duties",
            f"{path} is no plan of duties.",
            why=str(fault).splitlines()[0],
            fix="tuneworthy duties list --plan > duties.toml gives one to start from.",
        ) from fault


def text(runtime: Runtime) -> str:
    """The file in force, to start another from. Raises ConfigProblem."""
    in_force(runtime)
    path = runtime.folder / DUTIES
    return path.read_text(encoding="utf-8") if path.exists() else shipped_duties()


def take_up(runtime: Runtime) -> KeptDuties:
    """Keep the plan in force with an audit event, unless it is the newest one kept."""
    plan, before = in_force(runtime), kept(runtime)
    if before and before[-1].digest == plan.digest:
        return before[-1]
    made = KeptDuties(
        id=f"{runtime.project.id}/{len(before) + 1}/{plan.digest}",
        project=runtime.project.id,
        digest=plan.digest,
        text=text(runtime),
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
    return [one for one in runtime.store.list(KeptDuties) if one.project == runtime.project.id]


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
