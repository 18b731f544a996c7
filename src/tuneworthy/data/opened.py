"""Opens a source: a plain file or a gzip of one, hashed as it is read, never a pipe or a device."""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from tuneworthy.core.errors import DataProblem

_BLOCK = 1 << 18
_FREE = 64 << 20
"""So many bytes may come out of a packed file whatever its size."""
_RATIO = 200
"""Beyond that, so many bytes for each byte of the file; text seldom packs better than 20 to 1."""


class Allowance:
    """How many bytes a file may stand for: 64 MB, or 200 times what it has on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._most = max(_FREE, path.stat().st_size * _RATIO)
        self._count = 0

    def take(self, count: int, where: str = "") -> None:
        """Count bytes that came out, at ``where`` in the file. Raises DataProblem for too many."""
        self._count += count
        if self._count <= self._most:
            return
        at = f", at {where}" if where else ""
        raise DataProblem(
            "swells",
            f"{self._path} unpacks to over {self._most >> 20:,} MB{at}: more than {_RATIO} times"
            f" its {self._path.stat().st_size:,} bytes.",
            why="Data for training does not pack that well; a file that does is made to harm.",
            fix="Unpack it yourself, look at it, and name the unpacked file: as JSON Lines it is"
            " read whatever its size.",
        )


class Hash(Protocol):
    """What takes bytes and adds them to a digest."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""


def ending(path: Path) -> str:
    """The name's ending in lower case, without the ``.gz`` of a packed file."""
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return inner.suffix.lower()


class NoHash:
    """A digest of nothing, for those who only look."""

    def update(self, data: bytes, /) -> None:
        """Forget the bytes."""


@contextmanager
def opened(path: Path, digest: Hash) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked when its name ends in ``.gz``.

    When the block ends without a fault, the digest has every byte of the file as it lies on disk.

    Raises:
        DataProblem: No plain file, a read error, a broken gzip, or one that swells beyond measure.
    """
    try:
        with _Hashed(path, digest) as raw, io.BufferedReader(raw, _BLOCK) as plain:
            if path.suffix.lower() != ".gz":
                yield cast("BinaryIO", plain)
            else:
                with gzip.GzipFile(fileobj=plain) as inner:
                    yield cast("BinaryIO", io.BufferedReader(_Measured(inner, path), _BLOCK))
            raw.drain()
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise DataProblem(
            "bad_gzip",
            f"{path} is not a whole gzip file.",
            why=str(fault),
            fix="Copy or write the file again; it may have been cut short.",
        ) from fault
    except OSError as fault:
        raise DataProblem("unreadable", f"{path} cannot be read: {fault.strerror}.") from fault


def open_plain(path: Path) -> int:
    """A descriptor to read a plain file by. Raises DataProblem for pipes, devices and folders.

    Opening a pipe would wait for a writer, so it is opened without waiting and looked at first.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DataProblem(
            "not_a_file",
            f"{path} is a pipe, a device or a folder, not a plain file.",
            fix="Write the data into a file and name that.",
        )
    return descriptor


class _Hashed(io.RawIOBase):
    """A plain file that adds what is read to a digest."""

    def __init__(self, path: Path, digest: Hash) -> None:
        self._file = os.fdopen(open_plain(path), "rb", buffering=0)
        self._digest = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])  # type: ignore[arg-type]
        return count

    def drain(self) -> None:
        """Read what is left, for the digest."""
        while data := self._file.read(_BLOCK):
            self._digest.update(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Measured(io.RawIOBase):
    """Unpacked bytes, with a limit on how far a file may swell."""

    def __init__(self, inner: gzip.GzipFile, path: Path) -> None:
        self._inner = inner
        self._allowed = Allowance(path)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._inner.readinto(buffer)
        self._allowed.take(count)
        return count
