"""The durable log of the gateway: append-only segment files of checked frames.

A frame is length (4 bytes), CRC-32 of the payload (4 bytes), payload; both numbers little-endian.
A record is one write to the operating system, so a killed process loses nothing that it
acknowledged; a thread makes the disk follow every 50 ms, which bounds what a power cut can take.

Recording is mandatory. When the disk refuses (full, broken, read-only) ``append`` raises
ServeProblem, the gateway answers 503, and a thread tries the disk again until it takes writes.
"""

import errno
import fcntl
import itertools
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tuneworthy.core.errors import ServeProblem

HEAD = struct.Struct("<II")
MAX_FRAME = 64 * 2**20
SUFFIX = ".seg"
_PROBE = bytes(65_536)


def frame(payload: bytes) -> bytes:
    """The bytes of one frame."""
    return HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_frames(path: Path, start: int = 0) -> Iterator[bytes]:
    """Yield the payloads from byte ``start`` on; a torn or broken tail ends the reading."""
    for payload, _ in read_places(path, start):
        yield payload


def read_places(path: Path, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield each payload with the byte place after its frame."""
    with path.open("rb") as file:
        file.seek(start)
        at = start
        while len(head := file.read(HEAD.size)) == HEAD.size:
            length, crc = HEAD.unpack(head)
            if not 0 < length <= MAX_FRAME:
                return
            payload = file.read(length)
            if len(payload) < length or zlib.crc32(payload) != crc:
                return
            at += HEAD.size + length
            yield payload, at


class SegmentWriter:
    """Appends records to segments in a folder; one writer owns its open segment by a file lock.

    Args:
        folder: Where segments lie; made when missing.
        max_bytes: A segment is closed when it is longer than this.
        sync_seconds: How often the disk is told to follow.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = 16 * 2**20, sync_seconds: float = 0.05
    ) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.sync_seconds = sync_seconds
        self.fault = ""
        """Why the last write failed; empty while the disk takes writes."""
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._retired: list[int] = []
        self._dirty = False
        self._stop = threading.Event()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._fd, _ = self._open()
        except OSError as fault:
            raise self._problem(fault) from fault
        self._size = 0
        self._thread = threading.Thread(target=self._follow, name="segment-sync", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the last write was taken."""
        return not self.fault

    def append(self, payload: bytes) -> None:
        """Keep one record; when this returns, a killed process does not lose it.

        Raises:
            ServeProblem: The disk did not take it; nothing was kept.
        """
        if not 0 < len(payload) <= MAX_FRAME:
            raise ServeProblem(
                "record_size", f"A record of {len(payload)} bytes cannot be kept in the log."
            )
        data = frame(payload)
        with self._lock:
            if self._stop.is_set():
                raise ServeProblem("recording_closed", "The log of interactions is closed.")
            if self.fault:
                raise self._refusal()
            try:
                if self._size >= self.max_bytes:
                    self._rotate()
                self._write(data)
            except OSError as fault:
                raise self._problem(fault) from fault
            self._dirty = True

    def close(self) -> None:
        """Write everything through to the disk and let go of the segment."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        with self._lock:
            self._retired.append(self._fd)
        with suppress(OSError):
            self._sync()

    def __enter__(self) -> "SegmentWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        written = os.write(self._fd, data)
        if written == len(data):
            self._size += written
            return
        # Half a frame would hide every frame after it.
        os.ftruncate(self._fd, self._size)
        raise OSError(errno.ENOSPC, "No space left on device")

    def _open(self) -> tuple[int, Path]:
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        path = self.folder / name
        hidden = path.with_suffix(".new")
        fd = os.open(hidden, flags, 0o600)
        # Readers tell a live segment from a dead process's by this lock, so it is held before
        # the file has the name that they look for.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(path)
        return fd, path

    def _rotate(self) -> None:
        fresh, _ = self._open()
        self._retired.append(self._fd)
        self._fd, self._size = fresh, 0

    def _follow(self) -> None:
        while not self._stop.wait(self.sync_seconds):
            try:
                self._try_again() if self.fault else self._sync()
            except OSError as fault:
                self._problem(fault)

    def _sync(self) -> None:
        with self._lock:
            retired, self._retired = self._retired, []
            current = self._fd if self._dirty and not self._stop.is_set() else None
            self._dirty = False
        try:
            for fd in retired:
                os.fdatasync(fd)
            # Only this thread closes descriptors, so this one cannot be closed in between.
            if current is not None:
                os.fdatasync(current)
        finally:
            for fd in retired:
                os.close(fd)

    def _try_again(self) -> None:
        """Move to a fresh segment once the disk takes a probe."""
        self._stop.wait(0.5)
        fd, path = self._open()
        try:
            if os.write(fd, _PROBE) < len(_PROBE):
                raise OSError(errno.ENOSPC, "No space left on device")
            os.fdatasync(fd)
            os.ftruncate(fd, 0)
        except OSError:
            path.unlink(missing_ok=True)
            os.close(fd)
            raise
        with self._lock:
            self._retired.append(self._fd)
            self._fd, self._size, self.fault = fd, 0, ""

    def _problem(self, fault: OSError) -> ServeProblem:
        self.fault = fault.strerror or str(fault)
        return self._refusal()

    def _refusal(self) -> ServeProblem:
        return ServeProblem(
            "recording_failed",
            f"The interaction could not be recorded in {self.folder}.",
            why=self.fault,
            fix="Free space or repair the disk; recording starts again by itself.",
        )
