"""Duties that come round: raised as tasks by the clock, settled by evidence or people's words."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.clock import time_doubt
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, ConflictProblem, UsageProblem
from tuneworthy.core.nouns.duties import (
    DutiesRaised,
    DutyNote,
    DutyState,
    DutySummary,
    DutyTask,
    KeptDuties,
)
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import PersonChange
from tuneworthy.govern import (
    due,
    duty_states,
    make_task,
    may_note,
    rests_on,
    summarise,
    used_by,
    word_fault,
)
from tuneworthy.lifecycle import duty_alerts, duty_plan, people, soundness, words
from tuneworthy.lifecycle.evidence_called import evidence_called
from tuneworthy.lifecycle.wiring import Runtime

MOST = 5_000
"""Tasks raised at a time; the rest, after a long gap, the next time."""

OPEN = ("assigned", "escalated")


def states(runtime: Runtime) -> tuple[DutyState, ...]:
    """Every task that is due by now or was raised, with its state; nothing is written."""
    raised = tasks(runtime)
    known = {task.id for task in raised}
    more = [task for task in _due(runtime, raised, None) if task.id not in known]
    return duty_states(
        [*raised, *more],
        counted(runtime),
        _notes(runtime),
        people.everyone(runtime),
        runtime.clock.now(),
    )


def raise_due(runtime: Runtime) -> DutiesRaised:
    """Raise what has come due as tasks, alert those it escalates to, close alerts that are over.

    It may run at any time and as often as one likes: a task is raised once, and one that was missed
    because nobody was there is raised by the next look.
    """
    made = _raise(runtime)
    alerts, closed = duty_alerts.follow(runtime, states(runtime))
    return DutiesRaised(tasks=made, alerts=alerts, closed=closed)


def note(
    runtime: Runtime,
    duty: str,
    outcome: str,
    by: str,
    reason: str,
    *,
    period: str = "",
    evidence: str = "",
    key: Path | None = None,
) -> DutyNote:
    """A person's signed word that a task is done, or need not be.

    Args:
        runtime: The project.
        duty: Its id.
        outcome: ``done`` or ``skipped``.
        by: Whose word it is.
        reason: What was done, or why it need not be.
        period: Which period; by default the only one that is open, or the present one.
        evidence: Id or first digits of evidence from after the period, where no note is enough.
        key: The person's private key.

    Raises:
        ConfigProblem: There is no such duty, period or person.
        UsageProblem: The task is settled, or a note does not settle it.
        BlockedProblem: It is not theirs to say.
        NeedsPersonProblem: Their key is not here.
    """
    person = people.find(runtime, by)
    _raise(runtime)
    held = states(runtime)
    found = _open_task(runtime, held, duty, period)
    _require(runtime, person, found.task, outcome)
    carried = evidence_called(runtime, evidence) if evidence else None
    if outcome == "done" and not found.task.note:
        _require_evidence(found.task, carried, held)
    facts = {"task": found.task.id, "outcome": outcome, "evidence": carried.id if carried else ""}
    word = words.sign(runtime, DutyNote, words.draft(runtime, by, reason, **facts), key)
    words.keep(runtime, f"duty.{outcome}", word, after=found.task.id)
    return word


def summary(runtime: Runtime) -> DutySummary | None:
    """All duties in one line; None while none has begun."""
    return summarise(states(runtime), runtime.clock.now())


def tasks(runtime: Runtime) -> list[DutyTask]:
    """Every task that was raised in this project."""
    return [one for one in runtime.store.list(DutyTask) if one.project == runtime.project.id]


def _raise(runtime: Runtime) -> tuple[str, ...]:
    plan = duty_plan.take_up(runtime)
    raised = tasks(runtime)
    known = {task.id for task in raised}
    new = [task for task in _due(runtime, raised, plan) if task.id not in known]
    new = sorted(new, key=lambda task: (task.starts_at, task.duty))[:MOST]
    if not new:
        return ()
    said = ", ".join(f"{task.duty} {task.period}" for task in new[:20])
    if len(new) > 20:
        said += f" and {len(new) - 20} more"
    try:
        what = ("duty_task", new[0].id, "")
        with runtime.change("duty.raise", what, reason=said) as change:
            for task in new:
                change.put(task, expect=0)
    except ConflictProblem:
        return _raise(runtime)  # another process raised some of them at the same moment
    return tuple(task.id for task in new)


def _due(runtime: Runtime, raised: list[DutyTask], plan: KeptDuties | None) -> list[DutyTask]:
    now = runtime.clock.now()
    pairs = due(
        duty_plan.in_force(runtime),
        counted(runtime),
        duty_plan.adopted(runtime, raised),
        now,
    )
    return [
        make_task(
            duty,
            period,
            project=runtime.project.id,
            plan=plan.id if plan else "",
            raised_at=runtime.now() if plan else "",
            accelerated=runtime.clock.accelerated,
        )
        for duty, period in pairs
    ]


def counted(runtime: Runtime) -> list[Evidence]:
    """Evidence whose content and time can be what they say; its subject may be gone by now."""
    now, held = runtime.clock.now(), runtime.evidence()
    doubted = {
        id_ for id_, one in soundness.unsound(runtime, held).items() if one.doubt == "content"
    }
    return [
        item for item in held if item.id not in doubted and not time_doubt(item.created_at, now)
    ]


def _notes(runtime: Runtime) -> list[DutyNote]:
    """The notes that their people signed, with a key that was theirs once or is now."""
    keys: dict[str, list[Person]] = {}
    for one in [*runtime.store.list(Person), *people.everyone(runtime)]:
        keys.setdefault(one.id, []).append(one)
    for change in runtime.words.held(runtime.store, PersonChange, runtime.project.id):
        if change.what == "key" and change.person in keys:
            newer = keys[change.person][0].model_copy(update={"public_key": change.public_key})
            keys[change.person].append(newer)
    rows = runtime.words.held(runtime.store, DutyNote, runtime.project.id)
    return [row for row in rows if any(not word_fault(row, one) for one in keys.get(row.by, ()))]


def _open_task(runtime: Runtime, held: Sequence[DutyState], duty: str, period: str) -> DutyState:
    own = [one for one in held if one.task.duty == duty]
    if not own:
        names = sorted({one.task.duty for one in held})
        raise ConfigProblem(
            "no_such_duty",
            f"No task of a duty '{duty[:80]}' is due yet.",
            why=f"Due are: {', '.join(names)}." if names else "No duty has begun.",
            fix="tuneworthy duties list",
        )
    open_ = [one for one in own if one.state in OPEN]
    wanted = [one for one in open_ if one.task.period == period] if period else open_
    if len(wanted) > 1:
        now = runtime.clock.now().isoformat()
        wanted = [one for one in open_ if one.task.due_at > now]
    if len(wanted) == 1:
        return wanted[0]
    listed = ", ".join(one.task.period for one in open_)
    raise UsageProblem(
        "task_not_open",
        f"No task '{f'{duty} {period}'.strip()[:80]}' is open.",
        why=f"Open are: {listed}." if listed else "Every task of this duty is settled.",
        fix=f"--period {open_[0].task.period}" if open_ else "tuneworthy duties list --all",
    )


def _require(runtime: Runtime, person: Person, task: DutyTask, outcome: str) -> None:
    if not (why := may_note(person, task, outcome)):
        return
    what = ("duty_task", task.id, "")
    facts = {"actor": person.id, "decision": "deny", "reason": why}
    runtime.store.note(runtime.event("access.refuse", what, **facts))
    raise BlockedProblem(
        "not_their_duty",
        f"{person.name} may not say that {task.duty} is {outcome}.",
        why=f"{why}.",
        fix="tuneworthy people list",
    )


def _require_evidence(task: DutyTask, carried: Evidence | None, held: Sequence[DutyState]) -> None:
    if why := rests_on(task, carried, used_by(held, task.duty)):
        raise UsageProblem(
            "note_not_enough",
            f"A note alone does not settle {task.duty} {task.period}.",
            why=f"{why[0].upper()}{why[1:]}.",
            fix=f"{task.do or 'Bring the evidence'}; after the period's end add --evidence ID.",
        )
