"""Requests for a gate's decision: made by one person, decided on by others."""

from pathlib import Path

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.words import GateRequest
from tuneworthy.govern import Action, requests_about
from tuneworthy.lifecycle import access, people, policies, words
from tuneworthy.lifecycle.wiring import Runtime


def request(
    runtime: Runtime,
    gate: GateName,
    subject: str,
    by: str,
    reason: str,
    key: Path | None = None,
) -> GateRequest:
    """Ask for a decision on what a gate decides on now; whoever asks does not decide.

    Raises BlockedProblem, NeedsPersonProblem or UsageProblem.
    """
    access.require(runtime, people.find(runtime, by), Action.REQUEST)
    if not subject:
        raise BlockedProblem(
            "no_subject",
            f"The {gate.value} gate has nothing to decide on yet.",
            why="A request is about one dataset or model.",
            fix=f"tuneworthy gate show {gate.value}",
        )
    facts = words.draft(runtime, by, reason, gate=gate, subject=subject)
    word = words.sign(runtime, GateRequest, facts, key)
    words.keep(runtime, "gate.request", word, after=f"{gate.value}: {reason}")
    return word


def about(runtime: Runtime, gate: GateName, subject: str) -> tuple[GateRequest, ...]:
    """Every request for this gate's decision about a subject, oldest first.

    Raises IntegrityProblem when one that the audit chain names is gone.
    """
    rows = words.rows(runtime, GateRequest)
    if not rows:
        return ()
    known = {person.id: person for person in people.everyone(runtime)}
    return requests_about([one for one in rows if one.gate == gate], known, subject=subject)


def askers(runtime: Runtime, gate: GateName, subject: str) -> frozenset[str]:
    """Who asked for this gate's decision about a subject, and so does not give it."""
    return frozenset(one.by for one in about(runtime, gate, subject))


def left_alone(runtime: Runtime, gate: GateName, subject: str) -> tuple[Role, ...]:
    """The roles of a gate that nobody active holds but those who asked for its decision."""
    asked = askers(runtime, gate, subject)
    able = [p for p in people.everyone(runtime) if p.active and p.id not in asked]
    held = {role for person in able for role in person.roles}
    return tuple(role for role in policies.in_force(runtime).roles(gate) if role not in held)
