"""What the blob store promises, on a local disk and on another fsspec file system."""

import builtins
import errno
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import IntegrityProblem, Problem, StoreProblem
from tuneworthy.methods.canonical import canonical, digest_bytes, digest_tree
from tuneworthy.store import open_blobs

QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=["folder", "file-url", "memory"])
def blobs(request, tmp_path):
    urls = {
        "folder": str(tmp_path / "blobs"),
        "file-url": f"file://{tmp_path}/blobs",
        "memory": f"memory://{uuid.uuid4().hex}",
    }
    return open_blobs(urls[request.param])


@pytest.fixture
def local(tmp_path):
    return open_blobs(str(tmp_path / "blobs"))


def place(tmp_path: Path, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return tmp_path / "blobs/sha256" / name[:2] / name[2:]


def tree(folder: Path) -> Path:
    for name, data in {"a.txt": b"one", "deep/b.bin": b"\0" * 3_000_000, "deep/c": b""}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@QUIET
@given(data=st.binary(max_size=200))
def test_bytes_come_back(blobs, data):
    digest = blobs.put(data)
    assert digest == digest_bytes(data)
    assert blobs.put(data) == digest
    assert blobs.has(digest)
    assert blobs.get(digest) == data


@QUIET
@given(lines=st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"\r"))))
def test_lines_come_back_one_by_one(blobs, lines):
    digest = blobs.put(b"".join(line + b"\n" for line in lines))
    assert list(blobs.lines(digest)) == lines


def test_no_line_of_a_damaged_blob_is_given(local, tmp_path):
    digest = local.put(b"one\ntwo\n")
    place(tmp_path, digest).write_bytes(b"one\nTWO\n")
    with pytest.raises(IntegrityProblem) as caught:
        next(local.lines(digest))
    assert caught.value.code == "blob_damaged"
    with pytest.raises(StoreProblem) as missing:
        next(local.lines(digest_bytes(b"never")))
    assert missing.value.code == "blob_missing"


def test_a_folder_with_a_blank_in_its_name(tmp_path):
    folder = tmp_path / "my blobs (ü) 100%"
    open_blobs(folder.as_uri()).put(b"x")
    assert open_blobs(str(folder)).get(digest_bytes(b"x")) == b"x"
    assert [one.name for one in tmp_path.iterdir()] == [folder.name]


def test_what_is_not_there(blobs):
    digest = digest_bytes(b"never")
    assert not blobs.has(digest)
    with pytest.raises(StoreProblem) as caught:
        blobs.get(digest)
    assert caught.value.code == "blob_missing"


@pytest.mark.parametrize("name", ["", "x", "sha256:../../etc/passwd", "sha256:" + "A" * 64])
def test_names_that_are_not_digests(blobs, name):
    for look in (blobs.get, blobs.has):
        with pytest.raises(StoreProblem) as caught:
            look(name)
        assert caught.value.code == "digest_wrong"


@QUIET
@given(bit=st.integers(0, 8 * 40 - 1))
def test_a_flipped_bit_is_noticed(local, tmp_path, bit):
    digest = local.put(b"x" * 40)
    path = place(tmp_path, digest)
    data = bytearray(b"x" * 40)
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    with pytest.raises(IntegrityProblem) as caught:
        local.get(digest)
    assert caught.value.code == "blob_damaged"
    path.write_bytes(b"x" * 40)
    assert local.get(digest) == b"x" * 40


def test_a_blob_cut_short_is_written_again(local, tmp_path):
    digest = local.put(b"x" * 40)
    place(tmp_path, digest).write_bytes(b"x" * 7)
    assert local.put(b"x" * 40) == digest
    assert local.get(digest) == b"x" * 40


def test_a_folder_comes_back(blobs, tmp_path):
    source = tree(tmp_path / "source")
    digest = blobs.put_tree(source)
    assert digest == digest_tree(source)
    target = tmp_path / "some/where"
    assert blobs.get_tree(digest, target) == target
    assert digest_tree(target) == digest
    assert blobs.get_tree(digest, target) == target
    assert sorted(one.name for one in target.parent.iterdir()) == ["where"]


