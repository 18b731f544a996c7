"""Who may what at a moment, computed from the founders and from signed changes alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import Confirmation, PendingChange, PersonChange
from tuneworthy.govern.authorise import Denied, Matter, authorise
from tuneworthy.govern.moments import moment
from tuneworthy.govern.rules import Action
from tuneworthy.govern.words import word_fault
from tuneworthy.methods.passkey import key_name

DELAY = timedelta(hours=24)
"""From the confirmation of a grant or a new key to the moment at which it holds."""

ACTIONS = {
    "grant": Action.GRANT,
    "revoke": Action.REVOKE,
    "deactivate": Action.DEACTIVATE,
    "key": Action.GRANT,
}
AT_ONCE = frozenset({"revoke", "deactivate"})
"""What takes something away waits for nobody."""


class Standing(NamedTuple):
    """Everybody as they are now, what does not hold yet, and rows that count for nothing.

    ``former``: keys that were people's once and are not now.
    """

    people: tuple[Person, ...]
    pending: tuple[PendingChange, ...]
    void: tuple[str, ...]
    former: Mapping[str, tuple[str, ...]]


def people_at(
    founders: Sequence[Person],
    changes: Iterable[PersonChange],
    confirmations: Iterable[Confirmation],
    now: datetime,
) -> Standing:
    """Replay every signed change in its order; each is held to who its signers were at its time.

    Args:
        founders: People with the roles and keys with which they count from the beginning.
        changes: Rows; nothing in them is trusted without its signature.
        confirmations: Rows, likewise.
        now: The present moment.
    """
    replay = _Replay(founders)
    timed: list[tuple[datetime, bool, PersonChange | Confirmation]] = []
    rows: list[PersonChange | Confirmation] = [*changes, *confirmations]
    for row in rows:
        at = moment(row.created_at)
        if at is None or at > now:
            replay.void.append(f"{row.by}: its time cannot be read or has not come yet")
        else:
            timed.append((at, isinstance(row, Confirmation), row))
    for at, _, row in sorted(timed, key=lambda entry: entry[:2]):
        replay.apply_due(at)
        replay.take(row, at)
    replay.apply_due(now)
    return replay.standing()


class _Replay:
    """The people as they were at the moment that the replay has come to."""

    def __init__(self, founders: Sequence[Person]) -> None:
        self.people = {person.id: person for person in founders}
        self.void: list[str] = []
        self._former: dict[str, tuple[str, ...]] = {}
        self._open: dict[str, PersonChange] = {}
        self._due: dict[str, tuple[datetime, PersonChange, str]] = {}

    def take(self, row: PersonChange | Confirmation, at: datetime) -> None:
        fault = word_fault(row, self.people.get(row.by))
        fault = fault or (
            self._take_change(row) if isinstance(row, PersonChange) else self._confirm(row, at)
        )
        if fault:
            self.void.append(f"{row.by}: {fault}")

    def _take_change(self, change: PersonChange) -> str:
        if fault := change_fault(change, self.people):
            return fault
        if change.what in AT_ONCE:
            self._carry_out(change)
        else:
            self._open[change.id] = change
        return ""

    def _confirm(self, word: Confirmation, at: datetime) -> str:
        change = self._open.get(word.of)
        if change is None:
            return "there is nothing to confirm"
        if fault := confirm_fault(word.by, change, self.people):
            return fault
        del self._open[change.id]
        self._due[change.id] = (at + DELAY, change, word.by)
        return ""

    def apply_due(self, at: datetime) -> None:
        for id_, (due, change, _) in sorted(self._due.items(), key=lambda item: item[1][0]):
            if due <= at:
                del self._due[id_]
                self._carry_out(change)

    def _carry_out(self, change: PersonChange) -> None:
        person = self.people[change.person]
        update: dict[str, object] = {}
        if change.what == "deactivate":
            update = {"active": False}
            self._drop(change.person)
        elif change.what == "key":
            update = {"public_key": change.public_key}
            self._former[person.id] = (*self._former.get(person.id, ()), person.public_key)
        elif change.what == "grant" and change.role not in person.roles:
            update = {"roles": (*person.roles, change.role)}
        elif change.what == "revoke":
            update = {"roles": tuple(role for role in person.roles if role != change.role)}
            self._drop(change.person, change)
        self.people[person.id] = person.model_copy(update=update)

    def _drop(self, person: str, revoked: PersonChange | None = None) -> None:
        """What was on its way to a person is over when they leave, or lose that very role."""

        def over(change: PersonChange) -> bool:
            whole = revoked is None or (change.what, change.role) == ("grant", revoked.role)
            return change.person == person and whole

        self._open = {id_: c for id_, c in self._open.items() if not over(c)}
        self._due = {id_: entry for id_, entry in self._due.items() if not over(entry[1])}

    def standing(self) -> Standing:
        waiting = [_pending(change) for change in self._open.values()]
        waiting += [_pending(change, who, due) for due, change, who in self._due.values()]
        everybody = tuple(self.people.values())
        return Standing(everybody, tuple(waiting), tuple(self.void), self._former)


def change_fault(change: PersonChange, people: Mapping[str, Person]) -> str:
    """Why somebody may not propose this change now; empty when they may."""
    person = people.get(change.person)
    if person is None:
        return f"there is no person {change.person}"
    if not person.active:
        return f"{person.id} is not active"
    if change.what in ("grant", "key") and change.by == change.person:
        return f"it is about {person.id}, who takes no part in it"
    verdict = authorise(people[change.by], ACTIONS[change.what], Matter(subject=change.person))
    return verdict.reason if isinstance(verdict, Denied) else ""


def confirm_fault(by: str, change: PersonChange, people: Mapping[str, Person]) -> str:
    """Why somebody may not confirm this change now; empty when they may."""
    matter = Matter(maker=change.by, subject=change.person)
    verdict = authorise(people[by], Action.CONFIRM_GRANT, matter)
    return verdict.reason if isinstance(verdict, Denied) else ""


def can_grant(people: Iterable[Person]) -> bool:
    """Whether a role or key can still be given: somebody proposes it, and another one confirms."""
    everybody = list(people)
    proposers = [p for p in everybody if not isinstance(authorise(p, Action.GRANT), Denied)]
    return any(
        not isinstance(authorise(other, Action.CONFIRM_GRANT, Matter(maker=one.id)), Denied)
        for one in proposers
        for other in everybody
        if other.id != one.id
    )


def describe(change: PersonChange) -> str:
    """A change in words, without the person."""
    role = change.role.value.replace("_", " ") if change.role else ""
    return {
        "grant": f"becomes {role}",
        "revoke": f"is {role} no longer",
        "deactivate": "is not active any more",
        "key": f"gets the key {key_name(change.public_key)}",
    }[change.what]


def _pending(change: PersonChange, who: str = "", due: datetime | None = None) -> PendingChange:
    return PendingChange(
        id=change.id,
        person=change.person,
        change=describe(change),
        by=change.by,
        confirmed_by=who,
        holds_from=due.isoformat() if due else "",
        accelerated=change.accelerated,
    )
