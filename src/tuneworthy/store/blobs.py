"""Content-addressed bytes over any file system that fsspec knows."""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from tuneworthy.core.blob_ports import Lingering
from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.methods.canonical import canonical, digest_bytes, digest_tree
from tuneworthy.store.faults import from_disk
from tuneworthy.store.object_versions import versions_below

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_BLOCK = 1 << 20


class FsspecBlobs:
    """Blobs in a folder or an object store; the name of each is the digest of its bytes.

    On a local disk a blob is written beside its place, flushed and renamed, so that it is there
    whole or not at all. Everything that is read is verified.
    """

    def __init__(self, url: str) -> None:
        self._place = url
        if url.startswith("file:///"):
            # As in `Path.as_uri`: a blank in the folder's name comes as %20.
            url = unquote(url.removeprefix("file://"))
        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as fault:
            raise StoreProblem(
                "blobs_url_wrong",
                f"no blob store can be opened at {url}",
                why=str(fault),
                fix="use a folder, or a URL whose fsspec library is installed; for s3:// that is "
                "pip install 'tuneworthy[s3]'",
            ) from fault
        self._root = str(root).rstrip("/")
        self._local = isinstance(self._fs, LocalFileSystem)
        self._versions = versions_below(self._fs, self._root)
        self._read: dict[str, tuple[int, ...]] = {}
        """Blobs whose bytes were verified, to the state of the file at that time."""

    def put(self, data: bytes) -> str:
        """Keep bytes; the same bytes twice cost nothing."""
        digest = digest_bytes(data)
        with self._plain():
            if not self._kept(digest, len(data)):
                with self._new(digest) as file:
                    file.write(data)
        return digest

    def get(self, digest: str) -> bytes:
        """Read back, verified. Raises IntegrityProblem or StoreProblem."""
        with self._plain(digest):
            data: bytes = self._fs.cat_file(self._path(digest))
        if digest_bytes(data) != digest:
            raise _damaged(self._place, digest)
        return data

    def lines(self, digest: str) -> Iterator[bytes]:
        """Its lines, without their ends, one at a time; verified before the first is given.

        Raises IntegrityProblem or StoreProblem.
        """
        with self._plain(digest):
            file = self._fs.open(self._path(digest), "rb")
        with file, self._plain(digest):
            if hashlib.file_digest(file, "sha256").hexdigest() != digest.removeprefix("sha256:"):
                raise _damaged(self._place, digest)
            file.seek(0)
            for line in file:
                yield line.removesuffix(b"\n")

    def has(self, digest: str) -> bool:
        """Whether the blob is here."""
        path = self._path(digest)
        with self._plain():
            return bool(self._fs.isfile(path))

    def intact(self, digest: str, *, tree: bool = False) -> bool:
        """Whether the blob, or every file of a kept folder, is here with the bytes of its name.

        On a local disk the bytes are read, and again only once the file is another one or was
        written to. In an object store only their presence is asked for; what is read from there is
        verified when it is read.
        """
        if not self._local:
            return self.has(digest)
        if not self._unchanged(digest):
            return False
        if not tree:
            return True
        try:
            table = _table(self._place, digest, self.get(digest))
        except (IntegrityProblem, StoreProblem):
            return False
        return all(map(self._unchanged, table.values()))

    def _unchanged(self, digest: str) -> bool:
        try:
            with Path(self._path(digest)).open("rb") as file:
                found = os.fstat(file.fileno())
                stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                if self._read.get(digest) != stamp:
                    if hashlib.file_digest(file, "sha256").hexdigest() != digest.split(":")[1]:
                        return False
                    self._read[digest] = stamp
        except OSError:
            return False
        return True

    def put_file(self, path: Path) -> str:
        """Keep one file without holding it in memory."""
        with self._plain(), path.open("rb") as file:
            digest = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
            if self._kept(digest, os.fstat(file.fileno()).st_size):
                return digest
            file.seek(0)
            with self._new(digest) as kept:
                if _copy(file, kept) != digest:
                    raise IntegrityProblem(
                        "file_changing",
                        f"{path} changed while it was read",
                        fix="let the program that writes it finish, then try again",
                    )
        return digest

    def put_tree(self, folder: Path) -> str:
        """Keep every file of a folder; the digest is of the sorted path-to-digest table.

        Empty folders are not kept. Raises StoreProblem for links and for what is not a file.
        """
        if folder.is_symlink() or not folder.is_dir():
            raise StoreProblem("not_a_folder", f"{folder} is not a folder")
        table: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise StoreProblem(
                    "link_refused",
                    f"{path} is a link or not a plain file",
                    why="only what lies in the folder itself can be kept and proven",
                    fix="put a copy of the file in its place",
                )
            if path.is_file():
                table[path.relative_to(folder).as_posix()] = self.put_file(path)
        try:
            return self.put(canonical(table))
        except ValueError as fault:
            raise StoreProblem(
                "name_refused", f"{folder}: a file's name is not Unicode text", why=str(fault)
            ) from fault

    def get_tree(self, digest: str, to: Path) -> Path:
        """Write a kept folder to ``to``, verified byte by byte; it appears whole or not at all.

        Raises:
            IntegrityProblem: A blob is damaged, or the table names a path outside the folder.
            StoreProblem: A blob is missing, or ``to`` holds something else already.
        """
        table = _table(self._place, digest, self.get(digest))
        with self._plain():
            if self._stands(digest, to):
                return to
            to.parent.mkdir(parents=True, exist_ok=True)
            draft = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
            draft.mkdir()
            try:
                for name, content in table.items():
                    self._fetch(content, draft / name)
                draft.replace(to)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return to

    def all(self) -> Iterator[str]:
        """The digest of every blob that is here."""
        folder = f"{self._root}/sha256"
        with self._plain():
            paths = self._fs.find(folder) if self._fs.isdir(folder) else []
        for path in paths:
            digest = "sha256:" + "".join(str(path).split("/")[-2:])
            if _DIGEST.match(digest):
                yield digest

    def remove(self, digest: str) -> bool:
        """Take a blob away for good, with every version of it; False when it was not here."""
        path = self._path(digest)
        with self._plain():
            here = bool(self._fs.isfile(path))
            if here:
                self._fs.rm_file(path)
                self._forget(path)
            if self._local and here:
                _flush_folder(Path(path).parent)
        return here

    def sweep(self) -> list[Lingering]:
        """Delete all that the place still keeps of deleted blobs; what could not be, and why."""
        return [] if self._versions is None else self._versions.sweep()

    def _forget(self, path: str) -> None:
        if self._versions is not None:
            # Where versions cannot be listed, `sweep` says so when it matters.
            with suppress(OSError):
                self._versions.forget(path)

    def _stands(self, digest: str, to: Path) -> bool:
        if to.is_symlink() or (to.exists() and not to.is_dir()):
            raise StoreProblem("not_a_folder", f"{to} is not a folder", fix="name another place")
        if not to.exists() or not any(to.iterdir()):
            return False
        try:
            if digest_tree(to) == digest:
                return True
        except ValueError:
            pass  # a link below: certainly not what was kept
        raise StoreProblem(
            "folder_not_empty",
            f"{to} holds other files already",
            fix="name another folder, or move this one away",
        )

    def _fetch(self, digest: str, to: Path) -> None:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            with self._plain(digest):
                source = self._fs.open(self._path(digest), "rb")
            with source, to.open("xb") as file:
                found = _copy(source, file)
        except (FileExistsError, NotADirectoryError) as fault:
            raise IntegrityProblem(
                "tree_wrong", f"{to.name} is both a file and a folder in the kept table"
            ) from fault
        if found != digest:
            raise _damaged(self._place, digest)

    def _path(self, digest: str) -> str:
        if not _DIGEST.match(digest):
            raise StoreProblem("digest_wrong", f"not a digest: {digest[:80]!r}")
        name = digest.removeprefix("sha256:")
        return f"{self._root}/sha256/{name[:2]}/{name[2:]}"

    def _kept(self, digest: str, size: int) -> bool:
        # A blob of another size was cut off by something else than this program: write it again.
        path = self._path(digest)
        return bool(self._fs.isfile(path)) and int(self._fs.size(path)) == size

    @contextmanager
    def _new(self, digest: str) -> Iterator[BinaryIO]:
        path = self._path(digest)
        draft = f"{self._root}/draft/{uuid.uuid4().hex}"
        self._fs.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120 - a URL's path
        self._fs.makedirs(f"{self._root}/draft", exist_ok=True)
        try:
            if self._local:
                with Path(draft).open("xb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).replace(path)
                _flush_folder(Path(path).parent)
            else:
                with self._fs.open(draft, "wb") as file:
                    yield file
                self._fs.mv(draft, path)
        finally:
            if self._fs.exists(draft):
                self._fs.rm_file(draft)
            self._forget(draft)

    @contextmanager
    def _plain(self, digest: str = "") -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError) as fault:
            if not digest:
                raise from_disk(self._place, fault) from fault
            raise StoreProblem(
                "blob_missing",
                f"{self._place}: {digest} is not here",
                fix="point the blob store at the place where the work was done, or run it again",
            ) from fault
        except OSError as fault:
            raise from_disk(self._place, fault) from fault


