"""People are erased: nothing of theirs is left in any byte, and each derivative is listed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.marked_people import lived, make_marked, mark, preview_of, subject
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import Erasure, ErasureAsked
from tuneworthy.lifecycle import auditing, erasure
from tuneworthy.lifecycle.wiring import Runtime

START = datetime(2026, 3, 5, tzinfo=UTC)
PEOPLE = 40


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with closing(open_small(make_marked(tmp_path / "p", PEOPLE), FixedClock(START))) as found:
        lived(found, PEOPLE)
        preview_of(found)
        yield found


def marks_left(folder: Path, numbers: range) -> dict[str, set[Path]]:
    """Marks that stand in any byte of any file, each with the files."""
    wanted = {mark(k): mark(k).encode() for k in numbers} | {
        subject(k): subject(k).encode() for k in numbers
    }
    found: dict[str, set[Path]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for name, raw in wanted.items():
                if raw in data:
                    found.setdefault(name, set()).add(path.relative_to(folder))
    return found


def erase(runtime: Runtime, numbers: range, **more: bool) -> Erasure:
    asked = ErasureAsked(
        subjects=tuple(map(subject, numbers)), person="bo", reason="request 17 of March"
    )
    return erasure.erase(runtime, asked, **more)


def test_everybody_is_erased_and_nothing_is_left(runtime: Runtime) -> None:
    everyone = range(PEOPLE)
    state = runtime.state
    assert len(marks_left(state, everyone)) == 2 * PEOPLE
    report = erase(runtime, everyone)
    for node in report.nodes:
        print(node.kind, node.id[:30], node.found, node.disposition, node.note[:60], node.deadline)
    print(report.left, report.scanned_files, report.scanned_bytes)
    assert not marks_left(state, everyone)
    assert report.left == 0
    assert report.state == "done"
    assert not erasure.fault_of(runtime, report)
    assert auditing.verify(runtime).verified
