"""A whole erasing over a bucket that keeps versions: no version of any object holds their texts."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.marked_people import lived, make_marked, mark, subject
from tests.fakes.s3_server import bucket, kept, serving
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import ErasureAsked
from tuneworthy.lifecycle import erasure
from tuneworthy.lifecycle.wiring import Runtime

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PEOPLE = 12


@pytest.fixture
def s3() -> Iterator[Any]:
    with serving() as client:
        yield client


def held(s3: Any, name: str, numbers: range) -> set[str]:
    """Marks and names that stand in any version of any object."""
    every = b"\0".join(kept(s3, name))
    return {w for k in numbers for w in (mark(k), subject(k)) if w.encode() in every}


def erase(runtime: Runtime, numbers: range) -> Any:
    asked = ErasureAsked(subjects=tuple(map(subject, numbers)), person="bo", reason="request 1")
    return erasure.erase(runtime, asked)


def test_no_version_holds_an_erased_text(s3: Any, tmp_path: Path) -> None:
    name = bucket(s3)
    home = make_marked(tmp_path / "p", PEOPLE)
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"blobs: s3://{name}/kept\n")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 5, tzinfo=UTC)))) as runtime:
        lived(runtime, PEOPLE)
        assert held(s3, name, range(4)), "their texts are there before"
        report = erase(runtime, range(4))
        assert not [node for node in report.nodes if node.kind == "versions of objects"]
    assert held(s3, name, range(4)) == set()
    assert held(s3, name, range(4, PEOPLE)) == {
        word for k in range(4, PEOPLE) for word in (mark(k), subject(k))
    }
