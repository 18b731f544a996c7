"""Krippendorff's alpha against published figures, and what must hold for any labels."""

import ast
import itertools
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tuneworthy.methods.agreement import Level, by_rater, krippendorff

LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")

EXAMPLE = """\
1 2 3 3 2 1 4 1 2 * * *
1 2 3 3 2 2 4 1 2 5 * 3
* 3 3 3 2 3 4 2 2 5 1 *
1 2 3 3 2 4 4 1 2 5 1 *"""
"""Krippendorff (2011), section C: four observers, twelve units."""


def example() -> tuple[list[int], list[int], list[float]]:
    cells = [
        (unit, rater, float(value))
        for rater, line in enumerate(EXAMPLE.splitlines())
        for unit, value in enumerate(line.split())
        if value != "*"
    ]
    return [c[0] for c in cells], [c[1] for c in cells], [c[2] for c in cells]


def slow(units: list[int], values: list[int], level: Level) -> Fraction | None:
    """Alpha by the definition: coincidences, then the metric of the level, in exact fractions."""
    groups = [[v for u, v in zip(units, values, strict=True) if u == one] for one in set(units)]
    groups = [group for group in groups if len(group) > 1]
    known = sorted({v for group in groups for v in group})
    counts = {v: sum(group.count(v) for group in groups) for v in known}
    n = sum(counts.values())

    def metric(c: int, k: int) -> Fraction:
        if level == "nominal":
            return Fraction(c != k)
        if level == "interval":
            return Fraction((c - k) ** 2)
        low, high = min(c, k), max(c, k)
        between = sum(counts[g] for g in known if low <= g <= high)
        return (between - Fraction(counts[c] + counts[k], 2)) ** 2

    observed = sum(
        (metric(a, b) / (len(g) - 1) for g in groups for a, b in itertools.permutations(g, 2)),
        Fraction(0),
    )
    expected = sum(
        (counts[c] * counts[k] * metric(c, k) for c in known for k in known), Fraction(0)
    )
    return None if expected == 0 else 1 - (n - 1) * observed / expected


ratings = st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 3)), max_size=40)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_example_of_the_paper(level: Level, alpha: float) -> None:
    units, _, values = example()
    found = krippendorff(units, values, level)
    assert found.value is not None
    assert round(found.value, 3) == alpha
    assert (found.units, found.values) == (11, 40)
    assert found.low is not None
    assert found.high is not None
    assert found.low < alpha < found.high <= 1


@pytest.mark.parametrize(
    ("name", "alpha", "units"), [("tweets", 0.7835, 4200), ("amazonReviewSnippets", 0.8204, 3708)]
)
def test_ratings_of_many_people(name: str, alpha: float, units: int) -> None:
    folder = os.environ.get("TUNEWORTHY_TEST_DATA")
    if not folder or not (Path(folder) / "vader-ratings").is_dir():
        pytest.skip("TUNEWORTHY_TEST_DATA names no folder with vader-ratings")
    text = (Path(folder) / "vader-ratings" / f"{name}_anonDataRatings.txt").read_text("utf-8")
    rows = [ast.literal_eval(line.split("\t")[3]) for line in text.splitlines()]
    found = krippendorff(
        [unit for unit, row in enumerate(rows) for _ in row],
        [value for row in rows for value in row],
        "interval",
        resamples=50,
    )
    assert found.value == pytest.approx(alpha, abs=1e-4)
    assert found.units == units


@given(ratings, st.sampled_from(LEVELS))
def test_it_is_what_the_definition_says(rows: list[tuple[int, int]], level: Level) -> None:
    units, values = [r[0] for r in rows], [r[1] for r in rows]
    right = slow(units, values, level)
    found = krippendorff(units, values, level, resamples=20)
    if right is None:
        assert found.value is None
    else:
        assert found.value == pytest.approx(float(right), abs=1e-9)
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high <= 1


