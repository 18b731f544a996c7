"""Exceptions from one piece of evidence at one gate: given, ended, and which count now."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.words import ExceptionEnd, GateException
from tuneworthy.govern import (
    Action,
    Matter,
    ended,
    exception_fault,
    exception_in_words,
    firm_fault,
)
from tuneworthy.lifecycle import access, people, policies, words
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short

LONGEST_DAYS = 30


def give(
    runtime: Runtime,
    gate: GateName,
    about: str,
    *,
    subject: str,
    submitted_by: str,
    by: str,
    owner: str,
    until: str,
    reason: str,
    key: Path | None = None,
) -> GateException:
    """Sign that a gate does without a piece of evidence until the end of a day.

    Raises UsageProblem for a date or a name that will not do, BlockedProblem when the person may
    not, or there is no exception from this evidence.
    """
    ends = _end_of(runtime, until)
    if not subject:
        raise BlockedProblem(
            "no_subject",
            f"The {gate.value} gate has nothing to decide on yet.",
            why="An exception is about one dataset or model.",
            fix=f"tuneworthy gate show {gate.value}",
        )
    person = people.find(runtime, by)
    if not people.find(runtime, owner).active:
        raise BlockedProblem("not_active", f"'{owner}' is not active and can own nothing.")
    fix = "Ask a governance owner or compliance reviewer: tuneworthy people list"
    access.require(runtime, person, Action.EXCEPT, Matter(maker=submitted_by), fix=fix)
    facts = words.draft(
        runtime, by, reason, gate=gate, about=about, subject=subject, owner=owner, until=ends
    )
    draft = GateException.model_validate({**facts, "id": "", "envelope": {}})
    if fault := firm_fault(about, draft, policies.in_force(runtime)):
        raise BlockedProblem(
            "no_exception",
            f"{fault[0].upper()}{fault[1:]}.",
            fix=f"tuneworthy gate show {gate.value}",
        )
    word = words.sign(runtime, GateException, facts, key)
    words.keep(runtime, "gate.except", word, after=f"{gate.value} {exception_in_words(word)}")
    return word


def end(runtime: Runtime, name: str, by: str, reason: str, key: Path | None = None) -> ExceptionEnd:
    """End an exception before its time. Raises ConfigProblem or BlockedProblem."""
    start = name.removeprefix("sha256:")
    found = [
        one
        for one in words.genuine(runtime, GateException)
        if len(start) >= 6 and short(one.id, 64).startswith(start)
    ]
    if len(found) != 1:
        raise ConfigProblem(
            "no_such_exception",
            f"{len(found) or 'No'} exception{'s' if len(found) > 1 else ''} named '{name[:80]}'.",
            fix="tuneworthy gate exceptions",
        )
    access.require(runtime, people.find(runtime, by), Action.END_EXCEPTION)
    word = words.sign(runtime, ExceptionEnd, words.draft(runtime, by, reason, of=found[0].id), key)
    words.keep(runtime, "gate.end_exception", word, after=found[0].id)
    return word


def all_of(runtime: Runtime) -> list[GateException]:
    """Every exception that an officer signed, in force or not, oldest first."""
    return words.genuine(runtime, GateException)


def counting(
    runtime: Runtime, gate: GateName, subject: str, submitted_by: str
) -> Mapping[str, GateException]:
    """The exceptions that excuse something at a gate now, by what they excuse; newest counts."""
    rows = words.rows(runtime, GateException)
    if not rows:
        return {}
    known = {person.id: person for person in people.everyone(runtime)}
    over = ended(words.rows(runtime, ExceptionEnd), known)
    return {
        one.about: one
        for one in rows
        if one.gate == gate
        and one.id not in over
        and not exception_fault(
            one,
            known,
            policies.in_force(runtime),
            subject=subject,
            submitted_by=submitted_by,
            now=runtime.clock.now(),
        )
    }


def _end_of(runtime: Runtime, until: str) -> str:
    """The last second of a day that is at most thirty days off, as a stamp."""
    today = runtime.clock.now().date()
    try:
        day = date.fromisoformat(until)
    except ValueError as fault:
        raise UsageProblem(
            "bad_date", f"'{until[:40]}' is no date.", fix=f"--until {today + timedelta(days=14)}"
        ) from fault
    if not today <= day <= today + timedelta(days=LONGEST_DAYS):
        raise UsageProblem(
            "bad_span",
            f"An exception ends within {LONGEST_DAYS} days; {until} is not among them.",
            fix=f"--until {today + timedelta(days=LONGEST_DAYS)} at the latest",
        )
    zone = runtime.clock.now().tzinfo
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone).isoformat()
