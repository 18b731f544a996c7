"""An erasing that was killed anywhere is ended by the same command, and its report is whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.marked_people import lived, make_marked, marks_left, preview_of, subject
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import Erasure, ErasureAsked, Taint
from tuneworthy.lifecycle import auditing, erasure, erasure_blobs, erasure_files
from tuneworthy.lifecycle.erased_blobs import ErasedBlobs
from tuneworthy.lifecycle.erasure_marks import FILE, GOING
from tuneworthy.lifecycle.erasure_rows import Rows
from tuneworthy.store.sql import SqlStore
from tuneworthy.store.subject_keys import SqlSubjectKeys

START = datetime(2026, 3, 5, tzinfo=UTC)
N = 12
KILLS = 4
EVERY, LEAST_STEPS, MOST_STEPS = 7, 22, 160
ASKED = ErasureAsked(subjects=tuple(map(subject, range(N))), person="bo", reason="request 17")

ERASER = """
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tests.faults.test_erasure_kill import ASKED, later
from tests.fakes.small_project import open_small
from tuneworthy.lifecycle import erasure

with closing(open_small(Path(sys.argv[1]), later())) as runtime:
    print("begun", flush=True)
    print(erasure.erase(runtime, ASKED).id, flush=True)
"""


def later() -> FixedClock:
    return FixedClock(START + timedelta(days=1))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built") / "p"
    with closing(open_small(make_marked(home, N, others=300), FixedClock(START))) as runtime:
        lived(runtime, N)
        preview_of(runtime)
    return home


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


class Killer:
    """Ends the work before its step with a given number."""

    def __init__(self, at: int) -> None:
        self.at, self.done = at, 0

    def wrapped(self, step: Any) -> Any:
        def run(*args: Any, **more: Any) -> Any:
            self.done += 1
            if self.done == self.at:
                raise KilledError
            return step(*args, **more)

        return run


def erase_with(home: Path, killer: Killer) -> Erasure:
    steps: tuple[tuple[Any, str], ...] = (
        (SqlStore, "change"),
        (SqlStore, "compact"),
        (SqlSubjectKeys, "destroy"),
        (SqlSubjectKeys, "compact"),
        (Rows, "erase"),
        (ErasedBlobs, "put"),
        (ErasedBlobs, "remove"),
        (Path, "unlink"),
        (erasure, "keep_marks"),
        (erasure, "destroy_marks"),
        (erasure, "forget_jobs"),
        (erasure_files, "remove"),
        (erasure_blobs, "bury"),
    )
    with pytest.MonkeyPatch.context() as patch:
        for place, name in steps:
            patch.setattr(place, name, killer.wrapped(getattr(place, name)))
        with closing(open_small(home, later())) as runtime:
            return erasure.erase(runtime, ASKED)


def test_killed_before_many_a_step_it_is_ended_by_the_next_command(
    built: Path, tmp_path: Path
) -> None:
    with closing(open_small(shutil.copytree(built, tmp_path / "plan"), later())) as runtime:
        planned = erasure.erase(runtime, ASKED, dry_run=True)
    steps = 0
    for step in range(1, MOST_STEPS, EVERY):
        home = shutil.copytree(built, tmp_path / str(step))
        try:
            erase_with(home, Killer(at=step))
        except KilledError:
            steps = step
            with closing(open_small(home, later())) as runtime:
                erasure.erase(runtime, ASKED)
                # Killed after its report was signed, there is a second one that finds nothing.
                first, *more = erasure.erasures(runtime)
                assert all(one.state == "done" for one in more)
                check(home, first, planned)
        else:
            break
        shutil.rmtree(home)
    assert LEAST_STEPS <= steps < MOST_STEPS - EVERY


def test_killed_between_the_keys_and_the_rows(built: Path, tmp_path: Path) -> None:
    """The rows cannot be read any more, and are known by their ids and by the lack of a key."""
    home = shutil.copytree(built, tmp_path / "p")
    with closing(open_small(home, later())) as runtime:
        planned = erasure.erase(runtime, ASKED, dry_run=True)
    killer = Killer(at=1)
    with pytest.MonkeyPatch.context() as patch, closing(open_small(home, later())) as runtime:
        patch.setattr(Rows, "erase", killer.wrapped(Rows.erase))
        with pytest.raises(KilledError):
            erasure.erase(runtime, ASKED)
    with closing(open_small(home, later())) as runtime:
        assert list(runtime.store.interactions()) == []
        assert runtime.store.seal_state().destroyed == 2 * N
        report = erasure.erase(runtime, ASKED)
        assert runtime.store.seal_state().sealed == 0
    check(home, report, planned)


def test_killed_with_minus_nine_at_any_moment(built: Path, tmp_path: Path) -> None:
    home = shutil.copytree(built, tmp_path / "p")
    with closing(open_small(home, later())) as runtime:
        planned = erasure.erase(runtime, ASKED, dry_run=True)
    chance = random.Random(5)  # noqa: S311 - moments of a kill, not secrets
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    kills = 0
    for attempt in range(KILLS + 1):
        child = subprocess.Popen(
            [sys.executable, "-c", ERASER, str(home)], stdout=subprocess.PIPE, text=True, env=env
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        if attempt < KILLS:
            time.sleep(chance.uniform(0.0, 1.5))
            child.send_signal(signal.SIGKILL)
            child.communicate()
            kills += child.returncode == -signal.SIGKILL
        else:
            child.communicate(timeout=300)
            assert child.returncode == 0
    assert kills
    with closing(open_small(home, later())) as runtime:
        first = erasure.erasures(runtime)[0]
        assert first.state == "done"
        check(home, first, planned)


def check(home: Path, report: Erasure, planned: Erasure) -> None:
    with closing(open_small(home, later())) as runtime:
        assert not marks_left(runtime.state, range(N))
        assert not (runtime.state / FILE).exists()
        assert not (runtime.state / GOING).exists()
        assert report.state == "done"
        assert report.left == 0
        assert not erasure.fault_of(runtime, report)
        found = {(node.kind, node.id): node.found for node in report.nodes}
        for node in planned.nodes:
            assert found[node.kind, node.id] == node.found, node
        (taint,) = runtime.store.list(Taint)
        assert taint.erasures == (report.id,)
        assert auditing.verify(runtime).verified
