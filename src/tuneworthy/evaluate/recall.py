"""How often the search finds a training example with the right answer, and how far down."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.retrieve import Likeness, Retriever
from tuneworthy.methods.neardup import normalise
from tuneworthy.methods.paired import compare

DEPTH = 8
WAYS: tuple[Likeness, ...] = ("words", "meaning", "both")


def retrieval_quality(
    retriever: Retriever, train: Sequence[Example], cases: Sequence[Case]
) -> dict[str, Any]:
    """The result of a ``retrieval.quality`` claim, over cases whose answers training knows or not.

    A hit is a training example with the same target. It says something where targets repeat
    (``distinct`` far below ``train``), and nothing where nearly every target is another.
    """
    targets = [normalise(example.target) for example in train]
    known = set(targets)
    wanted = [normalise(case.expected) for case in cases]
    ranks = {way: _ranks(retriever, cases, wanted, way) for way in WAYS}
    first = {way: [float(rank == 1) for rank in ranks[way]] for way in WAYS}
    best_single = max(WAYS[:2], key=lambda way: sum(first[way]))
    gain = compare(first["both"], first[best_single])
    return {
        "n": len(cases),
        "train": len(train),
        "distinct": len(known),
        "depth": DEPTH,
        "unseen": sum(answer not in known for answer in wanted),
        "first": {way: sum(rank == 1 for rank in ranks[way]) for way in WAYS},
        "within": {way: sum(rank > 0 for rank in ranks[way]) for way in WAYS},
        "later": sum(rank > 1 for rank in ranks["both"]),
        "missed": sum(
            rank == 0 and answer in known
            for rank, answer in zip(ranks["both"], wanted, strict=True)
        ),
        "best_single": best_single,
        "joined_gain": gain.delta.value,
        "joined_gain_low": gain.delta.low,
        "joined_gain_high": gain.delta.high,
    }


def _ranks(
    retriever: Retriever, cases: Sequence[Case], wanted: Sequence[str], way: Likeness
) -> list[int]:
    """Place of the first example with the right target, from 1 on; 0 when none is near."""
    near = retriever.nearest([case.request for case in cases], DEPTH, by=way)
    return [
        next((place for place, e in enumerate(found, 1) if normalise(e.target) == answer), 0)
        for found, answer in zip(near, wanted, strict=True)
    ]
