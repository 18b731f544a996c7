"""What a model learned from never becomes a test case because an erasing was stopped."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.marked_people import make_marked, sentence, subject
from tests.fakes.small_project import PEOPLE, edit, open_small, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import ErasureAsked
from tuneworthy.lifecycle import datasets, erasure, people, suppression, taints
from tuneworthy.lifecycle.erased_blobs import ErasedBlobs
from tuneworthy.lifecycle.erasure_keys import Keys
from tuneworthy.lifecycle.erasure_rows import Rows
from tuneworthy.store.sql import SqlStore

N, OTHERS = 12, 120
START = datetime(2026, 3, 5, tzinfo=UTC)
ASKED = ErasureAsked(subjects=tuple(map(subject, range(N))), person="bo", reason="request 17")
KEPT = "split: {keep: true, validation: 0.1, test: 0.2, seed: %d}"

STEPS: Mapping[str, tuple[Any, str, int]] = {
    "suppressing": (suppression, "suppress", 1),
    "tainting": (taints, "mark", 1),
    "destroying keys": (Keys, "destroy", 1),
    "taking rows out of the ledger": (Rows, "erase", 1),
    "burying the first file": (erasure, "bury", 1),
    "removing the first file's bytes": (ErasedBlobs, "remove", 1),
    "burying the second file": (erasure, "bury", 2),
    "removing the second file's bytes": (ErasedBlobs, "remove", 2),
    "clearing the state folder": (erasure, "_clear_files", 1),
    "building anew": (datasets, "build", 1),
    "dividing the rows": (datasets, "build_dataset", 1),
    "keeping the new version": (datasets, "_kept", 1),
    "moving the head": (datasets, "_move_head", 1),
    "searching every byte": (erasure, "_finish", 1),
    "writing the database anew": (SqlStore, "compact", 1),
    "destroying the marks": (erasure, "destroy_marks", 1),
}
"""What is stopped before, and the how manyeth time it is about to be done."""


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve people, each of whom asks what a row of nobody asks too; that one is left out."""
    home = make_marked(tmp_path_factory.mktemp("built") / "p", N, others=OTHERS)
    old = "split: {by: duplicates, validation: 0.1, test: 0.2, seed: 7}"
    edit(home, "tuneworthy.yaml", old, KEPT % 7)
    same = [{"request": sentence(k), "target": f"look {k % 3}"} for k in range(N)]
    with (home / "data" / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(map(json.dumps, same)) + "\n")
    with closing(open_small(home, FixedClock(START))) as runtime:
        for person, roles in PEOPLE.items():
            people.add(runtime, person, person.title(), roles)
        version = datasets.build(runtime)
        assert version.dropped["exact_duplicate"] == N
        assert {one for one, split in stood(home).items() if split == "test"}
    return home


def stood(home: Path) -> dict[str, str]:
    """The split of every request of the newest version."""
    with tuneworthy.open(home) as workspace:
        version = workspace.data()
    with closing(open_small(home, FixedClock(START))) as runtime:
        return {
            json.loads(line)["messages"][0]["content"]: split
            for split, digest in version.records.items()
            for line in runtime.blobs.lines(digest)
        }


def erase(home: Path) -> None:
    with closing(open_small(home, FixedClock(START))) as runtime:
        tick(runtime, days=1)
        erasure.erase(runtime, ASKED)


def divide_otherwise(home: Path) -> None:
    """Another seed: whatever is divided anew comes to stand elsewhere."""
    edit(home, "tuneworthy.yaml", KEPT % 7, KEPT % 8)


def build(home: Path) -> None:
    with tuneworthy.open(home) as workspace:
        workspace.build_data()


def assert_stands(home: Path, before: Mapping[str, str]) -> None:
    """Every row, and what a row of nobody asks as the people erased did, stands where it stood."""
    assert stood(home) == before


def stopped(step: Callable[..., Any], at: int) -> Callable[..., Any]:
    done = 0

    def run(*args: Any, **more: Any) -> Any:
        nonlocal done
        done += 1
        if done == at:
            raise KilledError
        return step(*args, **more)

    return run


@pytest.mark.parametrize("step", STEPS)
def test_stopped_before_any_step_no_row_changes_its_split(
    built: Path, tmp_path: Path, step: str
) -> None:
    home, before = shutil.copytree(built, tmp_path / "p"), stood(built)
    place, name, at = STEPS[step]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, stopped(getattr(place, name), at))
        with pytest.raises(KilledError):
            erase(home)
    divide_otherwise(home)
    again = shutil.copytree(home, tmp_path / "again")
    build(home)
    assert_stands(home, before)
    erase(again)
    assert_stands(again, before)


def test_a_build_that_failed_is_made_up_for_by_the_next(built: Path, tmp_path: Path) -> None:
    home, before = shutil.copytree(built, tmp_path / "p"), stood(built)
    source = home / "data" / "train.jsonl"
    aside = source.rename(tmp_path / "aside.jsonl")
    erase(home)
    aside.rename(source)
    divide_otherwise(home)
    build(home)
    assert_stands(home, before)
