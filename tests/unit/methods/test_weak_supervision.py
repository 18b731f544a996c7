"""Rules whose rightness is known because they were made up, and what must hold for any votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tuneworthy.methods.weak_supervision import (
    ABSTAIN,
    coverage,
    label_model,
    majority,
    triplet_accuracies,
)

RIGHT = np.array([0.9, 0.8, 0.7, 0.65, 0.85])
VOTES = np.array([0.6, 0.5, 0.9, 0.8, 0.3])


def made(
    seed: int, classes: int, rows: int = 20_000, skew: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Votes of five independent rules of known accuracy over known labels."""
    rng = np.random.default_rng(seed)
    share = skew ** np.arange(classes)
    truth = rng.choice(classes, rows, p=share / share.sum())
    wrong = (truth[:, None] + rng.integers(1, classes, (rows, len(RIGHT)))) % classes
    votes = np.where(rng.random((rows, len(RIGHT))) < RIGHT, truth[:, None], wrong)
    return truth, np.where(rng.random(votes.shape) < VOTES, votes, ABSTAIN)


votes_of_three = hnp.arrays(np.int64, st.tuples(st.integers(0, 12), st.integers(1, 5)),
                            elements=st.integers(-1, 2))  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("skew", [1.0, 0.5])
def test_accuracies_are_found_without_a_single_true_label(classes: int, skew: float) -> None:
    for seed in (1, 2, 3):
        _, votes = made(seed, classes, skew=skew)
        assert triplet_accuracies(votes, classes) == pytest.approx(RIGHT, abs=0.03)
        found = label_model(votes, classes, resamples=20)
        assert found.accuracies == pytest.approx(RIGHT, abs=0.03)
        assert (found.low <= found.accuracies).all()
        assert (found.accuracies <= found.high).all()
        assert (found.high - found.low < 0.06).all()


def test_the_label_model_beats_the_majority_and_knows_how_sure_it_is():
    truth, votes = made(4, 3)
    voted = (votes != ABSTAIN).any(axis=1)
    found = label_model(votes, 3, resamples=0)
    right = found.probabilities.argmax(axis=1) == truth
    counted = majority(votes, 3)
    by_count = np.take_along_axis(counted, truth[:, None], axis=1)[:, 0]
    assert right[voted].mean() > by_count[voted].mean() + 0.01
    sure = found.probabilities.max(axis=1)
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.0)):
        here = voted & (sure >= low) & (sure < high)
        assert here.sum() > 500
        assert right[here].mean() == pytest.approx(sure[here].mean(), abs=0.04)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held = np.mean([
        [(f.low <= RIGHT) & (f.high >= RIGHT)]
        for f in (label_model(made(seed, 3, rows=1500)[1], 3, resamples=60) for seed in range(12))
    ])  # fmt: skip
    assert held > 0.8


def test_what_rules_cover():
    votes = np.array([[0, 0, -1], [1, 0, -1], [-1, -1, 2], [-1, -1, -1]])
    first, second, third = coverage(votes)
    assert first == second == (0.5, 0.5, 0.25)
    assert third == (0.25, 0.0, 0.0)


def test_ties_share_and_silence_is_no_opinion():
    found = majority(np.array([[0, 1, -1], [2, 2, 1], [-1, -1, -1]]), 3)
    assert found.tolist() == [[0.5, 0.5, 0], [0, 0, 1], pytest.approx([1 / 3] * 3)]


def test_two_rules_alone_tell_nothing_by_triplets():
    assert np.isnan(triplet_accuracies(np.array([[0, 0], [1, 1], [0, 1]]), 2)).all()


@given(votes_of_three)
def test_any_votes_give_probabilities(votes: np.ndarray) -> None:
    found = label_model(votes, 3, resamples=3)
    assert found.probabilities.shape == (len(votes), 3)
    assert np.isfinite(found.probabilities).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(votes)))
    assert ((found.accuracies > 0) & (found.accuracies < 1)).all()
    again = label_model(votes, 3, resamples=3)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    # Neither do rows know their place, nor does a row without a vote say anything.
    turned = label_model(votes[::-1], 3, resamples=0).probabilities[::-1]
    assert turned == pytest.approx(found.probabilities)
    silent = (votes == ABSTAIN).all(axis=1)
    assert found.probabilities[silent] == pytest.approx(np.tile(found.prior, (silent.sum(), 1)))


@pytest.mark.parametrize(
    ("votes", "classes"), [([[0, 1]], 1), ([[0, 3]], 3), ([[-2, 0]], 2), ([0, 1], 2)]
)
def test_votes_for_no_class_are_refused(votes: list[list[int]], classes: int) -> None:
    with pytest.raises(ValueError, match=r"class|shape"):
        label_model(np.array(votes), classes)