def _copy(source: Any, to: BinaryIO) -> str:
    seen = hashlib.sha256()
    while block := source.read(_BLOCK):
        seen.update(block)
        to.write(block)
    return "sha256:" + seen.hexdigest()


def _flush_folder(folder: Path) -> None:
    # Without this a power cut may forget the new name.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _table(place: str, digest: str, data: bytes) -> dict[str, str]:
    try:
        table = json.loads(data)
        same = canonical(table) == data
    except (ValueError, RecursionError):
        table, same = None, False
    if not same or not isinstance(table, dict) or not all(map(_entry, table.items())):
        raise IntegrityProblem(
            "tree_wrong",
            f"{place}: {digest} is not the table of a kept folder",
            why="it holds something else, or names a path outside the folder",
        )
    return dict(table)


def _entry(item: tuple[str, Any]) -> bool:
    name, digest = item
    return _inside(name) and isinstance(digest, str) and _DIGEST.match(digest) is not None


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = name not in ("", ".") and path.as_posix() == name and "\0" not in name
    return plain and "\\" not in name and not path.is_absolute() and ".." not in path.parts


def _damaged(place: str, digest: str) -> IntegrityProblem:
    return IntegrityProblem(
        "blob_damaged",
        f"{place}: the bytes kept as {digest} are not those bytes",
        why="they were changed outside the program, or the disk lost something",
        fix="delete that blob and run the step that made it again, or put back a backup",
    )