@given(ratings, st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_units_count(
    rows: list[tuple[int, int]], level: Level, random: Any
) -> None:
    before = krippendorff([r[0] for r in rows], [r[1] for r in rows], level, resamples=0)
    shuffled = list(rows)
    random.shuffle(shuffled)
    names = [97 - 13 * r[0] for r in shuffled]
    after = krippendorff(names, [r[1] for r in shuffled], level, resamples=0)
    assert (after.value is None) == (before.value is None)
    if before.value is not None:
        assert after.value == pytest.approx(before.value, abs=1e-9)


@given(ratings, st.permutations(range(-3, 4)), st.floats(0.1, 50), st.floats(-1e3, 1e3))
def test_new_names_for_classes_or_another_unit_of_measure_change_nothing(
    rows: list[tuple[int, int]], names: list[int], scale: float, shift: float
) -> None:
    units, values = [r[0] for r in rows], [float(r[1]) for r in rows]
    changed: dict[Level, list[float]] = {
        "nominal": [float(names[r[1] + 3]) for r in rows],
        "ordinal": [float(np.exp(r[1])) for r in rows],
        "interval": [shift + scale * r[1] for r in rows],
    }
    for level, other in changed.items():
        one = krippendorff(units, values, level, resamples=0).value
        two = krippendorff(units, other, level, resamples=0).value
        assert (one is None) == (two is None)
        if one is not None:
            assert two == pytest.approx(one, abs=1e-7)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=20), st.integers(2, 5))
def test_perfect_agreement_is_one(truth: list[int], raters: int) -> None:
    assume(len(set(truth)) > 1)
    units = [unit for unit in range(len(truth)) for _ in range(raters)]
    values = [value for value in truth for _ in range(raters)]
    who = [rater for _ in truth for rater in range(raters)]
    for level in LEVELS:
        assert krippendorff(units, values, level).value == 1
        for one in by_rater(units, who, values, level):
            assert one.same == 1
            assert one.alpha == pytest.approx(1, abs=1e-12)


@given(st.lists(st.integers(0, 4), max_size=20), st.sampled_from(LEVELS))
def test_values_that_never_vary_say_nothing(units: list[int], level: Level) -> None:
    found = krippendorff(units, [2.5] * len(units), level)
    assert (found.value, found.low, found.high) == (None, None, None)


def test_labels_by_chance_give_about_nothing():
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(5000), 2)
    for level in LEVELS:
        found = krippendorff(units, rng.integers(0, 4, 10_000).astype(float), level)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0 < found.high
        assert found.high - found.low < 0.1


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_interval_holds_the_alpha_of_all_units(seed: int) -> None:
    # Of 400 units drawn from 20,000 whose raters are right three times in four.
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 400)
    heard = [np.where(rng.random(400) < 0.75, truth, rng.integers(0, 3, 400)) for _ in range(2)]
    units = np.concatenate([np.arange(400)] * 2)
    found = krippendorff(units, np.concatenate(heard).astype(float), "nominal", resamples=400)
    assert found.low is not None
    assert found.high is not None
    # Both right: .75 + .25/3 each; agreement over chance is ((.75)**2 + 0) = .5625.
    assert found.low - 0.08 < 0.5625 < found.high + 0.08


def test_who_answers_at_random_stands_out():
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 4, 300)
    good = [np.where(rng.random(300) < 0.9, truth, rng.integers(0, 4, 300)) for _ in range(3)]
    values = np.concatenate([*good, rng.integers(0, 4, 300)]).astype(float)
    units, raters = np.tile(np.arange(300), 4), np.repeat(np.arange(4), 300)
    found = by_rater(units, raters, values, "nominal")
    assert [one.rater for one in found] == [0, 1, 2, 3]
    assert all(one.units == 300 for one in found)
    worst = found[3]
    assert worst.alpha is not None
    assert abs(worst.alpha) < 0.15
    assert all(one.alpha is not None and one.alpha > 0.4 for one in found[:3])
    assert worst.same == pytest.approx(0.25, abs=0.06)


@pytest.mark.parametrize("level", LEVELS)
def test_raters_weighted_by_their_pairs_give_the_whole(level: Level) -> None:
    units, raters, values = example()
    whole = krippendorff(units, values, level).value
    parts = by_rater(units, raters, values, level)
    assert whole is not None
    total = sum(one.units * (one.alpha or 0) for one in parts) / sum(one.units for one in parts)
    assert total == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(
    ("units", "raters", "values"),
    [([1], [1], [float("nan")]), ([1, 2], [1], [1.0]), ([1, 1], [4, 4], [1.0, 2.0])],
)
def test_what_cannot_be_judged_is_refused(
    units: list[int], raters: list[int], values: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"finite|units|twice"):
        by_rater(units, raters, values, "nominal")
