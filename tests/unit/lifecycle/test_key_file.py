import os
import threading
from pathlib import Path

import pytest

from tuneworthy.core.errors import StoreProblem
from tuneworthy.lifecycle.key_file import key_file


def key(path: Path) -> bytes:
    return key_file(path, "no_key", "it is short", "all is lost")


def ask(path: Path, start: threading.Barrier, got: set[bytes | str]) -> None:
    start.wait()
    try:
        got.add(key(path))
    except StoreProblem as problem:
        got.add(problem.message)


def test_all_who_ask_first_at_once_get_one_key(tmp_path):
    for number in range(40):
        path = tmp_path / f"{number}.key"
        start, got = threading.Barrier(8), set[bytes | str]()
        threads = [threading.Thread(target=ask, args=(path, start, got)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == {path.read_bytes()}
        assert path.stat().st_mode & 0o777 == 0o600
    assert {path.suffix for path in tmp_path.iterdir()} == {".key"}


def test_who_stops_before_the_key_is_whole_leaves_none(tmp_path, monkeypatch):
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.key"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreProblem, match="cannot be read or written"):
            key(path)
    assert list(tmp_path.iterdir()) == []
    assert len(key(path)) == 32
    path.write_bytes(b"")
    with pytest.raises(StoreProblem, match="holds 0 bytes"):
        key(path)


def test_a_disk_without_links_will_do(tmp_path, monkeypatch):
    def none(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    made = key(tmp_path / "a.key")
    assert made == key(tmp_path / "a.key")
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]
