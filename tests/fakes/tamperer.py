"""An administrator who changes one thing in the ledger at a time, and puts it back."""

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from tuneworthy.methods.canonical import canonical, digest_bytes

_COLUMNS = ("kind", "id", "generation", "digest", "body", "created_at", "updated_at",
            "created_seq", "created_rank")  # fmt: skip
Row = dict[str, Any]


class Tampering(NamedTuple):
    """What is done to the rows of the ledger, in words, and as rows that are put or taken out."""

    kind: str
    what: str
    put: tuple[Row, ...] = ()
    out: tuple[Row, ...] = ()


class Tamperer:
    """Has the database file of a project, and knows the program well enough to fit the digests."""

    def __init__(self, home: Path) -> None:
        self._ledger = sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db", isolation_level=None)
        found = self._ledger.execute(f"select {', '.join(_COLUMNS)} from documents")  # noqa: S608
        self.rows = [dict(zip(_COLUMNS, row, strict=True)) for row in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()

    def everything(self, most: int) -> Iterator[Tampering]:
        """Every kind of tampering with up to ``most`` rows of each kind, the newest ones."""
        by_kind = itertools.groupby(sorted(self.rows, key=_order), key=lambda row: row["kind"])
        for _, rows in by_kind:
            newest = list(rows)[-most:]
            for row in newest:
                yield from _one(row)
            for one, other in itertools.pairwise(newest):
                yield from _two(one, other)

    @contextmanager
    def done(self, tampering: Tampering) -> Iterator[None]:
        """The ledger as it is after the tampering; as it was, at the end."""
        for row in tampering.out:
            self._delete(row)
        for row in tampering.put:
            self._put(row)
        try:
            yield
        finally:
            for row in tampering.put:
                self._delete(row)
            for row in self.rows:
                if any(_same(row, one) for one in (*tampering.put, *tampering.out)):
                    self._put(row)

    def _put(self, row: Row) -> None:
        marks = ", ".join("?" for _ in _COLUMNS)
        self._ledger.execute(
            f"insert or replace into documents ({', '.join(_COLUMNS)}) values ({marks})",  # noqa: S608
            [row[name] for name in _COLUMNS],
        )

    def _delete(self, row: Row) -> None:
        self._ledger.execute(
            "delete from documents where kind = ? and id = ?", (row["kind"], row["id"])
        )


def _one(row: Row) -> Iterator[Tampering]:
    kind, body = row["kind"], json.loads(row["body"])
    yield Tampering(kind, "a row is deleted", out=(row,))
    twin = {**body, "id": f"{row['id']}x"}
    yield Tampering(kind, "a row is put in", (_saying({**row, "id": twin["id"]}, twin),))
    for name, value in body.items():
        for other in _others(value) if name != "id" else []:
            changed = _saying(row, {**body, name: other})
            yield Tampering(kind, f"{name} is {str(other)[:40]!r}", (changed,))
    loose = json.dumps(body, indent=1)
    yield Tampering(kind, "the same is written otherwise", (_written(row, loose),))
    yield Tampering(kind, "its digest is another", ({**row, "digest": digest_bytes(b"")},))
    yield Tampering(kind, "it is older", ({**row, "created_seq": 0},))
    yield Tampering(kind, "it is newer", ({**row, "created_seq": row["created_seq"] + 1},))


def _two(one: Row, other: Row) -> Iterator[Tampering]:
    mine, theirs = json.loads(one["body"]), json.loads(other["body"])
    swapped = (
        _saying(one, {**theirs, "id": one["id"]}),
        _saying(other, {**mine, "id": other["id"]}),
    )
    if one["body"] != swapped[0]["body"]:
        yield Tampering(one["kind"], "two rows say what the other said", swapped)
    places = ("created_seq", "created_rank")
    moved = (
        {**one, **{name: other[name] for name in places}},
        {**other, **{name: one[name] for name in places}},
    )
    yield Tampering(one["kind"], "two rows change places", moved)


def _others(value: Any) -> list[Any]:
    """What may stand in the place of a value."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1]
    if isinstance(value, str):
        return [""] if value else ["x"]
    if isinstance(value, list):
        return [value[1:]] if value else []
    if isinstance(value, dict):
        return [{**value, name: o} for name, inner in value.items() for o in _others(inner)[:1]]
    return [1]


def _saying(row: Row, body: Row) -> Row:
    return _written(row, canonical(body).decode())


def _written(row: Row, text: str) -> Row:
    return {**row, "body": text, "digest": digest_bytes(text.encode())}


def _order(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("kind", "created_seq", "created_rank"))


def _same(row: Row, other: Row) -> bool:
    return bool((row["kind"], row["id"]) == (other["kind"], other["id"]))
