"""Passwords: set, and checked at sign-in with a count of failures that finds no names out."""

import math
from ipaddress import ip_address, ip_network
from typing import NoReturn

from tuneworthy.core.errors import (
    BlockedProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.account import Password, SignedIn
from tuneworthy.core.nouns.people import Person
from tuneworthy.govern import Action
from tuneworthy.govern.sign_in import ACCOUNT_MOST, FORGET, account_wait, address_wait
from tuneworthy.lifecycle import access, people, sessions
from tuneworthy.lifecycle.named_accounts import SET
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.passkey import is_passkey
from tuneworthy.methods.password import hash_password, nobodys, right_password, weakness
from tuneworthy.methods.session_token import secret_digest

_LONGEST_NAME = 200


def set_password(runtime: Runtime, person: str, password: str) -> None:
    """Give a person another password: one's own, or anybody's by who keeps the accounts.

    All their sessions end, and failed tries are forgotten. Raises UsageProblem for a weak one,
    ConfigProblem for a name that is nobody's, BlockedProblem.
    """
    who = access.caller(runtime)
    own = who is not None and who.id == person
    access.require(runtime, who, Action.OWN_ACCOUNT if own else Action.KEEP_ACCOUNTS)
    holder = people.find(runtime, person)
    project = runtime.project
    if fault := weakness(password, [holder.id, holder.name, project.id, "tuneworthy"]):
        raise UsageProblem(
            "weak_password",
            f"This password of '{person}' is not taken.",
            why=f"{fault}.",
            fix="Choose one of 15 characters or more that nobody else would, such as four words.",
        )
    kept = Password(
        id=f"{project.id}:{person}",
        project=project.id,
        person=person,
        hash=hash_password(password),
        set_at=runtime.now(),
        set_by=runtime.actor,
    )
    with runtime.change(SET, (Password.kind, kept.id, ""), on_behalf_of=person) as change:
        change.put(kept)
        change.accounts.end_sessions(project.id, person)
    runtime.store.accounts.settle(account_key(runtime, person))


def sign_in(
    runtime: Runtime, person: str, password: str, address: str = "", *, replaces: str = ""
) -> SignedIn:
    """A session for whoever knows the password. An unknown name is answered as a wrong password.

    Args:
        runtime: The project.
        person: The id that somebody typed.
        password: What they typed.
        address: Their network address.
        replaces: Token of the session that the browser had before.

    Raises:
        NeedsPersonProblem: ``sign_in_refused``.
        BlockedProblem: ``too_many_tries``; it names the seconds to wait.
    """
    count_try(runtime, address, person)
    holder = holder_of(runtime, person)
    kept = _kept(runtime, holder)
    right = right_password(kept.hash if kept else nobodys(), password)
    if not right or holder is None or kept is None:
        _refuse(runtime, holder)
    runtime.store.accounts.settle(account_key(runtime, person), [place_key(address)])
    return sessions.begin(
        runtime,
        holder.id,
        "password",
        replaces=replaces,
        still=lambda: _kept(runtime, holder) == kept,
    )


def has_any(runtime: Runtime) -> bool:
    """Whether anybody who is active has a passkey, or a password that counts."""
    return any(
        p.active and (is_passkey(p.public_key) or _kept(runtime, p) is not None)
        for p in people.everyone(runtime)
    )


def _refuse(runtime: Runtime, holder: Person | None) -> NoReturn:
    # A name is written down only if it is somebody's: people type passwords into the wrong field.
    name = holder.id if holder else "unknown"
    what = ("person", name, "")
    event = runtime.event(
        "session.refuse", what, actor=name, auth_method="password", decision="deny"
    )
    runtime.store.note(event)
    raise NeedsPersonProblem(
        "sign_in_refused",
        "Name or password is wrong.",
        why="It is not said which of both.",
        fix="Try again, or ask a colleague for another one: tuneworthy people password PERSON",
    )


def count_try(runtime: Runtime, address: str, person: str = "") -> None:
    """Count a try before it is made, so that many at once are no way around the limit.

    Raises BlockedProblem (``too_many_tries``).
    """
    now = runtime.clock.now()
    wait = {place_key(address): address_wait(now)}
    if person:
        wait[account_key(runtime, person)] = account_wait(now)
    forget = (now - FORGET).isoformat(timespec="milliseconds")
    left = runtime.store.accounts.count_try(wait, runtime.now(), forget, ACCOUNT_MOST)
    if left > 0:
        raise BlockedProblem(
            "too_many_tries",
            f"Too many tries failed. Wait {math.ceil(left)} seconds.",
            why="Names and addresses are slowed down after failures, known or not.",
            fix="Wait, or ask a colleague for another one: tuneworthy people password PERSON",
        )


def holder_of(runtime: Runtime, person: str) -> Person | None:
    """The active person of an id, or None."""
    return next((p for p in people.everyone(runtime) if p.id == person and p.active), None)


def _kept(runtime: Runtime, holder: Person | None) -> Password | None:
    """The password that the audit chain names. Raises IntegrityProblem for another one."""
    if holder is None:
        return None
    id_ = f"{runtime.project.id}:{holder.id}"
    runtime.accounts.read_on(runtime.store)
    named = runtime.accounts.credentials.get((Password.kind, id_), "")
    row = runtime.store.get(Password, id_)
    if named != (digest(row) if row else ""):
        raise IntegrityProblem(
            "password_changed",
            f"The password of '{holder.id}' is not the one that the audit chain names.",
            why="It was changed in the database past this program.",
            fix=f"tuneworthy people password {holder.id}",
        )
    return row


def account_key(runtime: Runtime, person: str) -> str:
    """Under what the failed tries of a name are counted, whether it is somebody's or not."""
    return secret_digest(f"account\0{runtime.project.id}\0{person}"[:_LONGEST_NAME])


def place_key(address: str) -> str:
    """Under what the failed tries from a network address are counted.

    Of IPv6 the first 64 bits, as whoever has one address of such a network has them all.
    """
    try:
        found = ip_address(address)
    except ValueError:
        place = address
    else:
        inside = getattr(found, "ipv4_mapped", None) or found
        place = str(ip_network((inside, 64), strict=False)) if inside.version == 6 else str(inside)
    return secret_digest(f"address\0{place}"[:_LONGEST_NAME])
