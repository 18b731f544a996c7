"""What the audit chain says of rows that nobody signs: who trained, what is apart, what is held."""

from collections.abc import Sequence
from typing import Any, TypeVar

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.duties import KeptDuties
from tuneworthy.core.nouns.erasure import Taint
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.retention import LegalHold
from tuneworthy.core.nouns.serving import Route
from tuneworthy.core.nouns.serving_state import RolloutMemory
from tuneworthy.core.nouns.words import KeptPolicy
from tuneworthy.core.ports import Store
from tuneworthy.lifecycle.chain_reader import REWRITE, ChainReader
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.chain import ROWS

N = TypeVar("N", bound=Noun)

HELD: tuple[type[Noun], ...] = (LegalHold, KeptPolicy, KeptDuties)
"""Rows that ask for something, so that without them less would be asked for."""

POINTERS: tuple[type[Noun], ...] = (Head, Route, RolloutMemory)
"""Rows that say what is decided on, what answers, and what a rollout has seen."""

_LOOKS = 10
"""How often a row is looked at while somebody else goes on writing it."""

_ROW_WRITTEN = ("hold.place", "hold.release", "policy.take_up", "duty.take_up", REWRITE)


class NamedStates(ChainReader):
    """What the events read so far say; a chain only grows, so none is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self._trained: dict[str, dict[str, str]] = {}
        self._apart: set[str] = set()
        self._retired: set[str] = set()
        self._rows: dict[str, dict[str, str]] = {kind.kind: {} for kind in HELD}
        self._taints: dict[str, str] = {}
        self._pointers: dict[str, dict[str, str]] = {kind.kind: {} for kind in POINTERS}

    def _take(self, event: dict[str, Any]) -> None:
        thing = event["object"]
        if event["decision"] == "deny":
            return
        self._point(event.get(ROWS, ()))
        match event["action"]:
            case "training.finish":
                runs = self._trained.setdefault(thing["digest"], {})
                runs[thing["id"]] = event["actor_id"]
            case "version.quarantine":
                self._apart.add(thing["id"])
            case "version.move" if event["after"] == ModelState.QUARANTINED.value:
                self._apart.add(thing["id"])
            case "version.retire" | "version.move" if event["after"] == ModelState.RETIRED.value:
                self._retired.add(thing["id"])
            case "version.readmit":
                self._apart.discard(thing["id"])
            case action if action in _ROW_WRITTEN and thing["type"] in self._rows:
                self._rows[thing["type"]][thing["id"]] = event["after"]
            case "version.taint" | "version.settle":
                self._taints[thing["id"]] = event["after"]
            case _:
                pass

    def _point(self, rows: Sequence[Sequence[str]]) -> None:
        for kind, id_, digest in rows:
            if kind in self._pointers:
                self._pointers[kind][id_] = digest

    def trained(self, store: Store, adapter: str) -> dict[str, str]:
        """The runs that ended in an adapter, oldest first, each with who submitted it."""
        self.read_on(store)
        return self._trained.get(adapter, {})

    def apart(self, store: Store, version: str) -> bool:
        """Whether a version was put into quarantine and nobody has readmitted it."""
        self.read_on(store)
        return version in self._apart

    def retired(self, store: Store, version: str) -> bool:
        """Whether a version was ever retired; that is for good, also by way of quarantine."""
        self.read_on(store)
        return version in self._retired

    def taint_changed(self, store: Store, version: str) -> bool:
        """Whether the taint of a version is gone, or not what was last recorded of it."""
        self.read_on(store)
        then = self._taints.get(version)
        return then is not None and _digests(store, Taint).get(version) != then

    def as_written(self, store: Store, kind: type[Noun], id_: str) -> bool:
        """Whether one of the rows in ``POINTERS`` is what the last event that wrote it says.

        Events of earlier releases name no such rows; what they wrote is believed.
        """
        for _ in range(_LOOKS):
            self.read_on(store)
            then = self._pointers[kind.kind].get(id_)
            if then is None or _digests(store, kind).get(id_) == then:
                return True
            if store.last_event() == self.newest:
                return False
        return True

    def tainted(self, store: Store) -> tuple[str, ...]:
        """Every version that was ever tainted, as the chain says."""
        self.read_on(store)
        return tuple(self._taints)

    def held(self, store: Store, kind: type[N]) -> list[N]:
        """Every row of the ledger of one of the kinds in ``HELD``, oldest first.

        Raises IntegrityProblem when one that the chain names is gone or changed.
        """
        self.read_on(store)
        now = _digests(store, kind)
        wrong = [id_ for id_, then in self._rows[kind.kind].items() if now.get(id_) != then]
        if wrong:
            what = kind.kind.replace("_", " ")
            raise IntegrityProblem(
                "row_changed",
                f"A {what} is gone or not what was recorded: {wrong[0]}.",
                why="It was changed in the database past this program, so nothing rests on it.",
                fix="Put the newest backup of the database back, then: tuneworthy audit verify",
            )
        return store.list(kind)


def _digests(store: Store, kind: type[Noun]) -> dict[str, str]:
    """Of each row's bytes as they stand, so that a release that reads more out of them agrees."""
    return {id_: digest_bytes(body) for id_, body in store.bodies(kind.kind)}
