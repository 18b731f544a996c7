"""Rows that are not what the last event about them wrote, though nobody signs them."""

from collections.abc import Iterator
from typing import Any

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.ports import Store
from tuneworthy.lifecycle.chain_reader import ChainReader
from tuneworthy.methods.canonical import digest_bytes, short

_KINDS = tuple(
    kind.kind for kind in (DatasetVersion, Suite, TrainingRun, EvaluationRun, Comparison, Head)
)
_SAID = {
    DatasetVersion.kind: "dataset version",
    TrainingRun.kind: "training run",
    EvaluationRun.kind: "evaluation",
    Head.kind: "present state of the project",
}
_DIGEST = "sha256:"


def changed_rows(store: Store) -> Iterator[str]:
    """Every such row, in words. Rows that are gone are not looked at: retention deletes some.

    The event of a change says which digest the row has after it. The row's bytes are held to it
    as they stand, so a release that reads more fields out of them finds the same.
    """
    written = _Written()
    written.read_on(store)
    for kind in _KINDS:
        for id_, body in store.bodies(kind):
            then = written.rows.get((kind, id_), "")
            if then and digest_bytes(body) != then:
                yield f"the {_SAID.get(kind, kind)} {short(id_)} is not what was recorded"


class _Written(ChainReader):
    """By kind and id, the digest that the last event about a row says it has."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[tuple[str, str], str] = {}

    def _take(self, event: dict[str, Any]) -> None:
        thing, after = event["object"], str(event["after"])
        kind = Head.kind if thing["type"] == "project" else thing["type"]
        if event["decision"] != "deny" and after.startswith(_DIGEST):
            self.rows[kind, thing["id"]] = after
