"""One JSON list of rows, or an object that holds it under ``data``, item by item.

Brackets and quotes are followed to find where an item ends, so that no more than one item is ever
held, whatever the file's size. A broken item is a row with a fault; reading goes on behind it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tuneworthy.data.json_row import read_object
from tuneworthy.data.opened import Hash, NoHash, ending, opened
from tuneworthy.data.raw import RawRow

_WINDOW = 1 << 16
_BLOCK = 1 << 18
_MOST_BEHIND = 1 << 20
"""Bytes behind the list that are looked at."""
_HOLDERS = ("data", "rows", "records", "examples", "items")
_LIST = re.compile(r"\ufeff?\s*\[\s*[{\]]")
_OBJECT = re.compile(r"\ufeff?\s*\{\s*")
_KEY = re.compile(r'"([^"\\]{1,200})"\s*:\s*')
_NEXT = re.compile(r"\s*,\s*")
_OUTSIDE = re.compile(rb'["{}\[\]]')
_TOP = re.compile(rb'["{}\[\],]')
_INSIDE = re.compile(rb'["\\]')
_BETWEEN = b" \t\r\n,"


def list_start(path: Path) -> int | None:
    """The byte behind the ``[`` of the file's list of objects; None when it has none.

    Raises DataProblem when the file cannot be read.
    """
    if ending(path) != ".json":
        return None  # In a file of lines, a list is a row that is none, and an object is a row.
    with opened(path, NoHash()) as file:
        window = file.read(_WINDOW)
    text = window.decode("utf-8", "replace")
    end = _list_end(text)
    return None if end is None else len(text[:end].encode("utf-8"))


def _list_end(text: str) -> int | None:
    if _LIST.match(text):
        return text.index("[") + 1
    start = _OBJECT.match(text)
    at = start.end() if start else -1
    while start and (key := _KEY.match(text, at)):
        inner = re.compile(r"\[\s*[{\]]").match(text, key.end())
        if key[1] in _HOLDERS and inner and _is_whole(text):
            return key.end() + 1
        try:
            _, at = json.JSONDecoder().raw_decode(text, key.end())
        except (ValueError, RecursionError):
            return None
        comma = _NEXT.match(text, at)
        if comma is None:
            return None
        at = comma.end()
    return None


def _is_whole(text: str) -> bool:
    """Whether the object is the whole file; lines of objects may each hold a list too."""
    try:
        _, end = json.JSONDecoder().raw_decode(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return True
    return not text.lstrip("\ufeff \t\r\n")[end:].strip()


def list_rows(
    path: Path, digest: Hash, start: int, longest: int, columns: frozenset[str]
) -> Iterator[RawRow]:
    """Every item of the list, numbered from 1.

    Args:
        path: The file.
        digest: Takes the file's bytes.
        start: As ``list_start`` says.
        longest: How many bytes of an item are held.
        columns: Fields whose numbers and objects keep their spelling.
    """
    for row, _ in list_items(path, digest, start, longest, columns):
        yield row


def list_items(
    path: Path, digest: Hash, start: int, longest: int, columns: frozenset[str]
) -> Iterator[tuple[RawRow, str]]:
    """As ``list_rows``, each with its text; empty where the item cannot be read."""
    with opened(path, digest) as file:
        held = b"{" in file.read(start)
        for index, (item, code, reason) in enumerate(_items(file, longest, held=held)):
            number = index + 1
            if code:
                yield RawRow(number, None, code, reason, index), ""
                continue
            try:
                text = item.decode("utf-8")
            except UnicodeDecodeError as fault:
                reason = f"byte {fault.start} of the item is not UTF-8"
                yield RawRow(number, None, "not_utf8", reason, index), ""
                continue
            row = read_object(text, number, index, columns)
            yield row, text if row.values is not None else ""


def _items(file: BinaryIO, longest: int, *, held: bool) -> Iterator[tuple[bytes, str, str]]:
    """Each item's bytes, or a code and a reason; ``held`` when the list stands in an object."""
    scan = _Scan(longest)
    while block := file.read(_BLOCK):
        yield from scan.feed(block)
        if scan.closed:
            said = _unread(scan.rest + file.read(_MOST_BEHIND), held=held)
            if said:
                yield b"", "bad_json", said
            return
    if scan.begun:
        yield b"", "bad_json", "the item is never closed; the file may be cut short"
    else:
        yield b"", "bad_json", "the list is never closed; the file may be cut short"


def _unread(rest: bytes, *, held: bool) -> str:
    """What stands behind the list and is no part of it, so that no rows are passed over unsaid."""
    text = rest.decode("utf-8", "replace").strip()
    if not held and text:
        return "behind the end of the list stands more, which was not read"
    if not held:
        return ""
    if len(rest) > _MOST_BEHIND:
        return f"behind the list stand over {_MOST_BEHIND >> 20} MB more, which were not read"
    try:
        others = json.loads('{"": 0' + text)
    except (ValueError, RecursionError):
        return (
            "the object around the list is not closed as JSON; what stands behind it was not read"
        )
    for name in _HOLDERS:
        if isinstance(others.get(name), list):
            return f"a second list of rows, under '{name}', was not read; leave one in the file"
    return ""


class _Scan:
    """Where in the list the reading stands."""

    def __init__(self, longest: int) -> None:
        self.closed = False
        self.rest = b""
        """What stands behind the list in the block that closed it."""
        self._longest = longest
        self._item = bytearray()
        self._over = False
        self._depth = 0
        self._quoted = False
        self._escaped = False

    @property
    def begun(self) -> bool:
        """Whether an item has begun and not ended."""
        return bool(self._depth or self._quoted or self._item.strip(_BETWEEN))

    def feed(self, block: bytes) -> Iterator[tuple[bytes, str, str]]:
        """The items that end in this block."""
        kept = at = 0
        if self._escaped:
            self._escaped, at = False, 1
        while at < len(block):
            found = self._marks.search(block, at)
            if found is None:
                break
            at, mark = found.end(), found[0]
            if mark == b"\\":
                self._escaped = at == len(block)
                at += 1
            elif mark == b'"':
                self._quoted = not self._quoted
            elif self._depth > 1 or (self._depth and mark in b"{["):
                self._depth += 1 if mark in b"{[" else -1
            elif self._depth:
                yield from self._ended(block[kept:at], bare=False)
                kept, self._depth = at, 0
            else:
                yield from self._ended(block[kept : at - 1], bare=True)
                kept, self._depth = at - 1, int(mark in b"{[")
                if mark in b"}]":
                    self.closed, self.rest = True, block[at:]
                    return
        self._hold(block[kept:])

    @property
    def _marks(self) -> re.Pattern[bytes]:
        """The next bytes that mean something, inside a string, an item, or between items."""
        if self._quoted:
            return _INSIDE
        return _OUTSIDE if self._depth else _TOP

    def _hold(self, data: bytes) -> None:
        room = self._longest - len(self._item)
        self._over = self._over or len(data) > room
        self._item += data[: max(room, 0)]

    def _ended(self, data: bytes, *, bare: bool) -> Iterator[tuple[bytes, str, str]]:
        self._hold(data)
        item, over = bytes(self._item).strip(_BETWEEN), self._over
        self._item, self._over = bytearray(), False
        if over:
            yield b"", "too_long", f"the item is over {self._longest:,} bytes"
        elif bare and item:
            got = "`str`" if item.startswith(b'"') else "a bare value"
            yield b"", "bad_row", f"$: Expected `object`, got {got}"
        elif not bare:
            yield item, "", ""
