"""Failures that resemble each other, and what sets each group apart."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tuneworthy.core.nouns.failures import FailureCluster
from tuneworthy.evaluate.errors.answered import Answered, AnsweredRun, shown
from tuneworthy.methods.clusters import group
from tuneworthy.methods.distinctive import distinctive
from tuneworthy.methods.text_vectors import text_vectors

EXAMPLES = 3
_LONGEST = 2_000
"""Characters of request and of answer that likeness is told by."""

Embed = Callable[[Sequence[str]], Any]
"""Texts to unit vectors, float32 [n, d]."""


def clusters(
    run: AnsweredRun,
    failures: Sequence[Answered],
    embed: Embed | None = None,
    base: AnsweredRun | None = None,
    broken: Collection[str] = (),
) -> tuple[FailureCluster, ...]:
    """Every failure in exactly one cluster, largest first.

    Args:
        run: The whole run; what is not in a cluster is what its words are told apart from.
        failures: Its failures.
        embed: Gives vectors; without it character n-grams do.
        base: The run that it is compared with, for the examples.
        broken: Ids of cases that the run newly breaks.
    """
    if not failures:
        return ()
    texts = [_text(row) for row in failures]
    found = group(np.asarray((embed or text_vectors)(texts), dtype=np.float32))
    made = []
    for number in range(int(found.labels.max()) + 1):
        places = np.flatnonzero(found.labels == number)
        order = sorted(places.tolist(), key=lambda at: (-round(float(found.likeness[at]), 5), at))
        rows = [failures[at] for at in places.tolist()]
        inside = {row.case.id for row in rows}
        kind = Counter(row.kind for row in rows)
        made.append(
            FailureCluster(
                number=number + 1,
                n=len(rows),
                share=len(rows) / len(failures),
                words=distinctive(
                    [_text(row) for row in rows],
                    [_text(row) for row in run.rows if row.case.id not in inside],
                ),
                kind=min(kind, key=lambda one: (-kind[one], one)),
                newly_broken=sum(name in inside for name in broken),
                examples=tuple(
                    shown(failures[at], base.by_id.get(failures[at].case.id) if base else None)
                    for at in order[:EXAMPLES]
                ),
                cases=tuple(row.case.id for row in rows),
            )
        )
    return tuple(made)


def _text(row: Answered) -> str:
    text = f"{row.case.request[:_LONGEST]}\n{row.output[:_LONGEST]}"
    return text.encode("utf-8", "replace").decode()
