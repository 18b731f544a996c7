"""How a person's signed word enters the ledger: signed with their own key, with its audit event."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import (
    Ask,
    AskReply,
    ExceptionEnd,
    GateException,
    GateRequest,
    SignedWord,
)
from tuneworthy.govern import make_word, word_fault
from tuneworthy.lifecycle import hands, people
from tuneworthy.lifecycle.wiring import Runtime

W = TypeVar("W", bound=SignedWord)


def draft(runtime: Runtime, by: str, reason: str, **facts: Any) -> dict[str, Any]:
    """All that a word says, but its signature. Raises UsageProblem without a reason."""
    if not reason.strip():
        raise UsageProblem("no_reason", "A signed word needs a reason.", fix="--reason '...'")
    return {
        **facts,
        "project": runtime.project.id,
        "by": by,
        "reason": reason,
        "created_at": hands.stamp(runtime),
        "accelerated": runtime.clock.accelerated,
    }


def sign(runtime: Runtime, kind: type[W], facts: Mapping[str, Any], key: Path | None) -> W:
    """Sign a drafted word with the key of the person it is by; nothing is kept yet.

    Raises NeedsPersonProblem when their key is not here, BlockedProblem when it is not theirs.
    """
    person = people.find(runtime, str(facts["by"]))
    return make_word(kind, facts, people.private_key(runtime, person, key))


def keep(runtime: Runtime, action: str, word: SignedWord, after: str) -> None:
    """Write a word and its audit event in one transaction."""
    what = (word.kind, word.id, word.id)
    more = {"actor": word.by, "reason": word.reason, "auth_method": hands.method(), "after": after}
    with runtime.change(action, what, **more) as change:
        change.put(word, expect=0)


AT_GATES: tuple[type[SignedWord], ...] = (
    GateException,
    ExceptionEnd,
    Ask,
    AskReply,
    GateRequest,
)
"""What every look at a gate asks for."""


def rows(runtime: Runtime, kind: type[W]) -> list[W]:
    """The rows of one of the kinds that gates ask for, read anew when anything has changed.

    Signatures are not looked at. Raises IntegrityProblem when one that the chain names, or a
    rejection, is gone or changed.
    """
    found: dict[str, list[Any]] = runtime.kept("words", _at_gates)
    return found[kind.kind]


def _at_gates(runtime: Runtime) -> dict[str, list[Any]]:
    store, project = runtime.store, runtime.project.id
    runtime.words.require_rejections(store)
    return {kind.kind: list(runtime.words.held(store, kind, project)) for kind in AT_GATES}


def genuine(runtime: Runtime, kind: type[W]) -> list[W]:
    """The words of a kind that their people signed, oldest first.

    Raises IntegrityProblem when one that the chain names is gone.
    """
    known: dict[str, Person] = {person.id: person for person in people.everyone(runtime)}
    rows = runtime.words.held(runtime.store, kind, runtime.project.id)
    return [row for row in rows if not word_fault(row, known.get(row.by))]
