import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tuneworthy.assess import CostRow, Costs, break_even, read_costs
from tuneworthy.assess.money import scenarios, tornado
from tuneworthy.core.errors import ConfigProblem

RETURNS = [{"name": "API savings", "spend": 1_500}, {"name": "quality", "spend": 500}]
UPFRONT = [{"name": "data, evaluation, deployment", "hours": 60}]


def table(inference: float, monitoring: float, retraining: float) -> dict[str, object]:
    return {
        "rate": 100,
        "upfront": UPFRONT,
        "ongoing": [
            {"name": "inference", "spend": inference},
            {"name": "monitoring", "hours": monitoring},
            {"name": "retraining", "hours": retraining, "per": "quarter"},
        ],
        "returns": RETURNS,
    }


def test_k12_itemised_low():
    result = break_even(read_costs(table(200, 5, 10)), strategic_value=5)
    assert round(result.ongoing, 2) == 1_033.33
    assert result.months is not None
    assert round(result.months, 2) == 6.21
    assert not result.justified


def test_k12_itemised_middle():
    result = break_even(read_costs(table(600, 7.5, 15)), strategic_value=5)
    assert (result.ongoing, result.months, result.justified) == (1_850, 40, False)


def test_k12_itemised_high_is_never():
    result = break_even(read_costs(table(1_000, 10, 20)), strategic_value=5)
    assert round(result.ongoing, 2) == 2_666.67
    assert (result.months, result.never, result.justified) == (None, True, False)
    assert "never" in result.text


SEED_EXAMPLE = {
    "upfront": UPFRONT,
    "ongoing": [{"name": "all", "spend": 500}],
    "returns": RETURNS,
}


def test_k12_the_flat_example():
    result = break_even(read_costs(SEED_EXAMPLE), strategic_value=5)
    assert (result.upfront, result.net, result.months, result.never) == (6_000, 1_500, 4.0, False)
    assert result.justified


def test_k12_training_spend_belongs_to_the_upfront_money():
    costs = {**SEED_EXAMPLE, "upfront": [*UPFRONT, {"name": "training runs", "spend": 50}]}
    assert break_even(read_costs(costs)).upfront == 6_050


def test_a_cost_that_nobody_wrote_down_justifies_nothing():
    whole = {"upfront": 500, "ongoing": 0, "returns": 1_000}
    found = break_even(read_costs(whole), strategic_value=5)
    assert (found.months, found.missing, found.justified) == (0.5, (), True)
    for section in ("upfront", "ongoing"):
        for blank in ({**whole, section: []}, {k: v for k, v in whole.items() if k != section}):
            found = break_even(read_costs(blank), strategic_value=5)
            assert (found.missing, found.justified) == ((section,), False)
            assert f"nobody has estimated them: {section}." in found.text


def test_just_under_six_months_is_not_told_as_six():
    found = break_even(read_costs({"upfront": 8_999.99, "ongoing": 0, "returns": 1_500}))
    assert found.months is not None
    assert found.months < 6
    assert "after 5.99 months" in found.text


def test_no_mark_is_told_as_none():
    costs = read_costs({"upfront": 500, "ongoing": 0, "returns": 1_000})
    assert "Nobody has marked the strategic value" in break_even(costs).text
    assert "marked 3 of 5" in break_even(costs, strategic_value=3).text


@pytest.mark.parametrize(
    ("value", "justified"), [(0, False), (1, False), (3, False), (4, True), (5, True)]
)
def test_k13_high_strategic_value_is_a_mark_of_four_or_five(value, justified):
    result = break_even(read_costs(SEED_EXAMPLE), strategic_value=value)
    assert result.months == 4.0
    assert result.justified is justified
    said = f"marked {value} of 5" if value else "Nobody has marked"
    assert (said in result.text) is not justified


def test_k13_a_high_mark_alone_justifies_nothing():
    result = break_even(read_costs(table(200, 5, 10)), strategic_value=5)
    assert not result.justified


RANGES = {
    "rate": 100,
    "upfront": UPFRONT,
    "ongoing": [
        {"name": "inference", "spend": {"low": 200, "high": 1_000}},
        {"name": "monitoring", "hours": {"low": 5, "high": 10}},
        {"name": "retraining", "hours": {"low": 10, "high": 20}, "per": "quarter"},
    ],
    "returns": RETURNS,
}


def test_k12_one_table_with_ranges_gives_all_three():
    ends = scenarios(read_costs(RANGES), strategic_value=5)
    found = [(round(end.ongoing, 2), end.months) for end in (ends.low, ends.middle, ends.high)]
    assert found == [(1_033.33, pytest.approx(180 / 29)), (1_850, 40), (2_666.67, None)]
    assert [end.never for end in (ends.low, ends.middle, ends.high)] == [False, False, True]
    assert not any(end.justified for end in (ends.low, ends.middle, ends.high))


