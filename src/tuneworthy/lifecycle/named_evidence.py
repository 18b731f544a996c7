"""Which evidence the audit chain names: nothing else counts, and none of it may be missing."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.evidence import ANY_SUBJECT, Evidence
from tuneworthy.lifecycle.chain_reader import REWRITE, ChainReader
from tuneworthy.methods.canonical import digest

RECORD = "evidence.record"
"""The action under which evidence enters the ledger."""

_ITSELF: WeakValueDictionary[int, Evidence] = WeakValueDictionary()
"""Claims whose content was held against their id, by their address while they live."""


def is_itself(item: Evidence) -> bool:
    """Whether the content is what the id says; asked once of an object, which is never changed."""
    if id(item) not in _ITSELF:
        if digest(item.model_dump(mode="json", exclude={"id"})) != item.id:
            return False
        _ITSELF[id(item)] = item
    return True


class _Recorded(NamedTuple):
    """What the event says by which a claim was recorded."""

    about: str
    at: str


class NamedEvidence(ChainReader):
    """The ids of evidence in the events read so far; a chain only grows, so none is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self._recorded: dict[str, _Recorded] = {}
        self._rewritten: dict[str, str] = {}
        self._whole: dict[str, Evidence] = {}

    def _take(self, event: dict[str, Any]) -> None:
        thing = event["object"]
        self.ids.update(event.get("evidence_digests") or ())
        if thing.get("type") == Evidence.kind:
            self.ids.add(thing["digest"])
            if event.get("action") == RECORD:
                made = _Recorded(thing["id"], str(event.get("ts", "")))
                self._recorded.setdefault(thing["digest"], made)
            elif event.get("action") == REWRITE:
                self._rewritten[thing["id"]] = str(event.get("after", ""))

    def require(self, held: Sequence[Evidence]) -> None:
        """Raise IntegrityProblem unless everything that was recorded is held."""
        gone = self._recorded.keys() - {item.id for item in held}
        if gone:
            first = min(gone)
            raise IntegrityProblem(
                "evidence_missing",
                f"Evidence that the audit chain names is not in the ledger: {len(gone)} of "
                f"{len(self._recorded)}, such as {self._recorded[first].about} ({first[:19]}).",
                why="It was taken out of the database past this program, so nothing is decided.",
                fix="Put the newest backup of the database back, then: tuneworthy audit verify",
            )

    def altered(self, item: Evidence) -> bool:
        """Whether a recorded claim says something else than what was recorded.

        What an erasing left of one is no alteration, as the chain names it.
        """
        if item.id not in self._recorded or self._whole.get(item.id) == item:
            return False
        if is_itself(item) or self._rewritten.get(item.id) == digest(item):
            self._whole[item.id] = item
            return False
        return True

    def as_named(self, item: Evidence, project: str) -> Evidence:
        """An altered claim with the name and time that the chain has of it, about any subject.

        So nobody hides a claim by changing what it is about: wherever it could be the newest, it
        is found there, and its content is not what its digest says. The chain does not tell whose
        it is, so it stands against every project of the ledger.
        """
        said = self._recorded[item.id]
        facts = {"project": project, "about": said.about, "created_at": said.at}
        return item.model_copy(update={**facts, "subjects": (ANY_SUBJECT,), "signer": ""})
