"""Wakes whoever a duty escalates to: one alert for all tasks of a duty that escalate together."""

from collections.abc import Sequence

from tuneworthy.core.errors import ConflictProblem
from tuneworthy.core.nouns.duties import DutyState, DutyTask
from tuneworthy.core.nouns.monitoring import Alert
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

ABOUT = "duty."


def follow(
    runtime: Runtime, states: Sequence[DutyState]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Raise the alerts that are due and close those that are over; gives the ids of both.

    A task whose alert was raised by a clock that has gone back since is forgotten by its alert, so
    that it can escalate again.
    """
    early = [one.task for one in states if one.task.alert and one.state in ("assigned", "ahead")]
    _forget(runtime, early)
    gone = {task.id for task in early}
    alerts = []
    for duty in dict.fromkeys(one.task.duty for one in states):
        new = [
            one
            for one in states
            if one.task.duty == duty and one.state == "escalated" and not one.task.alert
        ]
        if new and (alert := _raise(runtime, new)):
            alerts.append(alert)
    closed = _close(runtime, [one for one in states if one.task.id not in gone], alerts)
    return tuple(alerts), closed


def _raise(runtime: Runtime, late: Sequence[DutyState]) -> str:
    """Keep one alert and bind its tasks to it; empty when another process did so just now."""
    alert = _alert(runtime, late)
    expected = {one.task.id: runtime.store.generation(DutyTask, one.task.id) for one in late}
    if any((held := runtime.store.get(DutyTask, id_)) is None or held.alert for id_ in expected):
        return ""
    try:
        with runtime.change("alert.raise", ("alert", alert.id, digest(alert))) as change:
            change.put(alert, expect=0)
            for one in late:
                bound = one.task.model_copy(update={"alert": alert.id})
                change.put(bound, expect=expected[one.task.id])
    except ConflictProblem:
        return ""
    return alert.id


def _alert(runtime: Runtime, late: Sequence[DutyState]) -> Alert:
    newest = late[-1].task
    before = f", and {len(late) - 1} more before it" if len(late) > 1 else ""
    everyone = people.everyone(runtime)
    had = _holders(everyone, newest.role) or f"nobody; no one is the {_words(newest.role)}"
    woken = [one.id for one in everyone if one.active and newest.escalate_to in one.roles]
    return Alert(
        # By the number of the newest event too: the clock may have been here before.
        id=digest([runtime.store.last_event(), *(one.task.id for one in late)]),
        project=runtime.project.id,
        about=f"{ABOUT}{newest.duty}",
        severity="warning",
        message=f"{newest.duty} {newest.period}{before}: not done by {newest.due_at[:16]}. "
        f"It was for {had}.",
        owner=woken[0] if woken else "nobody",
        evidence=(),
        created_at=runtime.now(),
    )


def _close(runtime: Runtime, states: Sequence[DutyState], new: Sequence[str]) -> tuple[str, ...]:
    waiting = {one.task.alert for one in states if one.state == "escalated"} | set(new)
    closed = []
    for alert in runtime.store.list(Alert):
        if alert.project != runtime.project.id or not alert.about.startswith(ABOUT):
            continue
        if alert.state == "closed" or alert.id in waiting:
            continue
        over = alert.model_copy(update={"state": "closed"})
        facts = {"reason": "every task it is about is settled"}
        with runtime.change("alert.close", ("alert", alert.id, digest(over)), **facts) as change:
            change.put(over)
        closed.append(alert.id)
    return tuple(closed)


def _forget(runtime: Runtime, early: Sequence[DutyTask]) -> None:
    if not early:
        return
    what = ("duty_task", early[0].id, "")
    with runtime.change("duty.recall", what, reason="the clock has gone back") as change:
        for task in early:
            change.put(task.model_copy(update={"alert": ""}))


def _holders(everyone: Sequence[Person], role: Role) -> str:
    return ", ".join(one.name for one in everyone if one.active and role in one.roles)


def _words(role: Role) -> str:
    return role.value.replace("_", " ")
