"""Times two models on the same cases, in turn, so that a busy machine slows both alike."""

import time
from collections.abc import Sequence

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import Progress
from tuneworthy.evaluate.asking import Asker

SAMPLE = 36
"""Cases that are timed, spread evenly over the suite; a few more than any verdict needs."""

TRIES = 3


class Timed(Part):
    """Wall seconds of each case, asked alone; the quickest of ``TRIES``."""

    cases: tuple[str, ...]
    candidate: tuple[float, ...]
    base: tuple[float, ...]
    failed: int = 0
    """Cases that one of the two did not answer; they are in none of the lists."""


def time_in_turn(
    candidate: Asker, base: Asker, cases: Sequence[Case], progress: Progress | None = None
) -> Timed:
    """Ask base, candidate, candidate, base, and so on, for one case after the other.

    What else the machine does only ever adds time, so the quickest of several tries is the best
    measurement; and as each comes first in turn, neither has the warmer caches.
    """
    count = min(SAMPLE, len(cases))
    chosen = [cases[number * len(cases) // count] for number in range(count)]
    for asker in (base, candidate):
        if chosen:  # the first answer pays for what is loaded late
            asker.ask(chosen[:1])
    rows: list[tuple[str, float, float]] = []
    for number, case in enumerate(chosen):
        tries: tuple[list[float | None], list[float | None]] = ([], [])
        for turn in range(TRIES):
            for side in (0, 1) if turn % 2 else (1, 0):
                tries[side].append(_seconds((candidate, base)[side], case))
        ours, theirs = ([one for one in side if one is not None] for side in tries)
        if len(ours) == len(theirs) == TRIES:
            rows.append((case.id, min(ours), min(theirs)))
        if progress:
            progress("time answers", number + 1, count)
    return Timed(
        cases=tuple(row[0] for row in rows),
        candidate=tuple(row[1] for row in rows),
        base=tuple(row[2] for row in rows),
        failed=count - len(rows),
    )


def _seconds(asker: Asker, case: Case) -> float | None:
    started = time.perf_counter()
    (answer,) = asker.ask([case])
    seconds = time.perf_counter() - started
    return None if answer.error else seconds
