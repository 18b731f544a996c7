"""Requests for more at a gate: asked, answered, closed by whoever asked."""

from pathlib import Path

from tuneworthy.core.errors import BlockedProblem, ConfigProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.words import Ask, AskReply, AskState
from tuneworthy.govern import Action, ask_states, may_close
from tuneworthy.lifecycle import access, people, words
from tuneworthy.lifecycle.evidence_called import evidence_called
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short


def ask(
    runtime: Runtime, gate: GateName, subject: str, by: str, text: str, key: Path | None = None
) -> Ask:
    """Ask for more before a gate is approved; nothing is approved there until it is closed.

    Raises BlockedProblem, NeedsPersonProblem or UsageProblem.
    """
    access.require(runtime, people.find(runtime, by), Action.ASK)
    word = words.sign(runtime, Ask, words.draft(runtime, by, text, gate=gate, subject=subject), key)
    words.keep(runtime, "gate.ask", word, after=f"{gate.value}: {text}")
    return word


def reply(
    runtime: Runtime, name: str, by: str, text: str, evidence: str = "", key: Path | None = None
) -> AskReply:
    """Answer an ask, by words or by evidence too (an id, or its first digits).

    Raises ConfigProblem for an ask or evidence that is not there.
    """
    found = evidence_called(runtime, evidence).id if evidence else ""
    return _said(runtime, named(runtime, name), by, text, found, key)


def close(runtime: Runtime, name: str, by: str, text: str, key: Path | None = None) -> AskReply:
    """The asker's word that it is done with, answered or not; a governance owner may too.

    Raises BlockedProblem when it is not theirs to close.
    """
    found = named(runtime, name)
    person = people.find(runtime, by)
    access.require(runtime, person, Action.WITHDRAW_ASK)
    if not may_close(person, found):
        raise BlockedProblem(
            "not_their_ask",
            f"{person.name} did not ask this.",
            why=f"'{found.by}' did, and says when it is answered; a governance owner may too.",
            fix="tuneworthy gate asks",
        )
    return _said(runtime, found, by, text, "", key, closes=True)


def states(runtime: Runtime, gate: GateName, subject: str) -> tuple[AskState, ...]:
    """Every ask about what a gate decides on now, open or closed, oldest first."""
    asks = words.rows(runtime, Ask)
    if not asks:
        return ()
    known = {person.id: person for person in people.everyone(runtime)}
    replies = words.rows(runtime, AskReply)
    return ask_states([a for a in asks if a.gate == gate], replies, known, subject=subject)


def refuse_open(runtime: Runtime, gate: GateName, subject: str) -> None:
    """Raise BlockedProblem while somebody waits for an answer at this gate."""
    still = [one for one in states(runtime, gate, subject) if not one.closed_at]
    if still:
        raise BlockedProblem(
            "ask_open",
            f"The {gate.value} gate cannot be approved yet: {still[0].by} asked for more.",
            why=f"{still[0].text} ({short(still[0].id)})",
            fix=f"tuneworthy gate answer {short(still[0].id)} --by PERSON --text '...'",
        )


def named(runtime: Runtime, name: str) -> Ask:
    """The ask whose id starts so. Raises ConfigProblem."""
    start = name.removeprefix("sha256:")
    asks = words.genuine(runtime, Ask)
    found = [a for a in asks if len(start) >= 6 and short(a.id, 64).startswith(start)]
    if len(found) != 1:
        raise ConfigProblem(
            "no_such_ask",
            f"{len(found) or 'No'} request{'s' if len(found) > 1 else ''} named '{name[:80]}'.",
            fix="tuneworthy gate asks",
        )
    return found[0]


def _said(
    runtime: Runtime,
    to: Ask,
    by: str,
    text: str,
    evidence: str,
    key: Path | None,
    *,
    closes: bool = False,
) -> AskReply:
    access.require(runtime, people.find(runtime, by), Action.ANSWER_ASK)
    facts = words.draft(runtime, by, text, of=to.id, closes=closes, evidence=evidence)
    word = words.sign(runtime, AskReply, facts, key)
    words.keep(runtime, "gate.close_ask" if closes else "gate.answer", word, after=to.id)
    return word
