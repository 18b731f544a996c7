import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import CostRow, Costs, break_even, read_costs
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


def test_itemised_low():
    result = break_even(read_costs(table(200, 5, 10)), strategic_value=5)
    assert round(result.ongoing, 2) == 1_033.33
    assert result.months is not None
    assert round(result.months, 2) == 6.21
    assert not result.justified


def test_itemised_middle():
    result = break_even(read_costs(table(600, 7.5, 15)), strategic_value=5)
    assert (result.ongoing, result.months, result.justified) == (1_850, 40, False)


def test_itemised_high_is_never():
    result = break_even(read_costs(table(1_000, 10, 20)), strategic_value=5)
    assert round(result.ongoing, 2) == 2_666.67
    assert (result.months, result.never, result.justified) == (None, True, False)
    assert "never" in result.text


@pytest.mark.parametrize(("value", "justified"), [(3, False), (4, True)])
def test_the_flat_example(value, justified):
    costs = {"upfront": UPFRONT, "ongoing": [{"name": "all", "spend": 500}], "returns": RETURNS}
    result = break_even(read_costs(costs), strategic_value=value)
    assert (result.net, result.months, result.justified) == (1_500, 4.0, justified)


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
        assert result.months * result.net == pytest.approx(result.upfront, rel=1e-9, abs=1e-300)


@given(st.builds(Costs, rate=st.just(100.0), upfront=rows, ongoing=rows, returns=rows))
def test_one_more_cost_never_pays_back_sooner(costs):
    more = costs.model_copy(
        update={"ongoing": (*costs.ongoing, CostRow(name="more", spend=10, hours=1))}
    )
    before, after = (break_even(c).months for c in (costs, more))
    if after is not None:
        assert before is not None
        assert after >= before
