"""Rows that are not what the last event about them wrote, though nobody signs them."""

import json
from collections.abc import Iterator

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, TrainingRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.ports import Store
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
    written = _written(store)
    for kind in _KINDS:
        for id_, body in store.bodies(kind):
            then = written.get((kind, id_), "")
            if then and digest_bytes(body) != then:
                yield f"the {_SAID.get(kind, kind)} {short(id_)} is not what was recorded"


def _written(store: Store) -> dict[tuple[str, str], str]:
    """By kind and id, the digest that the last event about a row says it has."""
    found: dict[tuple[str, str], str] = {}
    for record in store.audit():
        try:
            event = json.loads(record.body)
            thing, after = event["object"], event["after"]
            kind = Head.kind if thing["type"] == "project" else thing["type"]
            if event["decision"] != "deny" and after.startswith(_DIGEST):
                found[kind, thing["id"]] = after
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a damaged event is for `audit verify` to name
    return found