def test_another_folder_is_never_overwritten(local, tmp_path):
    digest = local.put_tree(tree(tmp_path / "source"))
    (tmp_path / "busy").mkdir()
    assert digest_tree(local.get_tree(digest, tmp_path / "busy")) == digest
    (tmp_path / "busy/mine").write_text("keep me")
    (tmp_path / "file").write_text("a file")
    (tmp_path / "link").symlink_to(tmp_path / "source")
    codes = {"busy": "folder_not_empty", "file": "not_a_folder", "link": "not_a_folder"}
    for name, code in codes.items():
        with pytest.raises(StoreProblem) as caught:
            local.get_tree(digest, tmp_path / name)
        assert caught.value.code == code
    assert (tmp_path / "busy/mine").read_text() == "keep me"


def test_links_are_refused(local, tmp_path):
    source = tree(tmp_path / "source")
    (source / "deep/link").symlink_to("/etc/passwd")
    with pytest.raises(StoreProblem) as caught:
        local.put_tree(source)
    assert caught.value.code == "link_refused"
    (source / "deep/link").unlink()
    os.mkfifo(source / "deep/pipe")
    with pytest.raises(StoreProblem):
        local.put_tree(source)
    (tmp_path / "other").symlink_to(source)
    with pytest.raises(StoreProblem):
        local.put_tree(tmp_path / "other")


@pytest.mark.parametrize(
    "name",
    ["../out", "/abs", "a/../../out", "a//b", "./a", "", ".", "a\\..\\b", "a/", "a\0b"],
)
def test_a_table_that_leaves_its_folder_is_refused(local, tmp_path, name):
    digest = local.put(canonical({name: local.put(b"evil")}))
    with pytest.raises(IntegrityProblem) as caught:
        local.get_tree(digest, tmp_path / "in/target")
    assert caught.value.code == "tree_wrong"
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    "data",
    [b"[]", b"{", b"\xff", b'{"a":1}', b'{"a":"sha256:1"}', b'{ "a": 1}', b"[" * 100_000],
)
def test_what_is_not_a_table(local, tmp_path, data):
    with pytest.raises(IntegrityProblem):
        local.get_tree(local.put(data), tmp_path / "target")


def test_a_name_that_is_file_and_folder(local, tmp_path):
    one = local.put(b"1")
    with pytest.raises(IntegrityProblem):
        local.get_tree(local.put(canonical({"a": one, "a/b": one})), tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_damaged_tree_leaves_nothing(local, tmp_path):
    digest = local.put_tree(tree(tmp_path / "source"))
    place(tmp_path, digest_bytes(b"one")).write_bytes(b"two")
    with pytest.raises(IntegrityProblem):
        local.get_tree(digest, tmp_path / "target")
    place(tmp_path, digest_bytes(b"one")).unlink()
    with pytest.raises(StoreProblem):
        local.get_tree(digest, tmp_path / "target")
    assert {one.name for one in tmp_path.iterdir()} == {"blobs", "source"}


class Full:
    """A file on a disk that takes seven bytes and no more."""

    def __init__(self, path: Path) -> None:
        self._file = builtins.open(path, "wb")  # noqa: PTH123, SIM115 - Path.open is replaced

    def __enter__(self) -> "Full":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data[:7])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_no_half_blob(local, tmp_path, monkeypatch):
    source = tree(tmp_path / "source")
    real = Path.open

    def opened(self: Path, mode: str = "r", *rest: object) -> Any:
        return Full(self) if mode == "xb" else real(self, mode)

    monkeypatch.setattr(Path, "open", opened)
    keeps: list[Callable[[], str]] = [
        lambda: local.put(b"x" * 100),
        lambda: local.put_tree(source),
    ]
    for keep in keeps:
        with pytest.raises(StoreProblem) as caught:
            keep()
        assert caught.value.code == "disk_full"
        assert "space" in caught.value.fix
    monkeypatch.undo()
    assert [one for one in (tmp_path / "blobs").rglob("*") if one.is_file()] == []
    assert not local.has(digest_bytes(b"x" * 100))


def test_many_put_the_same_at_once(local):
    digests: list[str] = []
    data = os.urandom(300_000)
    threads = [threading.Thread(target=lambda: digests.append(local.put(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [digest_bytes(data)] * 8
    assert local.get(digests[0]) == data


@pytest.mark.parametrize("url", ["nosuch://x/y", "file:///proc/nowhere"])
def test_places_that_cannot_be_used(url):
    with pytest.raises(Problem) as caught:
        open_blobs(url).put(b"x")
    assert isinstance(caught.value, StoreProblem)
    assert caught.value.fix
