from typing import Any

import numpy as np
import pytest

from tuneworthy.methods.drift import combo

DIMENSIONS = 32


def topics(seed: Any, count: Any = 20) -> Any:
    return np.random.default_rng(seed).normal(size=(count, DIMENSIONS))


def requests(rng: Any, centres: Any, n: Any, spread: Any = 0.35) -> Any:
    rows = centres[rng.integers(0, len(centres), n)] + spread * rng.normal(size=(n, DIMENSIONS))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_clean_windows_seldom_alarm():
    rng, centres = np.random.default_rng(1), topics(0)
    alarms = sum(
        combo(
            requests(rng, centres, 150), requests(rng, centres, 60), permutations=99, seed=rep
        ).p_value
        <= 0.05
        for rep in range(120)
    )
    assert alarms / 120 <= 0.05 + 0.04


def test_each_part_is_calibrated_alone():
    rng, centres = np.random.default_rng(2), topics(0)
    parts = np.array(
        [
            (numbers.p_mmd, numbers.p_novelty)
            for rep in range(120)
            for numbers in [
                combo(
                    requests(rng, centres, 150),
                    requests(rng, centres, 60),
                    permutations=99,
                    seed=rep,
                )
            ]
        ]
    )
    assert np.all(np.mean(parts <= 0.05, axis=0) <= 0.05 + 0.04)
    # Not hollow either: p values of a permutation test spread over 0..1.
    assert 0.35 <= parts[:, 0].mean() <= 0.65


def test_one_coherent_new_topic_is_seen():
    rng, centres = np.random.default_rng(3), topics(0)
    new = topics(99, 1)
    for rep in range(10):
        window = np.concatenate([requests(rng, centres, 85), requests(rng, new, 15)])
        assert combo(requests(rng, centres, 400), window, seed=rep).p_value <= 0.01


def test_scattered_strange_requests_are_seen_and_named():
    rng, centres = np.random.default_rng(4), topics(0)
    strange = rng.normal(size=(20, DIMENSIONS))
    strange /= np.linalg.norm(strange, axis=1, keepdims=True)
    window = np.concatenate([requests(rng, centres, 80), strange])
    numbers = combo(requests(rng, centres, 400), window, seed=1)
    assert numbers.p_novelty <= 0.001
    assert numbers.novel_share >= 0.2
    assert len(numbers.most_novel) == 5
    assert min(numbers.most_novel) >= 80


def test_the_same_seed_gives_the_same_numbers():
    rng, centres = np.random.default_rng(5), topics(0)
    reference, window = requests(rng, centres, 50), requests(rng, centres, 20)
    assert combo(reference, window, seed=3) == combo(reference, window, seed=3)


def test_p_values_combine_by_bonferroni():
    rng, centres = np.random.default_rng(6), topics(0)
    numbers = combo(requests(rng, centres, 60), requests(rng, centres, 20), seed=3)
    assert numbers.p_value == min(1.0, 2 * min(numbers.p_mmd, numbers.p_novelty))


def test_the_smallest_p_is_that_of_one_permutation_among_all():
    rng, centres = np.random.default_rng(7), topics(0)
    window = requests(rng, topics(99), 50)
    assert combo(requests(rng, centres, 100), window, permutations=99, seed=1).p_mmd == 0.01


def test_identical_rows_are_no_drift():
    same = np.ones((30, 4)) / 2
    numbers = combo(same, same[:10], permutations=99, seed=1)
    assert (numbers.p_value, numbers.novel_share) == (1.0, 0.0)


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="5 reference and 3 window rows"):
        combo(np.ones((5, 4)), np.ones((3, 4)), seed=1)
    with pytest.raises(ValueError, match="at least 6 and 1"):
        combo(np.ones((6, 4)), np.ones((0, 4)), seed=1)
