from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess.curve import folds, group_labels, read_curve, share_of
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.learning_curve import LearningCurve

ROWS = {25: 25, 50: 50, 100: 100}


def curve(
    half: Sequence[float],
    full: Sequence[float],
    *,
    groups: list[str] | None = None,
    target: float = 0.8,
) -> LearningCurve:
    scores = {25: [0.0] * len(full), 50: half, 100: full}
    return read_curve(scores, ROWS, groups or [f"{n}" for n in range(len(full))], target=target)


def right(count: int, n: int) -> list[float]:
    return [float(i < count) for i in range(n)]


# -- the rule --------------------


@pytest.mark.parametrize(
    ("half", "full", "rising"),
    [
        (50, 70, True),
        (50, 55, True),  # five gained, none lost: p = 1/32
        (50, 54, False),  # four gained, none lost: p = 1/16
        (50, 50, False),
        (70, 50, False),
    ],
)
def test_rising_is_a_clear_gain_on_the_same_cases(half, full, rising):
    found = curve(right(half, 100), right(full, 100))
    assert found.rising is rising
    assert found.step == pytest.approx((full - half) / 100)


def test_a_gain_within_noise_is_not_rising():
    half, full = right(50, 100), right(50, 100)
    full[:10], full[60:72] = [0.0] * 10, [1.0] * 12
    found = curve(half, full)
    assert found.step == pytest.approx(0.02)
    assert not found.rising
    assert found.step_low < 0


def test_twenty_copies_of_one_gain_are_one_gain():
    half, full = [0.0] * 100, right(20, 100)
    groups = ["same"] * 20 + [f"{n}" for n in range(80)]
    assert curve(half, full).rising
    assert not curve(half, full, groups=groups).rising


def test_few_cases_settle_nothing():
    found = curve([0.0] * 29, [1.0] * 29, target=0.5)
    assert (found.rising, found.target_met) == (False, False)
    found = curve([0.0] * 30, [1.0] * 30, target=0.5)
    assert (found.rising, found.target_met) == (True, True)


def test_the_target_is_met_by_the_lower_bound_only():
    same = right(85, 100)
    assert not curve(same, same, target=0.8).target_met
    assert curve(same, same, target=0.75).target_met


def test_grouped_cases_widen_the_points_intervals():
    scores = [float(n // 20 % 2) for n in range(200)]
    wide = curve(scores, scores, groups=[f"{n // 20}" for n in range(200)]).points[-1].score
    plain = curve(scores, scores).points[-1].score
    assert wide.low < plain.low
    assert wide.high > plain.high
    assert wide.value == plain.value


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=120))
def test_a_curve_never_rises_on_a_loss_and_never_both_ways(pairs):
    half, full = ([float(pair[i]) for pair in pairs] for i in (0, 1))
    forth, back = curve(half, full), curve(full, half)
    assert not (forth.rising and back.rising)
    if sum(full) <= sum(half):
        assert not forth.rising
    if forth.rising:
        assert forth.step > 0 < forth.step_low
    assert forth.target_met == (len(pairs) >= 30 and forth.points[-1].score.low >= 0.8)


def test_no_real_gain_is_called_rising_in_at_most_one_case_of_twenty():
    rng = np.random.default_rng(1)
    called = sum(
        curve(
            (rng.random(100) < 0.6).astype(float).tolist(),
            (rng.random(100) < 0.6).astype(float).tolist(),
        ).rising
        for _ in range(60)
    )
    assert called <= 6


@pytest.mark.parametrize("scores", [{100: [1.0]}, {50: [1.0], 100: [1.0, 1.0]}, {50: [], 100: []}])
def test_one_point_or_other_cases_are_refused(scores):
    with pytest.raises(ValueError, match="same cases"):
        read_curve(scores, ROWS, ["a"] * len(scores[100]), target=0.5)


# -- shares and folds --------------------


def example(number: int, request: str, group: str = "") -> Example:
    messages = (Message(role="user", content=request), Message(role="assistant", content="t"))
    provenance = Provenance(source="s", row=number, group=group)
    return Example(id=f"e{number:04}", messages=messages, provenance=provenance)


WORDS = ("harbour", "violin", "granite", "lantern", "meadow", "copper", "saddle", "thunder")


def examples(count: int, size: int = 1) -> list[Example]:
    return [
        example(n, f"{WORDS[n % 8]} {n * 7919 % 997} {WORDS[n // 8 % 8]} {n}", f"g{n // size}")
        for n in range(count)
    ]


def test_near_duplicates_and_declared_groups_are_one_group():
    rows = [
        example(0, "please send the parcel to Paris today"),
        example(1, "please send the parcel to Paris today!"),
        example(2, "what is the weather", "a"),
        example(3, "an entirely different sentence", "a"),
        example(4, "nothing like the others at all"),
    ]
    labels = group_labels(rows)
    assert labels[0] == labels[1]
    assert labels[2] == labels[3]
    assert len(set(labels)) == 3


@given(st.integers(5, 60), st.integers(1, 4), st.integers(0, 3))
def test_folds_divide_the_rows_and_cut_no_group(count, size, seed):
    rows = examples(count, size)
    groups = [row.provenance.group for row in rows]
    made = folds(rows, groups, seed)
    assert sorted(index for fold in made for index in fold) == list(range(count))
    places = [{groups[index] for index in fold} for fold in made]
    assert sum(map(len, places)) == len(set(groups))
    assert max(map(len, made)) - min(map(len, made)) <= size


@given(st.integers(4, 60), st.integers(1, 4), st.integers(0, 3))
def test_a_larger_share_holds_the_smaller_and_cuts_no_group(count, size, seed):
    rows = examples(count, size)
    groups = [row.provenance.group for row in rows]
    ids = [{row.id for row in share_of(rows, groups, p, seed)} for p in (25, 50, 100)]
    assert ids[0] <= ids[1] <= ids[2] == {row.id for row in rows}
    for percent, taken in zip((25, 50, 100), ids, strict=True):
        assert count * percent / 100 <= len(taken) < count * percent / 100 + size
        kept = {group for row, group in zip(rows, groups, strict=True) if row.id in taken}
        assert all(row.id in taken for row, g in zip(rows, groups, strict=True) if g in kept)


def test_shares_do_not_depend_on_the_order_of_rows():
    rows = examples(40)
    groups = [row.provenance.group for row in rows]
    first = {row.id for row in share_of(rows, groups, 25, 7)}
    again = {row.id for row in share_of(rows[::-1], groups[::-1], 25, 7)}
    assert first == again
