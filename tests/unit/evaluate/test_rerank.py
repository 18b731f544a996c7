"""Found examples in a new order, token by token."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from tests.unit.evaluate.test_recall import TRAIN, WordSense
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate import Retriever
from tuneworthy.evaluate.rerank import diverse, meeting, reranked
from tuneworthy.methods.canonical import digest

CELLS = st.floats(-1, 1, width=32).filter(lambda x: abs(x) > 0.01)


def unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


ROWS = st.integers(1, 6).flatmap(lambda n: arrays(np.float32, (n, 3), elements=CELLS).map(unit))


@given(ROWS, ROWS)
def test_meeting_is_the_same_both_ways_and_best_for_the_same_text(one, other):
    assert meeting(one, other) == pytest.approx(meeting(other, one), abs=1e-6)
    assert -1.001 <= meeting(one, other) <= 1.001
    assert meeting(one, one) == pytest.approx(1, abs=1e-5)


@given(ROWS, st.lists(ROWS, max_size=6))
def test_reranking_loses_nothing_and_puts_the_same_text_first(request_, found):
    order = reranked(request_, [*found, request_])
    assert sorted(order) == list(range(len(found) + 1))
    best = [*found, request_][order[0]]
    assert meeting(request_, best) == pytest.approx(1, abs=1e-5)


@given(ROWS, st.integers(0, 8))
def test_diversity_keeps_the_first_and_repeats_nothing(rows, k):
    order = diverse(rows @ rows[0], rows @ rows.T, k)
    assert len(set(order)) == len(order) == min(k, len(rows))
    assert order[:1] == [0][:k]


def test_of_three_the_one_that_says_something_else_comes_second():
    near = np.array([0.6, 0.6, 0.55], dtype=np.float32)
    like = np.array([[1, 0.99, 0.5], [0.99, 1, 0.5], [0.5, 0.5, 1]], dtype=np.float32)
    assert diverse(near, like, 2) == [0, 2]


def test_a_retriever_chooses_what_differs():
    twice = [*TRAIN, TRAIN[0].model_copy(update={"id": "again"})]
    retriever = Retriever(twice, WordSense())
    request = "wash the kite"
    (plain,) = retriever.nearest([request], 2, by="words")
    assert [one.request for one in plain] == ["wash the car", "wash the car"]
    (found,) = retriever.nearest([request], 2, by="words", rerank="diverse")
    assert found[0] == plain[0]
    assert found[1].request != "wash the car"


def test_a_text_without_tokens_meets_nothing():
    nothing = np.zeros((0, 3), dtype=np.float32)
    assert meeting(nothing, np.eye(3, dtype=np.float32)) == 0


class Tokens(WordSense):
    """Each word has a direction of its own."""

    def embed_tokens(self, texts: Sequence[str]) -> list[Any]:
        words = sorted({word for text in texts for word in text.lower().split()})
        sides = np.eye(len(words), dtype=np.float32)
        return [sides[[words.index(word) for word in text.lower().split()]] for text in texts]


def test_a_retriever_reranks_where_it_is_asked_to():
    request = TRAIN[1].request
    retriever = Retriever(TRAIN, Tokens())
    (plain,) = retriever.nearest([request], len(TRAIN))
    (again,) = retriever.nearest([request], len(TRAIN), rerank="tokens")
    assert again[0].request == request
    assert {one.id for one in again} == {one.id for one in plain}
    assert retriever.nearest([request], 2, rerank="tokens")[0] == again[:2]
    with pytest.raises(ValueError, match="single tokens"):
        Retriever(TRAIN, WordSense()).nearest([request], 1, rerank="tokens")


def test_only_arms_that_retrieve_rerank_and_the_others_keep_their_digest():
    with pytest.raises(ValidationError, match="retrieve examples"):
        Arm.model_validate({"id": "a", "arm": "few_shot", "k": 2, "rerank": "diverse"})
    plain = Arm(id="a", arm="retrieval", k=2)
    assert "rerank" not in plain.model_dump()
    assert digest(plain.model_copy(update={"rerank": "diverse"})) != digest(plain)
