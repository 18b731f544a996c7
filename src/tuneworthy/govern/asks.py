"""Requests for more before a gate is approved, and whether they are still open."""

from collections.abc import Iterable, Mapping, Sequence

from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Ask, AskReply, AskState
from tuneworthy.govern.authorise import Denied, authorise
from tuneworthy.govern.moments import moment
from tuneworthy.govern.rules import Action
from tuneworthy.govern.words import word_fault


def ask_states(
    asks: Iterable[Ask],
    replies: Iterable[AskReply],
    people: Mapping[str, Person],
    *,
    subject: str,
) -> tuple[AskState, ...]:
    """The genuine asks about this subject, each with what was said to it, oldest first.

    An ask is over when its asker says so; a governance owner may, for one who cannot.
    """
    said = [one for one in replies if _good(one, people, Action.ANSWER_ASK)]
    found = []
    for ask in asks:
        if ask.subject != subject or not _good(ask, people, Action.ASK):
            continue
        own = [one for one in said if one.of == ask.id]
        closing = [one.created_at for one in own if may_close(people[one.by], ask) and one.closes]
        found.append(
            AskState(
                id=ask.id,
                gate=ask.gate,
                by=ask.by,
                text=ask.reason,
                created_at=ask.created_at,
                closed_at=min(closing, default=""),
                replies=tuple(f"{one.by}: {one.reason}" for one in own),
            )
        )
    return tuple(found)


def may_close(person: Person, ask: Ask) -> bool:
    """Whether a person's word ends an ask."""
    allowed = not isinstance(authorise(person, Action.WITHDRAW_ASK), Denied)
    return allowed and (person.id == ask.by or Role.GOVERNANCE_OWNER in person.roles)


def ask_fault(approval: Approval, asks: Sequence[AskState]) -> str:
    """Why an approval does not count for having been given over an open ask; empty if it does."""
    given = moment(approval.created_at)
    for ask in asks:
        asked, closed = moment(ask.created_at), moment(ask.closed_at)
        if given is None or asked is None or given < asked:
            continue
        if approval.decision == "approve" and (closed is None or given < closed):
            return f"{ask.by} had asked for more: {ask.text}"
    return ""


def _good(word: Ask | AskReply, people: Mapping[str, Person], action: Action) -> bool:
    person = people.get(word.by)
    if person is None or word_fault(word, person):
        return False
    return not isinstance(authorise(person, action), Denied)
