"""Roles given and taken, people put out of duty, keys changed: each by signed words."""

from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Confirmation, PendingChange, PersonChange
from tuneworthy.govern import (
    ACTIONS,
    AT_ONCE,
    Action,
    Matter,
    can_grant,
    confirm_fault,
    describe,
)
from tuneworthy.lifecycle import access, people, words
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short


def grant(
    runtime: Runtime, person: str, role: str, by: str, reason: str, key: Path | None = None
) -> PersonChange:
    """Propose that a person holds one more role; it waits for ``confirm``, and then a day.

    Raises UsageProblem, ConfigProblem, BlockedProblem or NeedsPersonProblem.
    """
    wanted = _role(role)
    if wanted in people.find(runtime, person).roles:
        raise UsageProblem("role_held", f"'{person}' is {role} already.")
    return _propose(runtime, "grant", person, by, reason, key, role=wanted)


def revoke(
    runtime: Runtime,
    person: str,
    role: str,
    by: str,
    reason: str,
    key: Path | None = None,
    *,
    anyway: bool = False,
) -> PersonChange:
    """Take a role from a person, at once. Raises as ``deactivate``."""
    wanted = _role(role)
    waits = any(p.person == person for p in pending(runtime))
    known = people.find(runtime, person)
    if wanted not in known.roles and not waits:
        raise UsageProblem("role_not_held", f"'{person}' is no {role}.")
    left = tuple(one for one in known.roles if one != wanted)
    after = None if anyway else known.model_copy(update={"roles": left})
    return _propose(runtime, "revoke", person, by, reason, key, role=wanted, after=after)


def deactivate(
    runtime: Runtime,
    person: str,
    by: str,
    reason: str,
    key: Path | None = None,
    *,
    anyway: bool = False,
) -> PersonChange:
    """Put a person out of duty, at once; what they signed stays on record.

    Raises as ``grant``, and BlockedProblem where nobody could give a role afterwards, unless
    ``anyway`` says that it is known.
    """
    gone = people.find(runtime, person).model_copy(update={"active": False})
    after = None if anyway else gone
    return _propose(runtime, "deactivate", person, by, reason, key, after=after)


def change_key(
    runtime: Runtime, person: str, public_key: str, by: str, reason: str, key: Path | None = None
) -> PersonChange:
    """Propose another public key (64 hex digits, or a passkey) for a person; it waits as a grant.

    Raises as ``grant``.
    """
    people.require_key(public_key)
    if public_key in {one.public_key for one in people.everyone(runtime)}:
        raise UsageProblem("key_in_use", "That is somebody's key already.")
    return _propose(runtime, "key", person, by, reason, key, public_key=public_key)


def confirm(
    runtime: Runtime, change: str, by: str, reason: str, key: Path | None = None
) -> PendingChange:
    """A second person's word for a proposed change; it holds a day later.

    Raises BlockedProblem when they may not confirm it, ConfigProblem when nothing waits.
    """
    waiting = next((p for p in _named(runtime, change) if not p.confirmed_by), None)
    if waiting is None:
        raise ConfigProblem(
            "nothing_to_confirm",
            f"No change '{change}' waits for a confirmation.",
            fix="tuneworthy people pending",
        )
    proposed = runtime.store.get(PersonChange, waiting.id)
    person = people.find(runtime, by)
    if proposed is None or confirm_fault(by, proposed, {person.id: person}):
        maker, subject = (proposed.by, proposed.person) if proposed else ("", "")
        matter = Matter(maker=maker, subject=subject)
        access.require(runtime, person, Action.CONFIRM_GRANT, matter, fix=_OTHERS)
    facts = words.draft(runtime, by, reason, of=waiting.id)
    word = words.sign(runtime, Confirmation, facts, key)
    words.keep(runtime, "person.confirm", word, after=f"{waiting.person} {waiting.change}")
    return next(p for p in pending(runtime) if p.id == waiting.id)


def pending(runtime: Runtime) -> list[PendingChange]:
    """Changes that do not hold yet: without a confirmation, or within a day of it."""
    return list(people.standing(runtime).pending)


def _propose(
    runtime: Runtime,
    what: str,
    person_id: str,
    by: str,
    reason: str,
    key: Path | None,
    *,
    role: Role | None = None,
    public_key: str = "",
    after: Person | None = None,
) -> PersonChange:
    """``after``: the person as they are then, where somebody must still be there to give roles."""
    person, proposer = people.find(runtime, person_id), people.find(runtime, by)
    _refuse_unfit(person)
    if what not in AT_ONCE and person.id == by:
        raise BlockedProblem(
            "about_themselves",
            f"{person.name} cannot propose this for themselves.",
            why="A role and a key are given by two others.",
            fix=_OTHERS,
        )
    access.require(runtime, proposer, ACTIONS[what], Matter(subject=person.id), fix=_OTHERS)
    if after:
        _refuse_last(runtime, after)
    facts = words.draft(
        runtime, by, reason, what=what, person=person.id, role=role, public_key=public_key
    )
    word = words.sign(runtime, PersonChange, facts, key)
    words.keep(runtime, f"person.{what}", word, after=f"{person.id} {describe(word)}")
    return word


def _refuse_last(runtime: Runtime, after: Person) -> None:
    """Raise BlockedProblem where ``after`` leaves too few to give anybody a role or a key again."""
    now = people.everyone(runtime)
    then = [after if person.id == after.id else person for person in now]
    if can_grant(then) or not can_grant(now):
        return
    raise BlockedProblem(
        "last_who_grant",
        f"Without {after.name} nobody could give a role or a key any more, for ever.",
        why="It takes two: a governance owner, business owner or compliance reviewer who confirms "
        "what another of them, or a platform admin, proposed.",
        fix="Let a successor have such a role first: tuneworthy people grant PERSON ROLE --by "
        "PERSON --reason '...'   (or, if it cannot wait: --anyway)",
    )


_OTHERS = "Ask a governance owner, business owner or compliance reviewer: tuneworthy people list"


def _refuse_unfit(person: Person) -> None:
    if not person.active:
        raise BlockedProblem("not_active", f"{person.name} is not active any more.")


def _named(runtime: Runtime, change: str) -> list[PendingChange]:
    """What waits under this name: a person's id, or the first digits of the change's own."""
    start = change.removeprefix("sha256:")
    return [
        one
        for one in pending(runtime)
        if one.person == change or (len(start) >= 6 and short(one.id, 64).startswith(start))
    ]


def _role(name: str) -> Role:
    if name not in list(Role):
        raise UsageProblem(
            "no_such_role",
            f"There is no role '{name}'.",
            fix="One of: " + ", ".join(role.value for role in Role),
        )
    return Role(name)
