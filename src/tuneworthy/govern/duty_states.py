"""Where every task stands: settled by evidence or a signed note, else assigned, else escalated."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.duties import DutyNote, DutyState, DutySummary, DutyTask, DutyWord
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.govern.duties import shows, stamp

DAYS = 90
"""Over how many days the share of duties kept is counted."""


class Settled(NamedTuple):
    """What settled a task, and when."""

    by: str
    at: str
    said: str
    skipped: bool = False


def duty_states(
    tasks: Iterable[DutyTask],
    evidence: Sequence[Evidence],
    notes: Sequence[DutyNote],
    people: Sequence[Person],
    now: datetime,
) -> tuple[DutyState, ...]:
    """The state of every task, by the end of its period and then by its duty.

    Evidence settles the one task of a duty whose period it is stamped in, so none counts twice;
    a note can carry it to one other task, if it has settled none.

    Args:
        tasks: All that were raised.
        evidence: What counts, oldest first.
        notes: Genuine words, oldest first.
        people: Everybody as they are now.
        now: The present moment.
    """
    ordered = sorted(tasks, key=lambda task: (task.due_at, task.duty))
    settled = _by_evidence(ordered, evidence)
    _by_notes(ordered, evidence, notes, people, settled)
    return tuple(_state(task, settled.get(task.id), people, now) for task in ordered)


def may_note(person: Person, task: DutyTask, outcome: str) -> str:
    """Why a person may not say this of a task, in words; empty when they may.

    Whoever has the duty says that it is done; that it need not be is said by whom it escalates to.
    """
    roles = {task.escalate_to} if outcome == "skipped" else {task.role, task.escalate_to}
    roles |= {Role.GOVERNANCE_OWNER} if outcome == "skipped" else set()
    if person.active and roles & set(person.roles):
        return ""
    wanted = " or ".join(sorted(role.value.replace("_", " ") for role in roles))
    return f"{person.id} is not the {wanted}" if person.active else f"{person.id} is not active"


def rests_on(task: DutyTask, item: Evidence | None, used: Mapping[str, str]) -> str:
    """Why evidence cannot be carried to a task by a note, in words; empty when it can.

    ``used`` is evidence to the task of the same duty that it has settled.
    """
    if item is None or not any(shows(need, item) for need in task.settles):
        wanted = " or ".join(need.about for need in task.settles)
        return f"it takes evidence: {wanted}"
    if stamp(item.created_at) < stamp(task.starts_at):
        return "the evidence is older than the task"
    if (other := used.get(item.id)) and other != task.id:
        return f"the evidence settles {other.rsplit('/', 1)[1]} already"
    return ""


def used_by(states: Iterable[DutyState], duty: str) -> dict[str, str]:
    """Evidence that has settled tasks of a duty, to the task."""
    found = [one for one in states if one.task.duty == duty and one.settled_by]
    return {one.settled_by: one.task.id for one in found}


def summarise(states: Sequence[DutyState], now: datetime, days: int = DAYS) -> DutySummary | None:
    """All duties in one line; None where there are none yet."""
    if not states:
        return None
    words = [one.state for one in states]
    since = now - timedelta(days=days)
    ended = [one for one in states if since <= stamp(one.task.due_at) <= now]
    kept = sum(one.state in ("done", "skipped") and not one.late for one in ended)
    open_, escalated = words.count("assigned"), words.count("escalated")
    text = f"{open_} open, {escalated} escalated"
    if ended:
        text += f"; {kept} of {len(ended)} done in time in the last {days} days"
    return DutySummary(
        open=open_, escalated=escalated, due=len(ended), kept=kept, days=days, text=text
    )


def _by_evidence(tasks: Sequence[DutyTask], evidence: Sequence[Evidence]) -> dict[str, Settled]:
    by_about: dict[str, list[tuple[datetime, Evidence]]] = {}
    for item in evidence:
        by_about.setdefault(item.about, []).append((stamp(item.created_at), item))
    found = {}
    for task in tasks:
        start, end = stamp(task.starts_at), stamp(task.due_at)
        fitting = [
            (at, item)
            for about in {need.about for need in task.settles}
            for at, item in by_about.get(about, ())
            if start <= at < end and any(shows(need, item) for need in task.settles)
        ]
        if fitting:
            _, item = min(fitting, key=lambda pair: (pair[0], pair[1].id))
            found[task.id] = Settled(item.id, item.created_at, item.about)
    return found


def _by_notes(
    tasks: Sequence[DutyTask],
    evidence: Sequence[Evidence],
    notes: Sequence[DutyNote],
    people: Sequence[Person],
    settled: dict[str, Settled],
) -> None:
    """Add what notes settle; the first note that counts for a task stands."""
    named = {task.id: task for task in tasks}
    held = {item.id: item for item in evidence}
    known = {person.id: person for person in people}
    used = {(named[id_].duty, one.by): id_ for id_, one in settled.items()}
    for note in notes:
        task, person = named.get(note.task), known.get(note.by)
        if task is None or person is None or task.id in settled:
            continue
        if note.outcome == "done" and not task.note:
            own = {by: id_ for (duty, by), id_ in used.items() if duty == task.duty}
            if rests_on(task, held.get(note.evidence), own):
                continue
            used[task.duty, note.evidence] = task.id
        said = f"{person.name}: {note.reason}"
        by = note.evidence if note.outcome == "done" and not task.note else note.id
        settled[task.id] = Settled(by, note.created_at, said, note.outcome == "skipped")


def _state(
    task: DutyTask, settled: Settled | None, people: Sequence[Person], now: datetime
) -> DutyState:
    holders = tuple(one.id for one in people if one.active and task.role in one.roles)
    due = stamp(task.due_at)
    word: DutyWord
    if settled is not None:
        word = "skipped" if settled.skipped else "done"
        return DutyState(
            task=task,
            state=word,
            people=holders,
            late=stamp(settled.at) >= due,
            settled_by=settled.by,
            settled_at=settled.at,
            said=settled.said,
        )
    if now < stamp(task.starts_at):
        word = "ahead"
    else:
        word = "escalated" if now >= stamp(task.escalates_at) else "assigned"
    return DutyState(task=task, state=word, people=holders, late=now >= due)
