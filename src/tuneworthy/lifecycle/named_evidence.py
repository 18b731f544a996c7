"""Which evidence the audit chain names: nothing else counts, and none of it may be missing."""

import json
from collections.abc import Sequence

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.ports import Store

RECORD = "evidence.record"
"""The action under which evidence enters the ledger."""


class NamedEvidence:
    """The ids of evidence in the events read so far; a chain only grows, so none is read twice."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._recorded: dict[str, str] = {}
        self._seen = 0

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call."""
        for record in store.audit(self._seen):
            self._seen = record.seq
            try:
                event = json.loads(record.body)
                thing, others = event["object"], event.get("evidence_digests") or ()
            except (ValueError, KeyError, TypeError):
                continue  # a damaged event is for `audit verify` to name
            self.ids.update(others)
            if thing.get("type") == Evidence.kind:
                self.ids.add(thing["digest"])
                if event.get("action") == RECORD:
                    self._recorded[thing["digest"]] = thing["id"]

    def require(self, held: Sequence[Evidence]) -> None:
        """Raise IntegrityProblem unless everything that was recorded is held."""
        gone = self._recorded.keys() - {item.id for item in held}
        if gone:
            first = min(gone)
            raise IntegrityProblem(
                "evidence_missing",
                f"Evidence that the audit chain names is not in the ledger: {len(gone)} of "
                f"{len(self._recorded)}, such as {self._recorded[first]} ({first[:19]}).",
                why="It was taken out of the database past this program, so nothing is decided.",
                fix="Put the newest backup of the database back, then: tuneworthy audit verify",
            )
