"""Rows that are not what the audit chain says was written, whatever they say."""

from collections.abc import Collection, Iterator
from typing import Any

from tuneworthy.core.ledger_ports import KeptRow
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.ports import Store
from tuneworthy.lifecycle.chain_reader import REWRITE, ChainReader
from tuneworthy.methods.canonical import digest_bytes, short
from tuneworthy.methods.chain import ROWS

_Named = tuple[str, str]
"""The kind and the id of a row."""

_ONCE_SAID = frozenset(
    kind.kind for kind in (DatasetVersion, Suite, TrainingRun, EvaluationRun, Comparison, Head)
)
"""Kinds whose digest an event said of old, when events did not name every row yet."""

_SAID = {
    DatasetVersion.kind: "dataset version",
    EvaluationRun.kind: "evaluation",
    Head.kind: "present state of the project",
}
_DIGEST = "sha256:"
_LOOKS = 10
"""How often rows are looked at while somebody else goes on changing the very same ones."""


def changed_rows(store: Store, known: Collection[str] = ()) -> Iterator[str]:
    """Every row that was changed, deleted, put in or put elsewhere past this program, in words.

    A row's bytes are held to its last event as they stand, so a release that reads more fields out
    of them finds the same. What is written while this looks is looked at again.

    Args:
        store: The ledger.
        known: Ids of rows that are spoken of already.
    """
    written, wrong = _Written(), dict[_Named, str]()
    for look in range(_LOOKS):
        written.read_on(store)
        before = wrong.keys()
        wrong = {
            named: why for named, why in _faults(store, written) if not look or named in before
        }
        if not wrong or store.last_event() == written.newest:
            break
    for (kind, id_), why in wrong.items():
        if id_ not in known:
            yield f"the {_SAID.get(kind, kind.replace('_', ' '))} {short(id_)} {why}"


def _faults(store: Store, written: "_Written") -> Iterator[tuple[_Named, str]]:
    gone = set(written.places)
    for row in store.rows():
        gone.discard((row.kind, row.id))
        if why := written.fault(row):
            yield (row.kind, row.id), why
    for named in sorted(gone):
        yield named, "is not in the ledger any more"


class _Written(ChainReader):
    """By kind and id, the digest that the last event about a row says it has, and its place."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[_Named, tuple[int, int]] = {}
        """Of every row that an event names, the first such event and its number among the new."""
        self._digests: dict[_Named, str] = {}
        self._since = 0
        """The first event that names every row it wrote; those of earlier releases do not."""

    def fault(self, row: KeptRow) -> str:
        """What is wrong with a row; empty when nothing is."""
        here = (row.kind, row.id)
        said, place = self._digests.get(here, ""), self.places.get(here)
        if said and digest_bytes(row.body) != said:
            return "is not what was recorded"
        if digest_bytes(row.body) != row.digest:
            return "has another digest than its bytes"
        if place is None and self._since and not 0 < row.place[0] < self._since:
            return "was put into the ledger past this program"
        if place is not None and self._since == 1 and row.place != place:
            return "stands elsewhere in the ledger than it was put"
        return ""

    def _take(self, event: dict[str, Any]) -> None:
        if event["decision"] == "deny":
            return
        thing, after = event["object"], str(event["after"])
        kind = Head.kind if thing["type"] == "project" else thing["type"]
        if after.startswith(_DIGEST) and (kind in _ONCE_SAID or event["action"] == REWRITE):
            self._digests[kind, thing["id"]] = after
        if ROWS in event:
            self._since = self._since or self.newest
            self._name(event[ROWS])

    def _name(self, rows: list[list[str]]) -> None:
        new = 0
        for kind, id_, digest in rows:
            self._digests[kind, id_] = digest
            if (kind, id_) not in self.places:
                new += 1
                self.places[kind, id_] = (self.newest, new)