def test_k12_the_tornado_has_never_on_one_side():
    found = tornado(read_costs(RANGES))
    assert (found.unit, found.middle.months) == ("months", 40)
    assert [(s.name, s.high.months) for s in found.swings] == [
        ("inference", None),
        ("monitoring", None),
        ("retraining", None),
    ]
    assert [s.low.months for s in found.swings] == pytest.approx([120 / 11, 15, 360 / 19])
    assert found.scale == (0, 50)


def test_a_row_that_leads_to_never_comes_before_a_wider_swing_of_months():
    costs = {
        "upfront": [{"name": "data", "spend": {"low": 0, "high": 90_000}}],
        "ongoing": [{"name": "watch", "spend": {"low": 90, "middle": 90, "high": 101}}],
        "returns": [
            {"name": "saved", "spend": 100},
            {"name": "tiny", "spend": {"low": 0, "high": 1}},
        ],
    }
    assert [s.name for s in tornado(read_costs(costs)).swings] == ["watch", "data", "tiny"]


def test_where_the_middle_never_breaks_even_the_tornado_is_by_net():
    costs = {
        "upfront": [{"name": "data", "spend": {"low": 1, "high": 9}}],
        "ongoing": [{"name": "watch", "spend": {"low": 50, "high": 250}}],
        "returns": [{"name": "saved", "spend": {"low": 90, "high": 110}}],
    }
    found = tornado(read_costs(costs))
    assert (found.unit, found.middle.months, found.middle.net) == ("net", None, -50)
    assert [(s.name, s.low.net, s.high.net) for s in found.swings] == [
        ("watch", 50, -150),
        ("saved", -60, -40),
        ("data", -50, -50),
    ]
    assert found.swings[0].low.months == pytest.approx(0.1)
    assert found.scale == (-150, 50)


def test_rows_without_a_range_are_not_in_the_tornado():
    assert tornado(read_costs(SEED_EXAMPLE)).swings == ()


def test_a_net_of_nothing_is_never_even_with_nothing_upfront():
    assert break_even(Costs()).never


def test_six_months_are_not_under_six():
    costs = {"upfront": [{"name": "a", "spend": 600}], "returns": [{"name": "b", "spend": 100}]}
    result = break_even(read_costs(costs), strategic_value=5)
    assert (result.months, result.justified) == (6.0, False)


@pytest.mark.parametrize(
    "costs",
    [
        {"upfront": [{"hours": 3}]},
        {"ongoing": [{"name": "x", "spend": -1}]},
        {"ongoing": [{"name": "x", "per": "week"}]},
        {"ongoing": "a lot"},
        {"rate": float("inf")},
        {"rate": -1},
        {"rate": True},
        {"upfrontt": []},
    ],
)
def test_wrong_rows_are_told_with_place_and_fix(costs):
    with pytest.raises(ConfigProblem) as caught:
        read_costs(costs)
    assert caught.value.code == "costs_wrong"
    assert "costs." in caught.value.message
    assert caught.value.fix


rows = st.lists(
    st.builds(
        CostRow,
        name=st.just("row"),
        hours=st.floats(0, 1e4),
        spend=st.floats(0, 1e7),
        per=st.sampled_from(("month", "quarter", "year")),
    ),
    max_size=4,
).map(tuple)


@given(st.builds(Costs, rate=st.floats(0, 1e3), upfront=rows, ongoing=rows, returns=rows))
def test_months_pay_the_upfront_money_back(costs):
    result = break_even(costs, strategic_value=5)
    assert result.never == (result.months is None)
    if result.months is None:
        assert result.net <= 0
    else:
        assert result.net >= 0
        # Below it a float has too few digits left, and the months are beyond the largest float.
        assume(result.net > 1e-290)
        assert result.months * result.net == pytest.approx(result.upfront, rel=1e-9, abs=1e-300)


def test_months_beyond_the_largest_float_are_the_largest_float():
    costs = {"rate": 5e-324, "upfront": 1, "returns": [{"name": "x", "hours": 1}]}
    result = break_even(read_costs(costs))
    assert (result.months, result.never) == (sys.float_info.max, False)


@given(st.builds(Costs, rate=st.just(100.0), upfront=rows, ongoing=rows, returns=rows))
def test_one_more_cost_never_pays_back_sooner(costs):
    more = costs.model_copy(
        update={"ongoing": (*costs.ongoing, CostRow(name="more", spend=10, hours=1))}
    )
    before, after = (break_even(c).months for c in (costs, more))
    if after is not None:
        assert before is not None
        assert after >= before
