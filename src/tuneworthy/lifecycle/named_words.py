"""Which signed words and people the audit chain names: no other counts, none is gone or changed."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeVar

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.duties import DutyNote
from tuneworthy.core.nouns.gate import Approval
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
from tuneworthy.govern import approval_altered, word_altered
from tuneworthy.lifecycle.chain_reader import REWRITE, ChainReader
from tuneworthy.methods.canonical import digest

W = TypeVar("W", bound=SignedWord)
N = TypeVar("N", bound=Noun)

_DIGITS = len("sha256:") + 64
_FIX = "Put the newest backup of the database back, then: tuneworthy audit verify"

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

REGISTER, APPROVE, REJECT = "person.register", "gate.approve", "gate.reject"


class _Registered(NamedTuple):
    """The event by which a person was registered: its number, the row's digest, their key."""

    seq: int
    row: str
    key: str


class NamedWords(ChainReader):
    """What the events read so far name; a chain only grows, so none is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._registered: dict[str, _Registered] = {}
        self._approved: list[tuple[int, str]] = []
        self._rejected: set[str] = set()
        self._rewritten: dict[tuple[str, str], str] = {}

    def _take(self, event: dict[str, Any]) -> None:
        thing, action = event["object"], event["action"]
        if event["decision"] == "deny":
            return
        if action == REWRITE:
            self._rewritten[thing["type"], thing["id"]] = event["after"]
        elif thing["type"] in KINDS:
            self._ids[thing["type"]].add(thing["id"])
        elif action == REGISTER:
            made = _Registered(self.newest, event["after"], thing["digest"])
            self._registered.setdefault(thing["id"], made)
        elif action == APPROVE:
            self._approved.append((self.newest, thing["id"]))
        elif action == REJECT:
            self._rejected.add(thing["id"])

    def held(self, store: Store, kind: type[W], project: str) -> list[W]:
        """The words of a kind that count as rows of this project; signatures are not looked at.

        Raises IntegrityProblem when one that the chain names is not in the ledger, or says
        something else than what was signed.
        """
        self.read_on(store)
        rows, named = store.list(kind), self._ids[kind.kind]
        self._require("word", kind.kind, named, {row.id: row for row in rows}, word_altered)
        return [row for row in rows if row.project == project and row.id in named]

    def require_rejections(self, store: Store) -> None:
        """Raise IntegrityProblem unless every rejection is in the ledger as it was signed.

        An approval that is gone or changed counts no more, which opens nothing. A rejection that
        does not count would.
        """
        self.read_on(store)
        if self._rejected:
            held = {row.id: row for row in store.list(Approval)}
            self._require("rejection", Approval.kind, self._rejected, held, approval_altered)

    def _require(
        self,
        what: str,
        kind: str,
        named: Collection[str],
        held: Mapping[str, N],
        altered: Callable[[N], bool],
    ) -> None:
        """Raise IntegrityProblem unless all that is named is held and unaltered."""
        gone = set(named) - held.keys()
        if gone:
            raise IntegrityProblem(
                "word_missing",
                f"Signed {what}s that the audit chain names are not in the ledger: {len(gone)} of "
                f"kind {kind}, such as {min(gone)[:19]}.",
                why="They were taken out of the database past this program, so nothing is decided.",
                fix=_FIX,
            )
        # What has no digest for an id was signed by nobody from the first, and counts for nothing.
        changed = [
            id_
            for id_ in sorted(named)
            if len(id_) == _DIGITS
            and altered(held[id_])
            and self._rewritten.get((kind, id_)) != digest(held[id_])
        ]
        if changed:
            raise IntegrityProblem(
                "word_changed",
                f"Signed {what}s are not what was signed any more: {len(changed)} of kind {kind}, "
                f"such as {changed[0][:19]}.",
                why="They were changed in the database past this program, so nothing is decided.",
                fix=_FIX,
            )

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
