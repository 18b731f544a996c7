"""By what the rows of the people to be erased are known: names, ids, places and their own texts.

The marks of an erasing under way lie in the state folder, so that the same command ends it after a
kill, when the rows they were taken from are gone already. They are destroyed at its end.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from tuneworthy.core.errors import ConflictProblem, StoreProblem
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.erasure import ErasureAsked
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.methods.needles import Needles
from tuneworthy.methods.opaque import opaque
from tuneworthy.methods.subjects import named_in

FILE = "erasing.json"
GOING = "erasing.json.going"

OWN_TEXT = 24
"""Characters of a message that is looked for in other places; shorter ones are many people's."""

_ROW = frozenset({"provenance", "example", "case", "interaction", "source", "request", "messages"})
"""A JSON line with one of these fields is a row, and goes as a whole."""


class Marks(Part):
    """What an erasing looks for. ``salt`` makes the opaque ids under which it is recorded."""

    erasure: str
    asked: ErasureAsked
    salt: str
    ids: tuple[str, ...] = ()
    """Their records, cases, candidates and interactions; label items as ``queue:item``."""
    places: tuple[str, ...] = ()
    """``digest of the file|source:line`` of their rows."""
    texts: tuple[str, ...] = ()
    order: dict[str, Any] = Field(default_factory=dict)
    """The signed order, where it was signed before the work; it names the people."""

    @cached_property
    def needles(self) -> Needles:
        """Their names and texts, to be found anywhere."""
        return Needles([*self.texts, *self.asked.also], self.asked.subjects)

    @cached_property
    def named(self) -> "Named":
        """Who they are, without anything that was found yet."""
        return Named(self.asked.subjects, self.asked.also)

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(self.ids)

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(self.places)

    def opaque(self) -> tuple[str, ...]:
        """The people's ids for the record: nobody can make them again without the salt."""
        return tuple(opaque(bytes.fromhex(self.salt), name) for name in self.asked.subjects)

    def holds(self, row: Mapping[str, Any], sources: Mapping[str, str]) -> bool:
        """Whether a row of a kept file is theirs.

        Args:
            row: The row.
            sources: Digest of each source file of the dataset version that the row is a part of.
        """
        if self.named.owns(row) or any(
            row.get(name) in self._ids for name in ("id", "case", "interaction")
        ):
            return True
        source, line = row.get("source"), row.get("row")
        if not isinstance(source, str) or source not in sources:
            return False
        return f"{sources[source]}|{source}:{line}" in self._places


class Named:
    """Tells rows by who they are about."""

    def __init__(self, subjects: Iterable[str], also: Iterable[str]) -> None:
        self._subjects = frozenset(subjects)
        self._also = Needles(also)

    def owns(self, row: Mapping[str, Any]) -> bool:
        """Whether a record, candidate or case names one of them as its subject."""
        where = row.get("provenance") or (row.get("example") or {}).get("provenance") or {}
        named = (where.get("subject"), row.get("subject"), row.get("origin"), row.get("group"))
        return any(name in self._subjects for name in named if isinstance(name, str))

    def says(self, data: bytes) -> bool:
        """Whether the bytes hold one of the texts that are theirs wherever they stand."""
        return self._also.hit(data)

    def asks(self, row: Interaction) -> bool:
        """Whether a recorded request is from one of them, or speaks of them."""
        named = named_in(body_of(row), row.sticky_key, sticky=row.sticky)
        return not self._subjects.isdisjoint(named) or self.says(row.model_dump_json().encode())


def is_row(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object that was found in a kept file is one of many rows."""
    return not _ROW.isdisjoint(value)


def texts_of(value: Mapping[str, Any]) -> Iterator[str]:
    """What people and models said in a record, candidate, case, result or request body."""
    example = value.get("example")
    if isinstance(example, Mapping):
        yield from texts_of(example)
    for name in ("messages", "rejected", "turns"):
        for turn in value.get(name) or ():
            if isinstance(turn, Mapping) and turn.get("role") != "system":
                content = turn.get("content")
                if isinstance(content, str):
                    yield content
    for name in ("request", "expected", "output", "context"):
        if isinstance(value.get(name), str):
            yield value[name]


def body_of(row: Interaction) -> dict[str, Any]:
    """The request as JSON; empty for one that is none."""
    try:
        body = json.loads(row.request)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def new_marks(asked: ErasureAsked) -> Marks:
    """The marks of an erasing that begins."""
    return Marks(erasure=secrets.token_hex(8), asked=asked, salt=secrets.token_hex(32))


def read_marks(state: Path) -> Marks | None:
    """The marks of the erasing that is under way, if one is. Raises StoreProblem."""
    _end_destroying(state)
    try:
        return Marks.model_validate_json((state / FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as fault:
        raise StoreProblem(
            "erasing_unreadable",
            f"{state / FILE} cannot be read.",
            why="It says what an erasing that was stopped has still to look for.",
            fix="Put back a backup of it, or delete it and give the erase command again.",
        ) from fault


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """No other process of this machine erases meanwhile: the marks of one would be the other's.

    Raises ConflictProblem while one does. A process that is killed lets go.
    """
    with (state / "erasing.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictProblem(
                "erasing_runs",
                "Another erasing is running here.",
                why="One is done after the other, so that each finds all that is theirs.",
                fix="Wait until it has ended, then give the command again.",
            ) from None
        yield


def keep_marks(state: Path, marks: Marks) -> None:
    """Write the marks down, whole and for this user alone."""
    draft = state / f".{FILE}.draft"
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(marks.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(state / FILE)


def destroy_marks(state: Path) -> None:
    """Overwrite the marks, with the salt, and delete them.

    They go by another name first: stopped in between, the next look at the marks ends it.
    """
    (state / FILE).replace(state / GOING)
    _end_destroying(state)


def _end_destroying(state: Path) -> None:
    path = state / GOING
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
