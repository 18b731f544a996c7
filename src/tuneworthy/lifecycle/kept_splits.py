"""Where the requests of the current dataset version stand, for a build that keeps their split.

Rows that were erased since are not in it any more, yet a row of somebody else may ask the same, and
the model has learned from it: their tombstones say what they asked, under the project's own key.
So nothing has to be remembered between taking rows out and building anew, and a kill loses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tuneworthy.core.errors import BlockedProblem, StoreProblem
from tuneworthy.core.nouns.dataset import DatasetVersion, SplitName
from tuneworthy.core.nouns.erasure import Tombstone
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.allocate import SPLITS
from tuneworthy.data.keys import prompt_text
from tuneworthy.data.split import Kept, request_key
from tuneworthy.lifecycle.ring import subject_key
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short
from tuneworthy.methods.opaque import opaque


def kept_splits(runtime: Runtime) -> Kept:
    """The split of each request of the current version, if the project keeps that.

    Raises BlockedProblem where the rows of it were not kept.
    """
    head = runtime.head
    version = runtime.store.get(DatasetVersion, head.dataset or head.stood)
    if version is None or not runtime.project.split.keep:
        return {}
    left: dict[bytes, SplitName] = {}
    erased: dict[str, SplitName] = {}
    for split in reversed(SPLITS):  # what stands in two is for training
        for stone in _stones(runtime, version, split):
            erased |= dict.fromkeys(stone.requests, split)
        for line in runtime.blobs.lines(version.records[split]):
            left[_asked(Example.model_validate_json(line))] = split
    return _Stood(left, erased, _key(runtime)) if erased else left


def asked_by(runtime: Runtime, records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Opaque ids of what some records ask, each once."""
    key = _key(runtime)
    asked = {_asked(Example.model_validate(record)) for record in records}
    return tuple(sorted(opaque(key, one.hex()) for one in asked))


@dataclass(frozen=True)
class _Stood:
    """The splits of requests of which some are known by an opaque id alone."""

    left: Mapping[bytes, SplitName]
    erased: Mapping[str, SplitName]
    key: bytes

    def get(self, request: bytes, /) -> SplitName | None:
        found = (self.left.get(request), self.erased.get(opaque(self.key, request.hex())))
        return min(filter(None, found), key=SPLITS.index, default=None)

    def __len__(self) -> int:
        return len(self.left) + len(self.erased)


def _asked(example: Example) -> bytes:
    return request_key(prompt_text(example))


def _key(runtime: Runtime) -> bytes:
    return subject_key(runtime.folder, runtime.project, runtime.subject_keys)


def _stones(runtime: Runtime, version: DatasetVersion, split: SplitName) -> list[Tombstone]:
    digest = version.records[split]
    try:
        if runtime.blobs.has(runtime.blobs.standing(digest)):
            return runtime.blobs.stones(digest)
    except StoreProblem:
        pass
    raise BlockedProblem(
        "split_gone",
        f"Where the rows of dataset {short(version.id)} stood is not known any more.",
        why="They were kept for as long as 'retention' says and then deleted, and 'split.keep' "
        "goes by them.",
        fix="Write 'keep: false' under 'split', so that every row is divided anew; then: "
        "tuneworthy data build",
    )
