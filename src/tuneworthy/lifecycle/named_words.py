"""Which signed words and people the audit chain names: no other counts, none may be gone."""

import json
from collections.abc import Collection
from typing import NamedTuple, TypeVar

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.duties import DutyNote
from tuneworthy.core.nouns.people import WITHHELD, Person
from tuneworthy.core.nouns.words import (
    Ask,
    AskReply,
    Confirmation,
    ExceptionEnd,
    GateException,
    GateRequest,
    PersonChange,
    PolicyChange,
    SignedWord,
)
from tuneworthy.core.ports import Store
from tuneworthy.methods.canonical import digest

W = TypeVar("W", bound=SignedWord)

WORDS: tuple[type[SignedWord], ...] = (
    Ask,
    AskReply,
    Confirmation,
    DutyNote,
    ExceptionEnd,
    GateException,
    GateRequest,
    PersonChange,
    PolicyChange,
)
"""Every kind of word that people sign beside approvals."""

KINDS = frozenset(kind.kind for kind in WORDS)

REGISTER, APPROVE = "person.register", "gate.approve"


class _Registered(NamedTuple):
    """The event by which a person was registered: its number, the row's digest, their key."""

    seq: int
    row: str
    key: str


class NamedWords:
    """What the events read so far name; a chain only grows, so none is read twice."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._registered: dict[str, _Registered] = {}
        self._approved: list[tuple[int, str]] = []
        self._seen = 0

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call."""
        for record in store.audit(self._seen):
            self._seen = record.seq
            try:
                event = json.loads(record.body)
                thing, action, denied = event["object"], event["action"], event["decision"]
                if denied == "deny":
                    continue
                if thing["type"] in KINDS:
                    self._ids[thing["type"]].add(thing["id"])
                elif action == REGISTER:
                    made = _Registered(record.seq, event["after"], thing["digest"])
                    self._registered.setdefault(thing["id"], made)
                elif action == APPROVE:
                    self._approved.append((record.seq, thing["id"]))
            except (ValueError, KeyError, TypeError):
                continue  # a damaged event is for `audit verify` to name

    def held(self, store: Store, kind: type[W], project: str) -> list[W]:
        """The words of a kind that count as rows of this project; signatures are not looked at.

        Raises IntegrityProblem when one that the chain names is not in the ledger.
        """
        self.read_on(store)
        rows = store.list(kind)
        gone = self._ids[kind.kind] - {row.id for row in rows}
        if gone:
            raise IntegrityProblem(
                "word_missing",
                f"Signed words that the audit chain names are not in the ledger: {len(gone)} of "
                f"kind {kind.kind}, such as {min(gone)[:19]}.",
                why="They were taken out of the database past this program, so nothing is decided.",
                fix="Put the newest backup of the database back, then: tuneworthy audit verify",
            )
        named = self._ids[kind.kind]
        return [row for row in rows if row.project == project and row.id in named]

    def registered(self, person: Person) -> bool:
        """Whether an event says that this very person, key and roles, was registered.

        Of one whose name was taken out the event can say the key alone. Such a row is out of duty,
        so whoever puts one in by hand takes something away and gives nothing.
        """
        known = self._registered.get(person.id)
        if known is None:
            return False
        if person.name == WITHHELD and not person.active:
            return known.key == person.public_key
        return known.row == digest(person)

    def founder(self, person: str, others: Collection[str]) -> bool:
        """Whether a person was registered before the first approval of the project.

        ``others`` are ids of approvals of other projects in the same ledger; one that the chain
        names and nobody holds counts as this project's.
        """
        first = min((seq for seq, id_ in self._approved if id_ not in others), default=None)
        known = self._registered.get(person)
        return first is None or (known is not None and known.seq < first)

    def founding(self, others: Collection[str]) -> bool:
        """Whether nothing was approved yet, so that whoever is named now counts at once."""
        return not any(id_ not in others for _, id_ in self._approved)
