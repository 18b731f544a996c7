import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.balance import against_declared, class_spread, shares
from tuneworthy.methods.diversity import compression_ratio, distinct, vendi_score
from tuneworthy.methods.stale import stale_rows
from tuneworthy.methods.tokenizer_fit import tokenizer_fit


def full_vendi(rows: Any) -> Any:
    kernel = rows @ rows.T / len(rows)
    values = np.linalg.eigvalsh(kernel)
    values = values[values > 1e-12]
    return math.exp(-float(np.sum(values * np.log(values))))


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99))
def test_vendi_equals_the_definition_by_the_whole_kernel(n, d, seed):
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float64)
    score = vendi_score(rows)
    assert score == pytest.approx(full_vendi(unit), rel=1e-4)
    assert 1 - 1e-6 <= score <= min(n, d) + 1e-4


def test_vendi_counts_orthogonal_rows_and_is_blind_to_copies():
    rows = np.eye(7, dtype=np.float32)
    assert vendi_score(rows) == pytest.approx(7)
    assert vendi_score(np.repeat(rows, 5, axis=0)) == pytest.approx(7)
    assert vendi_score(rows[:0]) == 0


def test_distinct_at_a_budget_does_not_fall_with_size():
    words = np.random.default_rng(1).choice([f"w{i}" for i in range(300)], size=(4000, 10))
    texts = [" ".join(row) for row in words]
    small, large = (distinct(texts[:n], budget=5000) for n in (1000, 4000))
    assert small == pytest.approx(large, abs=0.02)
    assert distinct(texts, budget=10**9) < 0.9 * distinct(texts[:500], budget=10**9)


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(1, 3))
def test_distinct_and_compression_stay_in_bounds(texts, n):
    assert 0 <= distinct(texts, n) <= 1
    assert compression_ratio(texts) > 0


def test_repeated_text_compresses_more():
    rng = np.random.default_rng(2)
    varied = ["".join(rng.choice(list("abcdefghijklmnop"), 60)) for _ in range(50)]
    assert compression_ratio(varied[:1] * 50) > 5 * compression_ratio(varied)
    assert compression_ratio([]) == 1


def test_even_and_uneven_classes():
    assert class_spread(["a", "b"] * 5).evenness == pytest.approx(1)
    spread = class_spread(["a"] * 98 + ["b", "c"])
    assert spread.counts == {"a": 98, "b": 1, "c": 1}
    assert spread.largest_over_smallest == 98
    assert spread.evenness < 0.15
    assert class_spread([]).counts == {}


def test_shares_carry_their_interval():
    found = shares(["x"] * 30 + ["y"] * 10)
    assert found["x"].value == 0.75
    assert found["x"].low < 0.75 < found["x"].high


def test_declared_shares_that_hold_and_that_do_not():
    values = ["a"] * 50 + ["b"] * 50
    assert against_declared(values, {"a": 1, "b": 1}).p_value == pytest.approx(1)
    off = against_declared(values, {"a": 0.9, "b": 0.1})
    assert off.p_value < 1e-9
    assert off.residuals["b"] > 2 > -2 > off.residuals["a"]
    assert off.readable
    # By hand: (50 - 90)^2 / 90 + (50 - 10)^2 / 10.
    assert off.statistic == pytest.approx(1600 / 90 + 160)


def test_an_undeclared_segment_and_too_few_rows():
    found = against_declared(["a", "z"], {"a": 1.0})
    assert math.isinf(found.statistic)
    assert found.p_value == 0
    assert not against_declared(["a", "b"], {"a": 0.5, "b": 0.5}).readable
    with pytest.raises(ValueError, match="more than 0"):
        against_declared(["a"], {"a": 0.0})


def test_chi_square_is_calibrated():
    rng = np.random.default_rng(3)
    draws = [
        against_declared(
            [str(v) for v in rng.integers(0, 4, 200)], dict.fromkeys("0123", 1.0)
        ).p_value
        for _ in range(400)
    ]
    assert 0.02 <= np.mean(np.array(draws) <= 0.05) <= 0.09


def test_the_newest_answer_makes_older_others_stale():
    asked, answers = ["q", "q", "q", "r"], ["old", "new", "new", "x"]
    assert stale_rows(asked, answers, [1, 3, 2, 0]) == [(0, 1)]
    assert stale_rows(asked, answers, [1, None, None, 0]) == []
    assert stale_rows(asked, answers, [1, 1, 1, 0]) == []
    assert stale_rows(asked, answers, [1, 3, 2, 0], ["s", "t", "t", "s"]) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.none() | st.integers(0, 5)), max_size=30
    )
)
def test_a_stale_row_is_older_and_answers_otherwise(rows):
    asked, answers, times = ([row[i] for row in rows] for i in range(3))
    for old, new in stale_rows(asked, answers, times):
        assert asked[old] == asked[new]
        assert answers[old] != answers[new]
        assert times[old] < times[new]
        assert times[new] == max(
            t for a, t in zip(asked, times, strict=True) if a == asked[old] and t is not None
        )


def test_tokens_are_counted():
    found = tokenizer_fit(
        ["ab c", "", "xyz"],
        lambda texts: [[ord(c) for c in t] for t in texts],
        longest=3,
        unknown=98,
    )
    assert found.tokens == (4, 0, 3)
    assert found.tokens_per_word == pytest.approx(7 / 3)
    assert found.unknown_rows == (0,)
    assert found.unknown_share == pytest.approx(1 / 7)
    assert found.over_rows == (0,)
    with pytest.raises(ValueError, match="1 token lists for 2 texts"):
        tokenizer_fit(["a", "b"], lambda texts: [[1]], longest=3)
