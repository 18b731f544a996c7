from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Retriever
from tuneworthy.evaluate.recall import retrieval_quality

MEANING = {"car": 0, "automobile": 0, "boat": 1, "ship": 1, "tree": 2, "oak": 2}


class WordSense:
    """Vectors by the sense of the last word: synonyms are one direction."""

    name = "sense"

    def embed(self, texts: Sequence[str]) -> Any:
        vectors = np.zeros((len(texts), 4), dtype=np.float32)
        for place, text in enumerate(texts):
            vectors[place, MEANING.get(text.split()[-1], 3)] = 1
        return vectors


def example(row: int, request: str, target: str) -> Example:
    messages = (Message(role="user", content=request), Message(role="assistant", content=target))
    return Example(id=f"{row}", messages=messages, provenance=Provenance(source="s", row=row))


TRAIN = [
    example(0, "wash the car", "road"),
    example(1, "paint the boat", "water"),
    example(2, "cut the tree", "wood"),
]


def quality(*cases: tuple[str, str]) -> dict[str, Any]:
    made = [Case(id=f"{n}", request=r, expected=t) for n, (r, t) in enumerate(cases)]
    return retrieval_quality(Retriever(TRAIN, WordSense()), TRAIN, made)


def test_words_miss_synonyms_and_meaning_finds_them():
    found = quality(
        ("polish an automobile", "road"), ("sail a ship", " Water "), ("an oak", "wood")
    )
    assert found["first"]["meaning"] == 3
    assert found["first"]["words"] < 3
    assert found["best_single"] == "meaning"
    assert found["n"] == 3


def test_unseen_answers_are_told_apart_from_missed_ones():
    found = quality(("fly the kite", "air"), ("wash the car", "road"))
    assert (found["unseen"], found["missed"]) == (1, 0)
    assert found["first"]["both"] == 1


def test_later_hits_are_what_reranking_could_win():
    found = quality(("wash the boat", "road"))
    assert found["within"]["both"] == 1
    assert found["later"] == 1 - found["first"]["both"]


def test_a_request_with_a_mark_that_stands_alone_is_searched_too():
    found = Retriever(TRAIN, WordSense()).nearest(["paint + the boat", "+"], 1)
    assert found[0][0].target == "water"
    assert len(found) == 2


@pytest.mark.parametrize("way", ["words", "meaning", "both"])
def test_a_hit_at_the_first_place_is_within_the_depth(way):
    found = quality(("cut the tree", "wood"), ("paint the ship", "water"))
    assert found["first"][way] <= found["within"][way] <= found["n"]
