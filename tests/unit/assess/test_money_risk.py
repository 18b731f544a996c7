"""The band and the whole account over any rows."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.assess import CostRow, Costs, break_even, break_even_of, work_out
from tuneworthy.assess.cost_rows import Amount
from tuneworthy.assess.money import scenarios, tornado
from tuneworthy.assess.money_risk import DRAWS, SEED, money_band
from tuneworthy.core.nouns.money import Money

RANGES: dict[str, Any] = {
    "upfront": [{"name": "data", "hours": {"low": 40, "middle": 60, "high": 80}}],
    "ongoing": [{"name": "inference", "spend": {"low": 200, "high": 1_000}}],
    "returns": [{"name": "saved", "spend": {"low": 800, "middle": 1_500, "high": 2_200}}],
}


def amounts(most: float) -> st.SearchStrategy[Amount]:
    return st.lists(st.floats(0, most), min_size=3, max_size=3).map(
        lambda three: Amount(**dict(zip(("low", "middle", "high"), sorted(three), strict=True)))
    )


def rows(most: float) -> st.SearchStrategy[tuple[CostRow, ...]]:
    by_work = st.builds(
        CostRow,
        name=st.sampled_from(("a", "b", "c")),
        hours=amounts(most),
        spend=amounts(most),
        per=st.sampled_from(("month", "quarter", "year")),
    )
    by_tokens = st.builds(
        CostRow,
        name=st.just("t"),
        requests=amounts(most),
        tokens=amounts(most),
        price_per_million=amounts(most),
    )
    by_gpu = st.builds(CostRow, name=st.just("g"), gpu_hours=amounts(most), gpu_rate=amounts(most))
    return st.lists(by_work | by_tokens | by_gpu, max_size=3).map(tuple)


def tables(most: float = 1e4) -> st.SearchStrategy[Costs]:
    some = rows(most)
    return st.builds(
        Costs, rate=st.floats(0, min(most, 1e3)), upfront=some, ongoing=some, returns=some
    )


def later(months: float | None) -> float:
    return math.inf if months is None else months


def test_the_band_is_the_same_for_the_same_rows_and_seed():
    one, other = (break_even_of(RANGES) for _ in range(2))
    assert one == other
    assert (one.band.draws, one.band.seed, one.band.ranged) == (DRAWS, SEED, 3)
    assert break_even_of(RANGES, seed=8).band != one.band


def test_the_band_agrees_with_the_moments_of_the_triangles():
    """Net is a difference of two triangles: mean 1,500 - 600, variance the sum of theirs."""
    found = break_even_of(RANGES).band
    spread = math.sqrt((1_400**2 + 800**2) / 24)
    assert found.net.p50 == pytest.approx(900, abs=4 * spread / math.sqrt(DRAWS) * 1.3)
    # Nearly normal, so the 5th and 95th percentile lie 1.645 standard deviations away.
    assert found.net.p5 == pytest.approx(900 - 1.645 * spread, abs=30)
    assert found.net.p95 == pytest.approx(900 + 1.645 * spread, abs=30)


def test_a_share_of_never_is_what_geometry_says():
    """Returns triangular on 0..2, costs 1: half of all draws never pay back."""
    found = break_even_of(
        {"upfront": 1, "ongoing": 1, "returns": {"low": 0, "middle": 1, "high": 2}}
    ).band
    standard_error = math.sqrt(0.25 / DRAWS)
    assert found.never == pytest.approx(0.5, abs=4 * standard_error)
    assert found.months.p95 is None
    assert found.months.p5 is not None
    # Under 6 months: net above 1/6, and the triangle right of it has (5/6)^2 / 2 of the mass.
    assert found.within == pytest.approx((5 / 6) ** 2 / 2, abs=4 * standard_error)


def test_never_is_later_than_every_number():
    found = break_even_of({"upfront": 100, "ongoing": {"low": 5, "high": 30}, "returns": 10}).band
    assert found.never > 0.5
    assert (found.months.p50, found.months.p95) == (None, None)
    assert "never" in found.text


def test_without_ranges_the_band_is_the_exact_result():
    costs = {"upfront": 600, "returns": 100, "strategic_value": 5}
    found = break_even_of(costs)
    months = found.band.months
    assert (months.p5, months.p50, months.p95) == (6, 6, 6)
    assert (found.band.within, found.band.never, found.band.ranged) == (0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_percentiles_lie_between_all_low_and_all_high(costs):
    ends = scenarios(costs)
    found = money_band(costs, draws=400)
    months = [later(m) for m in (found.months.p5, found.months.p50, found.months.p95)]
    assert later(ends.low.months) <= months[0] <= months[1] <= months[2] <= later(ends.high.months)
    net = [found.net.p5, found.net.p50, found.net.p95]
    assert all(value is not None for value in net)
    assert ends.high.net <= net[0] <= net[1] <= net[2] <= ends.low.net  # type: ignore[operator]
    assert 0 <= found.within + found.never <= 1 + 1e-12
    assert min(found.within, found.never) >= 0


@settings(max_examples=60, deadline=None)
@given(tables(1e15))
def test_no_valid_rows_crash_and_all_can_be_written_as_json(costs):
    found = work_out(costs, strategic_value=5)
    assert Money.model_validate_json(found.model_dump_json()) == found
    assert found.never == (found.net <= 0 and found.months is None)
    low, high = found.tornado.scale
    assert low < high


@settings(max_examples=60, deadline=None)
@given(tables())
def test_the_tornado_stays_inside_the_scenarios_and_is_sorted(costs):
    ends, found = scenarios(costs), tornado(costs)
    for swing in found.swings:
        for end in (swing.low, swing.high):
            assert ends.high.net <= end.net <= ends.low.net
            assert later(ends.low.months) <= later(end.months) <= later(ends.high.months)
    if found.unit == "net":
        widths = [abs(s.low.net - s.high.net) for s in found.swings]
        assert all(a >= b or a == pytest.approx(b) for a, b in pairwise(widths))
    else:
        infinite = [math.inf in (later(s.low.months), later(s.high.months)) for s in found.swings]
        assert infinite == sorted(infinite, reverse=True)


@settings(deadline=None)
@given(tables(), st.sampled_from((0.01, 0.5, 4, 1_000)))
def test_another_currency_leaves_the_months_as_they_are(costs, scale):
    """All prices and money times a constant; hours, requests and tokens stay."""
    before, after = (scenarios(c) for c in (costs, priced(costs, scale)))
    for end in ("low", "middle", "high"):
        one, other = getattr(before, end).months, getattr(after, end).months
        # A net near nought may become nought by the rounding of the scaled figures.
        if getattr(before, end).net > 1e-6 or one is None is other:
            assert other == (None if one is None else pytest.approx(one, rel=1e-6))


def priced(costs: Costs, scale: float) -> Costs:
    def row(one: CostRow) -> CostRow:
        money = ("spend", "rate", "price_per_million", "gpu_rate", "cpu_hour_rate")
        figures = {name: getattr(one, name) for name in money}
        return one.model_copy(
            update={name: times(f, scale) for name, f in figures.items() if f is not None}
        )

    sections = ("upfront", "ongoing", "returns")
    return costs.model_copy(
        update={
            "rate": costs.rate * scale,
            **{name: tuple(map(row, getattr(costs, name))) for name in sections},
        }
    )


def times(amount: Amount, scale: float) -> Amount:
    ends = (amount.low * scale, amount.middle * scale, amount.high * scale)
    return Amount(low=ends[0], middle=ends[1], high=ends[2])


@settings(deadline=None)
@given(tables(), st.sampled_from(("upfront", "ongoing")), amounts(1e4))
def test_raising_a_cost_never_shortens_the_break_even(costs, section, more):
    row = CostRow(name="more", spend=more)
    dearer = costs.model_copy(update={section: (*getattr(costs, section), row)})
    before, after = scenarios(costs), scenarios(dearer)
    for end in ("low", "middle", "high"):
        one, other = getattr(before, end).months, getattr(after, end).months
        assert later(other) >= later(one)
    was, now = break_even(costs, strategic_value=5), break_even(dearer, strategic_value=5)
    # A section that was blank and is filled in now may be what was missing.
    assert now.justified <= was.justified or set(now.missing) < set(was.missing)
