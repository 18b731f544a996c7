"""How long it takes to erase many people, and what of them is left in any byte.

Every person has a row, a request with its answer, a word on it, and a label item; some are test
cases with kept answers. Prints CPU seconds (user and system) of n rounds, each in a project of its
own.

    PYTHONPATH=src:. python bench/erasure/run.py --people 1000 --rounds 3
"""

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.marked_people import lived, make_marked, marks_left, subject
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.erasure import ErasureAsked
from tuneworthy.lifecycle import auditing, erasure


def one_round(people: int) -> tuple[float, str]:
    """CPU seconds of one erasing, and what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        home = make_marked(Path(folder) / "p", people)
        with closing(open_small(home, FixedClock(datetime(2026, 3, 5, tzinfo=UTC)))) as runtime:
            lived(runtime, people)
            before = len(marks_left(runtime.state, range(people)))
            asked = ErasureAsked(
                subjects=tuple(map(subject, range(people))), person="bo", reason="request 17"
            )
            started = time.process_time()
            report = erasure.erase(runtime, asked)
            seconds = time.process_time() - started
            left = len(marks_left(runtime.state, range(people)))
            verified = auditing.verify(runtime).verified
            genuine = not erasure.fault_of(runtime, report)
            said = (
                f"marks before {before}, after {left}; nodes {len(report.nodes)}; "
                f"{report.scanned_bytes:,} bytes in {report.scanned_files} files searched; "
                f"chain verified: {verified}; report signed: {genuine}"
            )
    return seconds, said


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
