"""Groups of vectors, telling words, shares of two samples, and word diffs."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuneworthy.methods.clusters import group, silhouette
from tuneworthy.methods.distinctive import distinctive, log_odds
from tuneworthy.methods.intervals import wilson
from tuneworthy.methods.two_shares import fisher, share_difference
from tuneworthy.methods.word_diff import MOST_WORDS, word_diff


def blobs(k: int, each: int = 12, noise: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.concatenate([np.eye(8)[at] + rng.normal(0, noise, (each, 8)) for at in range(k)])


@pytest.mark.parametrize("k", [2, 3, 5])
def test_planted_groups_are_found(k):
    found = group(blobs(k).astype(np.float32))
    assert [len(set(found.labels[at * 12 : (at + 1) * 12])) for at in range(k)] == [1] * k
    assert len(set(found.labels.tolist())) == k
    assert found.likeness.min() > 0.9


def test_noise_few_rows_and_equal_rows_are_one_group():
    rng = np.random.default_rng(5)
    assert set(group(rng.normal(size=(60, 200)).astype(np.float32)).labels.tolist()) == {0}
    assert set(group(np.eye(4, dtype=np.float32)).labels.tolist()) == {0}
    assert set(group(np.ones((50, 4), dtype=np.float32)).labels.tolist()) == {0}
    assert len(group(np.zeros((0, 4), dtype=np.float32)).labels) == 0
    with pytest.raises(ValueError, match="finite"):
        group(np.full((3, 2), np.nan, dtype=np.float32))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(1, 6), st.integers(0, 9))
def test_groups_are_numbered_by_size_and_the_same_each_time(n, d, seed):
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    labels = group(rows).labels
    sizes = np.bincount(labels) if n else np.array([])
    assert sorted(sizes, reverse=True) == list(sizes)
    assert 0 not in sizes
    assert np.array_equal(labels, group(rows).labels)


def test_the_silhouette_is_rousseeuws():
    rows = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], dtype=np.float32)
    labels = np.array([0, 0, 1, 1])
    # By hand, with distance 1 - cosine: a is inside the own group, b the mean to the other.
    inside, outside = [0.2, 0.2, 0.2, 0.2], [1.3, 0.7, 0.7, 1.3]
    wanted = np.mean([(b - a) / max(a, b) for a, b in zip(inside, outside, strict=True)])
    assert silhouette(rows, labels) == pytest.approx(wanted, abs=1e-6)


def test_log_odds_are_the_formula_and_answer_to_a_swap():
    here, there = {"tax": 8.0, "the": 40.0}, {"tax": 2.0, "the": 50.0}
    scores = log_odds(here, there, prior=10)
    alpha = 10 * 10 / 100
    first = math.log((8 + alpha) / (48 + 10 - 8 - alpha))
    second = math.log((2 + alpha) / (52 + 10 - 2 - alpha))
    spread = math.sqrt(1 / (8 + alpha) + 1 / (2 + alpha))
    assert scores["tax"] == pytest.approx((first - second) / spread)
    assert log_odds(there, here, prior=10)["tax"] == pytest.approx(-scores["tax"])


@given(st.lists(st.text(max_size=40), max_size=6), st.lists(st.text(max_size=40), max_size=6))
def test_telling_words_stand_in_the_texts(here, there):
    said = " ".join(here).casefold()
    assert all(word in said for word in distinctive(here, there))
    assert distinctive(here, here) == ()


def test_one_endless_text_does_not_choose_the_words():
    assert distinctive(["spam " * 500, *["late parcel"] * 9], ["fine weather"] * 20) == (
        "late",
        "parcel",
    )


def test_newcombes_worked_example():
    # Newcombe (1998), table II, column (a): 56/70 and 48/80, method 10.
    found = share_difference((56, 70), (48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_differences_of_shares_answer_to_a_swap(n, m, data):
    one = (data.draw(st.integers(0, n)), n)
    other = (data.draw(st.integers(0, m)), m)
    found, back = share_difference(one, other), share_difference(other, one)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
    assert fisher(one, other) == pytest.approx(fisher(other, one))
    assert wilson(*one).value - wilson(*other).value == pytest.approx(found.value)


def test_fishers_tea():
    assert fisher((3, 4), (1, 4)) == pytest.approx(34 / 70)
    assert fisher((0, 0), (1, 4)) == 1.0


@given(st.text(max_size=200), st.text(max_size=200))
@example("a\0b", "a\x1b[2Jb")
@example("word " * (MOST_WORDS + 5), "word " * MOST_WORDS + "other end")
def test_a_diff_gives_both_texts_back(before, after):
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.sort != "new") == before
    assert "".join(p.text for p in pieces if p.sort != "gone") == after
    assert all(p.text for p in pieces)
    assert all(p.sort != q.sort for p, q in itertools.pairwise(pieces))
