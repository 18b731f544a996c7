"""From the gateway's segments to the store: replay by id, as often as one likes."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tuneworthy.core.nouns.sealing import SealedFeedback, SealedInteraction
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.serve.segments import HEAD, SUFFIX, read_places

INTERACTION = b"i"
"""First byte of a record that holds an Interaction as JSON, as releases without keys wrote it."""
FEEDBACK = b"f"
"""The same of Feedback."""
SEALED_INTERACTION = b"I"
"""First byte of a record that holds a SealedInteraction as JSON."""
SEALED_FEEDBACK = b"F"
"""First byte of a record that holds a SealedFeedback as JSON."""

_ROWS: dict[bytes, type[Interaction | SealedInteraction]] = {
    INTERACTION: Interaction,
    SEALED_INTERACTION: SealedInteraction,
}
_NOTES: dict[bytes, type[Feedback | SealedFeedback]] = {
    FEEDBACK: Feedback,
    SEALED_FEEDBACK: SealedFeedback,
}

Rows = list[Interaction | SealedInteraction]
Notes = list[Feedback | SealedFeedback]
Sink = Callable[[Rows], int]
"""Keeps interactions, skips ids it has, returns how many were new (``Store.record``)."""
FeedbackSink = Callable[[Notes], int]
_BATCH = 500
_DAMAGED = "damaged"
_FEEDBACK = "feedback"


@dataclass(frozen=True)
class Ingested:
    """What one pass over a folder did."""

    read: int = 0
    added: int = 0
    removed: int = 0
    """Segments that were closed, fully read and deleted."""
    torn_bytes: int = 0
    """Bytes behind the last whole frame of closed segments (a write cut short)."""
    kept_aside: tuple[str, ...] = ()
    """Segments with broken frames or unknown records, renamed to ``.damaged`` and kept."""

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(
            self.read + other.read,
            self.added + other.added,
            self.removed + other.removed,
            self.torn_bytes + other.torn_bytes,
            self.kept_aside + other.kept_aside,
        )


def ingest(folder: Path, sink: Sink, feedback: FeedbackSink | None = None) -> Ingested:
    """Hand every record to its sink and delete segments that are done.

    Sinks must skip ids that they have: after a crash between a sink and the note of the place,
    records come again. A live gateway's segment is read as far as it goes and stays. Without a sink
    for feedback, segments that hold some stay until there is one. Passes over one folder wait for
    each other.
    """
    if not folder.is_dir():
        return Ingested()
    total = Ingested()
    with _alone(folder):
        for path in sorted(folder.glob("*" + SUFFIX)):
            total += _segment(path, sink, feedback)
    return total


def _segment(path: Path, sink: Sink, feedback: FeedbackSink | None) -> Ingested:
    # The lock is asked for before reading: what is free now has had its last write.
    closed = _is_closed(path)
    marker = path.with_suffix(".at")
    start, marks = _place(marker)
    if feedback is not None and _FEEDBACK in marks:
        start, marks = 0, marks - {_FEEDBACK}
    done = Ingested()
    for rows, notes, unknown, place in _batches(path, start):
        added = sink(rows) if rows else 0
        if notes and feedback is not None:
            added += feedback(notes)
        elif notes:
            marks |= {_FEEDBACK}
        if unknown:
            marks |= {_DAMAGED}
        start = place
        _note(marker, place, marks)
        done += Ingested(read=len(rows) + len(notes), added=added)
    if not closed or _FEEDBACK in marks:
        return done
    return done + _finish(path, start, bad=_DAMAGED in marks)


def _finish(path: Path, end: int, *, bad: bool) -> Ingested:
    """Delete a segment that nobody writes any more, or put it aside for a person to look at."""
    rest = path.stat().st_size - end
    bad = bad or _broken(path, end)
    if bad:
        path.rename(path.with_suffix(".damaged"))
    else:
        path.unlink()
    path.with_suffix(".at").unlink(missing_ok=True)
    aside = (path.with_suffix(".damaged").name,) if bad else ()
    return Ingested(removed=int(not bad), torn_bytes=rest, kept_aside=aside)


def _batches(path: Path, start: int) -> Iterator[tuple[Rows, Notes, int, int]]:
    rows: Rows = []
    notes: Notes = []
    unknown, count, place = 0, 0, start
    for payload, place in read_places(path, start):
        count += 1
        try:
            if shape := _ROWS.get(payload[:1]):
                rows.append(shape.model_validate_json(payload[1:]))
            elif note := _NOTES.get(payload[:1]):
                notes.append(note.model_validate_json(payload[1:]))
            else:
                unknown += 1
        except ValidationError:
            unknown += 1
        if count == _BATCH:
            yield rows, notes, unknown, place
            rows, notes, unknown, count = [], [], 0, 0
    if count:
        yield rows, notes, unknown, place


def _broken(path: Path, at: int) -> bool:
    """Whether what stands at ``at`` is damage rather than a write that was cut short."""
    with path.open("rb") as file:
        file.seek(at)
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or not any(head + file.read(4096)):
            return False  # half a head, or room the file system gave that was never written
        length, _ = HEAD.unpack(head)
        return bool(at + HEAD.size + length <= path.stat().st_size)


def _is_closed(path: Path) -> bool:
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def _place(marker: Path) -> tuple[int, frozenset[str]]:
    """How far the segment was read, and what was met before that place."""
    with suppress(FileNotFoundError, ValueError):
        place, *marks = marker.read_text(encoding="ascii").split()
        return int(place), frozenset(marks)
    return 0, frozenset()


def _note(marker: Path, place: int, marks: frozenset[str]) -> None:
    fresh = marker.with_suffix(".at-new")
    fresh.write_text(" ".join([str(place), *sorted(marks)]), encoding="ascii")
    fresh.replace(marker)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    fd = os.open(folder / "ingest.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def count_waiting(folder: Path) -> int:
    """Bytes in segments that no pass has read yet (for a health page)."""
    total = 0
    for path in folder.glob("*" + SUFFIX):
        total += path.stat().st_size - _place(path.with_suffix(".at"))[0]
    return total
