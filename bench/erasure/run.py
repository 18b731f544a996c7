"""How long it takes to erase many people, and what of them is left in any byte.

Every person has a row, a request with its answer, a word on it, and a label item; some are test
cases with kept answers. A backup of the ledger is taken before, and read afterwards with the keys
that are left. Prints where marks stood, and CPU seconds (user and system) of n rounds, each in a
project of its own.

    PYTHONPATH=src:. python bench/erasure/run.py --people 1000 --rounds 3
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.marked_people import lived, make_marked, marks_left, subject
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import ErasureAsked
from tuneworthy.lifecycle import auditing, erasure, sealing
from tuneworthy.lifecycle.ring import open_ring
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.store import open_store
from tuneworthy.store.subject_keys import SqlSubjectKeys


def one_round(people: int) -> tuple[float, str]:
    """CPU seconds of one erasing, and what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        home = make_marked(Path(folder) / "p", people)
        with closing(open_small(home, FixedClock(datetime(2026, 3, 5, tzinfo=UTC)))) as runtime:
            lived(runtime, people)
            sealing.take_in(runtime)
            before = marks_left(runtime.state, range(people))
            places = Counter(_place(path) for files in before.values() for path in files)
            backup = back_up(runtime.state, Path(folder) / "backup.db")
            traffic = len(list(runtime.store.interactions()))
            asked = ErasureAsked(
                subjects=tuple(map(subject, range(people))), person="bo", reason="request 17"
            )
            started = time.process_time()
            report = erasure.erase(runtime, asked)
            seconds = time.process_time() - started
            left = len(marks_left(runtime.state, range(people)))
            verified = auditing.verify(runtime).verified
            genuine = not erasure.fault_of(runtime, report)
            with closing(
                open_store(f"sqlite:///{backup}", runtime.clock, keys=ring(runtime))
            ) as old:
                readable, closed = len(list(old.interactions())), old.seal_state().destroyed
            said = (
                f"marks before {len(before)} (in {_listed(places)}), after {left}; a backup of the "
                f"ledger gives {traffic} requests before, {readable} after ({closed} rows without "
                f"a key); nodes {len(report.nodes)}; "
                f"{report.scanned_bytes:,} bytes in {report.scanned_files} files searched; "
                f"chain verified: {verified}; report signed: {genuine}"
            )
    return seconds, said


def back_up(state: Path, to: Path) -> Path:
    """A copy of the ledger, and of no keys."""
    with (
        closing(sqlite3.connect(state / "tuneworthy.db")) as source,
        closing(sqlite3.connect(to)) as goal,
    ):
        source.backup(goal)
    return to


def ring(runtime: Runtime) -> SqlSubjectKeys:
    """The project's keys, opened once more."""
    return open_ring(runtime.folder, runtime.project)


def _place(path: Path) -> str:
    return "kept files" if path.parts[0] == "blobs" else path.name.removesuffix("-wal")


def _listed(places: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(places.items()))


def main() -> None:
    """Print the rounds."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--people", type=int, default=1000)
    wanted.add_argument("--rounds", type=int, default=3)
    options = wanted.parse_args()
    one_round(10)  # compiles what is compiled once
    rounds = [one_round(options.people) for _ in range(options.rounds)]
    seconds = [spent for spent, _ in rounds]
    print(f"{options.people} people, n = {options.rounds} rounds")
    for _, said in rounds:
        print(said)
    print(
        f"CPU seconds: median {statistics.median(seconds):.1f} "
        f"({min(seconds):.1f} to {max(seconds):.1f})"
    )


if __name__ == "__main__":
    main()
