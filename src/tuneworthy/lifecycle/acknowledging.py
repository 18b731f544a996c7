"""A person takes an alert upon themselves, or decides on a proposal; with its audit event."""

from typing import Literal

from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.monitoring import Alert, Proposal
from tuneworthy.lifecycle import monitoring, people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

Decision = Literal["", "accepted", "declined"]

SHORTEST = 4
"""Digits by which an alert or proposal may be named."""


def acknowledge(
    runtime: Runtime, name: str, by: str, reason: str, decision: Decision = ""
) -> Alert | Proposal:
    """Say who looks after an alert, or what becomes of a proposal; it is said once.

    Args:
        runtime: The project.
        name: Id of an alert or a proposal, or its first digits.
        by: The person's id.
        reason: What they make of it.
        decision: What becomes of a proposal; empty for an alert.

    Raises:
        ConfigProblem: There is no such person, alert or proposal.
        UsageProblem: It was said before, or the decision is missing or out of place.
        ConflictProblem: Somebody else said it at the same moment.
    """
    person = people.find(runtime, by)
    if not reason.strip():
        raise UsageProblem("no_reason", "An acknowledgement needs a reason.", fix="--reason '...'")
    found = _called(runtime, name)
    _require_sensible(found, decision)
    expected = runtime.store.generation(type(found), found.id)
    state = decision or "acknowledged"
    update = {"state": state, "said_by": person.id, "said": reason, "said_at": runtime.now()}
    said = found.model_copy(update=update)
    action = "alert.acknowledge" if isinstance(said, Alert) else f"proposal.{decision}"
    facts = {"actor": person.id, "reason": reason, "before": found.state, "after": state}
    with runtime.change(action, (said.kind, said.id, digest(said)), **facts) as change:
        change.put(said, expect=expected)
    return said


def _called(runtime: Runtime, name: str) -> Alert | Proposal:
    start = name.removeprefix("sha256:")
    known: list[Alert | Proposal] = [*monitoring.alerts(runtime), *monitoring.proposals(runtime)]
    found = [one for one in known if one.id == name or _short(one.id).startswith(start)]
    if len(start) < SHORTEST or len(found) != 1:
        open_ = ", ".join(_short(one.id)[:12] for one in known if one.state == "open")
        raise ConfigProblem(
            "no_such_alert",
            f"{len(found) if len(start) >= SHORTEST and found else 'No'} alert or proposal is "
            f"called '{name[:80]}'.",
            why=f"Open are: {open_}." if open_ else "None is open.",
            fix="tuneworthy drift report",
        )
    return found[0]


def _require_sensible(found: Alert | Proposal, decision: Decision) -> None:
    what = "alert" if isinstance(found, Alert) else "proposal"
    if found.state != "open":
        who = f" by {found.said_by}: {found.said}" if found.said_by else ""
        raise UsageProblem(
            "said_before", f"This {what} is {found.state} already{who}.", fix="tuneworthy status"
        )
    if isinstance(found, Proposal) and not decision:
        raise UsageProblem(
            "no_decision",
            "A proposal is accepted or declined.",
            why=f"It proposes: {found.action.replace('_', ' ')}.",
            fix="Add --accept or --decline.",
        )
    if isinstance(found, Alert) and decision:
        raise UsageProblem(
            "no_proposal", "An alert is acknowledged, not decided on.", fix="Leave --accept away."
        )


def _short(id_: str) -> str:
    return short(id_, 64)
