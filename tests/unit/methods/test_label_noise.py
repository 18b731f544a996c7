from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods import label_noise
from tuneworthy.methods.out_of_fold import (
    fit_linear,
    nearest_rows,
    opinions,
    predict_linear,
    stratified_folds,
    unit_rows,
)


def clusters(n: Any = 300, classes: Any = 5, spread: Any = 0.3, seed: Any = 1) -> Any:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = rng.normal(size=(classes, 16))
    rows = centres[labels] + spread * rng.normal(size=(n, 16))
    return unit_rows(rows.astype(np.float32)), labels


def flipped(labels: Any, share: Any, seed: Any = 2) -> Any:
    rng = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    wrong = np.sort(rng.choice(len(labels), round(share * len(labels)), replace=False))
    given_labels = labels.copy()
    given_labels[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return given_labels, set(wrong.tolist())


@pytest.mark.parametrize("mode", ["normal", "strict"])
@pytest.mark.parametrize("n", [100, 600])
def test_planted_flips_are_found_and_little_else(mode, n):
    rows, labels = clusters(n)
    given_labels, wrong = flipped(labels, 0.1)
    found = label_noise.suspect_rows(rows, [f"c{k}" for k in given_labels], mode).tolist()
    assert len(set(found) & wrong) >= 0.8 * len(wrong)
    assert len(set(found) - wrong) <= 0.05 * len(found) + 1


def test_strict_names_no_row_that_normal_does_not():
    rows, labels = clusters(400, spread=0.9)
    given_labels, _ = flipped(labels, 0.15)
    names = [str(k) for k in given_labels]
    normal = set(label_noise.suspect_rows(rows, names).tolist())
    strict = set(label_noise.suspect_rows(rows, names, "strict").tolist())
    assert strict < normal


def test_clean_separated_labels_give_nothing():
    rows, labels = clusters(200)
    assert label_noise.suspect_rows(rows, [str(k) for k in labels]).size == 0


@pytest.mark.parametrize(
    "targets", [[], ["a"], ["a", "b"] * 10, ["a"] * 100, [str(i) for i in range(100)]]
)
def test_too_little_to_judge_gives_nothing(targets):
    rows = np.random.default_rng(0).normal(size=(len(targets), 4)).astype(np.float32)
    assert label_noise.suspect_rows(rows, targets).size == 0


def test_the_same_rows_give_the_same_bits():
    rows, labels = clusters(200, spread=0.8)
    first, second = opinions(rows, labels), opinions(rows, labels)
    assert first.linear.tobytes() == second.linear.tobytes()
    assert first.nearest.tobytes() == second.nearest.tobytes()


def test_labels_are_few_short_and_repeated():
    assert label_noise.looks_like_labels(["yes", "no"] * 30)
    assert not label_noise.looks_like_labels(["yes"] * 60)
    assert not label_noise.looks_like_labels(["yes", "no"] * 10)
    assert not label_noise.looks_like_labels([f"answer {i}" for i in range(60)])
    assert not label_noise.looks_like_labels(["long " * 40, "no"] * 30)


def test_the_joint_of_perfect_predictions_is_diagonal():
    labels = np.array([0, 0, 1, 1, 1, 2])
    joint = label_noise.confident_joint(labels, np.eye(3, dtype=np.float32)[labels])
    assert np.allclose(joint, np.diag([2, 3, 1]))


def test_the_joint_counts_by_hand():
    # Thresholds: mean of own probabilities: class 0 (0.9 + 0.2 + 0.7) / 3 = 0.6, class 1 0.8.
    labels = np.array([0, 0, 0, 1])
    said = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.2, 0.8]], dtype=np.float32)
    assert np.allclose(label_noise.confident_joint(labels, said), [[2, 1], [0, 1]])
    assert label_noise.doubtful(labels, said, share=1.0).tolist() == [False, True, False, False]


@st.composite
def judged(draw):
    classes, n = draw(st.integers(2, 5)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    said = rng.dirichlet(np.ones(classes), n).astype(np.float32)
    return rng.integers(0, classes, n), said


@given(judged())
def test_no_row_is_doubted_whose_label_is_the_most_probable(case):
    labels, said = case
    found = label_noise.doubtful(labels, said)
    assert not np.any(found & (np.argmax(said, axis=1) == labels))
    joint = label_noise.confident_joint(labels, said)
    assert np.allclose(joint.sum(axis=1)[np.unique(labels)], np.bincount(labels)[np.unique(labels)])
    assert found.sum() <= joint.sum() - np.trace(joint) + 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 6))
def test_folds_part_the_rows_and_deal_each_class_evenly(labels, folds):
    array = np.array(labels)
    seen = np.zeros(len(array), dtype=int)
    for train, test in stratified_folds(array, folds, 7):
        seen[test] += 1
        assert set(train) | set(test) == set(range(len(array)))
        assert not set(train) & set(test)
        for name in set(labels):
            share = np.sum(array == name) / folds
            assert abs(np.sum(array[test] == name) - share) <= 1
    assert np.all(seen == 1)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 4), st.integers(1, 30), st.integers(0, 99))
def test_probabilities_add_up_to_one(classes, n, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 6)).astype(np.float32)
    labels = rng.integers(0, classes, n)
    labels[-1] = classes - 1
    said = predict_linear(rows, fit_linear(rows, labels, classes))
    assert np.allclose(said.sum(axis=1), 1, atol=1e-5)


def test_neighbours_are_the_nearest_and_ties_go_to_the_first():
    known = unit_rows(np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32))
    assert nearest_rows(known, known[:1], 3).tolist() == [[0, 1, 3]]
    assert nearest_rows(known, known[2:3], 9).tolist() == [[2, 3, 0, 1]]
    assert nearest_rows(known[:0], known, 3).shape == (4, 0)


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 vectors but 2 labels"):
        opinions(np.zeros((3, 2), dtype=np.float32), np.array([0, 1]))
    with pytest.raises(ValueError, match="not finite"):
        opinions(np.array([[np.nan]], dtype=np.float32), np.array([0]))
