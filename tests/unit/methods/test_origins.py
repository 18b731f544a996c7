"""Rows of one origin against all others: what is planted is named, and honest sets are not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.origins import CHANCE, LEAST, brought_by, spoken_against

CLASSES, N, DIM = 6, 400, 24


def world(seed: Any, n: Any = N) -> Any:
    """(labels, vectors): rows scattered about their class's direction; one in 25 is mislabelled."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(CLASSES, DIM))
    truth = rng.integers(0, CLASSES, n)
    vectors = (centres[truth] + 0.6 * rng.normal(size=(n, DIM))).astype(np.float32)
    labels = truth.copy()
    wrong = rng.choice(n, n // 25, replace=False)
    labels[wrong] = rng.integers(0, CLASSES, len(wrong))
    return labels.astype(np.int64), vectors, rng


def planted(seed: Any, count: Any = 20) -> Any:
    """The same with rows of other classes that got class 0, all from origin 3."""
    labels, vectors, rng = world(seed)
    origins = rng.choice(5, N, p=[0.35, 0.25, 0.2, 0.12, 0.08]).astype(np.int64)
    rows = rng.choice(np.flatnonzero(labels != 0), count, replace=False)
    labels[rows], origins[rows] = 0, 3
    return labels, origins, vectors, set(rows.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_the_planter_of_one_origin_is_named(seed):
    labels, origins, vectors, rows = planted(seed)
    (found,) = spoken_against(labels, origins, vectors)
    assert (found.origin, found.target) == (3, 0)
    assert len(rows & set(found.rows)) >= 0.8 * len(rows)
    assert len(set(found.rows) - rows) <= 3
    assert found.chance <= CHANCE


def test_the_same_rows_spread_over_all_origins_are_not():
    labels, origins, vectors, rows = planted(1)
    origins[list(rows)] = np.random.default_rng(9).integers(0, 5, len(rows))
    assert spoken_against(labels, origins, vectors) == []


def test_honest_origins_are_left_alone_more_often_than_the_chance_says():
    wrong = 0
    for seed in range(60):
        labels, vectors, rng = world(seed, 240)
        wrong += bool(spoken_against(labels, rng.integers(0, 5, 240), vectors))
    assert wrong <= 2, "60 sets at a chance of 0.01 each: three have a chance of 0.02"


def test_an_origin_with_a_subject_of_its_own_is_left_alone():
    """Its rows of class 0 look like class 1 to the others, who have nothing of that kind."""
    labels, vectors, rng = world(2)
    centre = vectors[labels == 1].mean(axis=0) + rng.normal(size=DIM) * 0.8
    own = (centre + 0.2 * rng.normal(size=(30, DIM))).astype(np.float32)
    origins = rng.integers(0, 4, N).astype(np.int64)
    labels = np.concatenate([labels, np.zeros(15, np.int64), np.full(15, 2)])
    vectors = np.concatenate([vectors, own])
    origins = np.concatenate([origins, np.full(30, 4)])
    assert spoken_against(labels, origins, vectors) == []


def test_a_burst_cannot_vouch_for_itself():
    labels, vectors, rng = world(3)
    copies = (vectors[np.flatnonzero(labels == 2)[:1]] + 0.01 * rng.normal(size=(70, DIM))).astype(
        np.float32
    )
    labels = np.concatenate([labels, np.zeros(70, np.int64)])
    origins = np.concatenate([rng.integers(0, 4, N), np.full(70, 4)]).astype(np.int64)
    (found,) = spoken_against(labels, origins, np.concatenate([vectors, copies]))
    assert set(found.rows) == set(range(N, N + 70)), "though their 60 nearest rows are their own"


def test_an_origin_that_is_most_of_the_rows_is_not_judged():
    labels, origins, vectors, _ = planted(1)
    assert spoken_against(labels, np.where(origins == 4, 1, 0), vectors) == []
    assert spoken_against(labels, np.full(N, -1), vectors) == []
    assert spoken_against(np.full(N, -1), origins, vectors) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=40), st.integers(0, 9))
def test_what_is_named_is_of_that_origin_and_target(rows, seed):
    labels = np.array([a for a, _ in rows], dtype=np.int64)
    origins = np.array([b for _, b in rows], dtype=np.int64)
    vectors = np.random.default_rng(seed).normal(size=(len(rows), 3)).astype(np.float32)
    for one in spoken_against(labels, origins, vectors):
        assert len(one.rows) >= LEAST
        assert set(origins[list(one.rows)].tolist()) == {one.origin}
        assert set(labels[list(one.rows)].tolist()) == {one.target}


def test_rows_with_a_phrase_are_brought_by_one_origin_amid_others():
    labels, vectors, rng = world(4)
    origins = rng.integers(0, 5, N).astype(np.int64)
    rows = rng.choice(N, 12, replace=False)
    assert brought_by(rows, origins, vectors) == -1, "they come from all"
    origins[rows] = 2
    assert brought_by(rows, origins, vectors) == 2
    # Where the whole neighbourhood is that origin's, the phrase may be its subject.
    subject = np.flatnonzero(labels == 3)
    origins[subject] = 2
    assert brought_by(subject[:12], origins, vectors) == -1
    assert brought_by(rows, np.full(N, -1), vectors) == -1
