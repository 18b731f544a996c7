"""A file of rules that asks for less counts once two people have signed for it."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import Confirmation, PolicyChange
from tuneworthy.govern import Action, Denied, Matter, authorise
from tuneworthy.lifecycle import people, words
from tuneworthy.lifecycle.wiring import Runtime


def signed(runtime: Runtime, before: str, after: str) -> bool:
    """Whether two people, who may, have signed for going over from one digest to another."""
    known = {person.id: person for person in people.everyone(runtime)}
    said = words.genuine(runtime, Confirmation)
    return any(
        (change.before, change.after) == (before, after)
        and any(
            one.of == change.id
            and _may(known[one.by], Action.CONFIRM_POLICY, Matter(maker=change.by))
            for one in said
        )
        for change in proposals(runtime)
    )


def proposals(runtime: Runtime) -> list[PolicyChange]:
    """Every proposal that its person signed, who may, oldest first."""
    known = {person.id: person for person in people.everyone(runtime)}
    return [
        change
        for change in words.genuine(runtime, PolicyChange)
        if _may(known[change.by], Action.CHANGE_POLICY, Matter())
    ]


def proposed_by(runtime: Runtime, after: str) -> str:
    """Whose proposal for these rules is on record; empty when nobody's is."""
    return next((one.by for one in proposals(runtime) if one.after == after), "")


def propose(
    runtime: Runtime,
    by: str,
    reason: str,
    *,
    before: str,
    after: str,
    less: Sequence[str],
    key: Path | None = None,
) -> PolicyChange:
    """A governance owner's word for rules that ask for less; it waits for another's.

    Args:
        runtime: The project.
        by: Who signs.
        reason: Why.
        before: Digest of the rules in force.
        after: Digest of those that are to be.
        less: What they ask for less, in words.
        key: The person's private key.

    Raises BlockedProblem, NeedsPersonProblem or UsageProblem.
    """
    _require(runtime, people.find(runtime, by), Action.CHANGE_POLICY, Matter())
    facts = words.draft(runtime, by, reason, before=before, after=after, laxer=tuple(less))
    word = words.sign(runtime, PolicyChange, facts, key)
    words.keep(runtime, "policy.propose", word, after=f"{after}: {'; '.join(less)}")
    return word


def confirm(
    runtime: Runtime, by: str, reason: str, *, after: str, show: str, key: Path | None = None
) -> None:
    """A second person's word for the rules with this digest; they count from then on.

    ``show`` is the command that shows what waits. Raises UsageProblem when nothing does,
    BlockedProblem or NeedsPersonProblem.
    """
    waiting = [one for one in proposals(runtime) if after and one.after == after]
    if not waiting:
        raise UsageProblem("nothing_to_confirm", "No proposal waits for a confirmation.", fix=show)
    proposal = waiting[-1]
    _require(runtime, people.find(runtime, by), Action.CONFIRM_POLICY, Matter(maker=proposal.by))
    word = words.sign(runtime, Confirmation, words.draft(runtime, by, reason, of=proposal.id), key)
    words.keep(runtime, "policy.confirm", word, after=proposal.after)


def _may(person: Person, action: Action, on: Matter) -> bool:
    return not isinstance(authorise(person, action, on), Denied)


def _require(runtime: Runtime, person: Person, action: Action, on: Matter) -> None:
    verdict = authorise(person, action, on)
    if isinstance(verdict, Denied):
        what = ("action", action.value, "")
        more = {"actor": person.id, "decision": "deny", "reason": verdict.reason}
        runtime.store.note(runtime.event("access.refuse", what, **more))
        raise BlockedProblem(
            "not_allowed",
            f"{person.name} may not {action.value.replace('_', ' ')}.",
            why=f"{verdict.reason[0].upper()}{verdict.reason[1:]}.",
            fix="tuneworthy people list",
        )
