"""When a gate may do without a piece of evidence: signed by an officer, for a while, owned."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import ExceptionEnd, GateException
from tuneworthy.govern.authorise import Denied, Matter, authorise
from tuneworthy.govern.moments import moment
from tuneworthy.govern.policy import Policy
from tuneworthy.govern.rules import Action
from tuneworthy.govern.words import word_fault

LONGEST = timedelta(days=30)
"""How long an exception may stand."""


def exception_fault(
    exception: GateException,
    people: Mapping[str, Person],
    policy: Policy,
    *,
    subject: str,
    submitted_by: str,
    now: datetime,
) -> str:
    """Why an exception excuses nothing now, in words; empty when it does.

    Args:
        exception: A row; nothing in it is trusted without its signature.
        people: Everybody who counts.
        policy: The policy in force.
        subject: What the gate decides on now.
        submitted_by: Who submitted the training run; they except nothing of it.
        now: The present moment.
    """
    signer = people.get(exception.by)
    fault = word_fault(exception, signer) or _span_fault(exception, now)
    if fault:
        return fault
    if not subject or exception.subject != subject:
        return "it was given for another dataset or model"
    if fault := firm_fault(exception.about, exception, policy):
        return fault
    owner = people.get(exception.owner)
    if owner is None or not owner.active:
        return f"its owner {exception.owner} is nobody who is active"
    verdict = authorise(signer, Action.EXCEPT, Matter(maker=submitted_by), policy=policy)
    return verdict.reason if isinstance(verdict, Denied) else ""


def firm_fault(about: str, exception: GateException, policy: Policy) -> str:
    """Why no exception is possible from this evidence at all; empty when one is."""
    required = {one.about: one for one in policy.gates[exception.gate].requires}
    found = required.get(about)
    if found is None:
        return f"the {exception.gate.value} gate does not ask for {about}"
    if found.signed or found.firm:
        return f"there is no exception from {about}: it is a signature, or proves integrity"
    return ""


def _span_fault(exception: GateException, now: datetime) -> str:
    begins, ends = moment(exception.created_at), moment(exception.until)
    if begins is None or ends is None:
        return "its times cannot be read"
    if now >= ends:
        return f"it ended at {exception.until}"
    if begins > now:
        return "its time has not come yet"
    # A day is named whole: until the end of the thirtieth day after.
    if ends.date() - begins.date() > LONGEST:
        return f"it stands longer than {LONGEST.days} days"
    return ""


def ended(ends: Iterable[ExceptionEnd], people: Mapping[str, Person]) -> set[str]:
    """Ids of the exceptions that an officer has ended before their time."""
    return {
        one.of
        for one in ends
        if not word_fault(one, people.get(one.by))
        and not isinstance(authorise(people[one.by], Action.END_EXCEPTION), Denied)
    }


def in_words(exception: GateException) -> str:
    """One line for people."""
    return (
        f"{exception.about}: does without until {exception.until[:10]}, "
        f"owner {exception.owner}, signed by {exception.by}: {exception.reason}"
    )
