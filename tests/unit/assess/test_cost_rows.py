"""Rows: every way to write one, what it is worth, and what is refused with its place."""

import re
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tuneworthy.assess import Amount, CostRow, break_even_of, read_costs
from tuneworthy.assess.cost_rows import MOST
from tuneworthy.assess.cost_training import fill_training
from tuneworthy.assess.money import money_at
from tuneworthy.assess.money_risk import work_out
from tuneworthy.core.errors import ConfigProblem


def worth_of(row: dict[str, Any], section: Any = "ongoing", end: Any = "middle") -> Fraction:
    costs = read_costs({"rate": 100, section: [{"name": "row", **row}]})
    (only,) = getattr(costs, section)
    return money_at(only, costs, section, end)


@pytest.mark.parametrize(
    ("row", "money"),
    [
        ({"hours": 3}, 300),
        ({"hours": 3, "rate": 50}, 150),
        ({"spend": 12.5}, 12.5),
        ({"hours": 1, "spend": 20}, 120),
        ({"tokens": 2_000_000, "price_per_million": 0.5}, 1),
        ({"requests": 50_000, "tokens": 1_200, "price_per_million": 2.5}, 150),
        ({"gpu_hours": 8, "gpu_rate": 2.5}, 20),
        ({"gpu_hours": 8, "gpu_rate": 2.5, "runs": 3}, 60),
        ({"cpu_hours": 10, "cpu_hour_rate": 0.05}, 0.5),
        ({"hours": 15, "per": "quarter"}, 500),
        ({"spend": 1_200, "per": "year"}, 100),
        ({"hours": {"low": 20, "high": 40}}, 3_000),
        ({"hours": {"low": 20, "middle": 25, "high": 40}}, 2_500),
    ],
)
def test_a_row_is_worth_what_it_says(row, money):
    assert worth_of(row) == Fraction(str(money))


def test_upfront_rows_come_once_whatever_their_period():
    assert worth_of({"spend": 120, "per": "year"}, "upfront") == 120


def test_ends_of_several_figures_multiply():
    row = {
        "requests": {"low": 10, "high": 30},
        "tokens": {"low": 1_000, "high": 3_000},
        "price_per_million": {"low": 1, "high": 3},
    }
    assert worth_of(row, end="low") == Fraction("0.01")
    assert worth_of(row) == Fraction("0.08")
    assert worth_of(row, end="high") == Fraction("0.27")


@pytest.mark.parametrize(("ongoing", "returns"), [((0.1, 0.2), (0.3,)), ((0.3,), (0.1, 0.2))])
def test_tenths_are_tenths_in_the_sum_and_in_every_draw(ongoing, returns):
    def some(figures: tuple[float, ...]) -> list[dict[str, Any]]:
        return [{"name": "row", "spend": figure} for figure in figures]

    found = break_even_of({"upfront": 3, "ongoing": some(ongoing), "returns": some(returns)})
    assert (found.net, found.never) == (0, True)
    assert (found.band.never, found.band.months.p50) == (1, None)


def test_the_middle_of_a_range_is_exact():
    assert Amount.model_validate({"low": 0.1, "high": 0.2}).middle == 0.15


def test_a_section_may_be_one_amount():
    found = break_even_of({"upfront": {"low": 4_000, "high": 8_000}, "returns": 1_500})
    assert (found.upfront, found.months) == (6_000, 4)
    assert [line.name for line in found.lines] == ["upfront", "returns"]


OLD_FILE = {
    "rate": 100,
    "upfront": [
        {"name": "prepare the data", "hours": 30},
        {"name": "evaluate and deploy", "hours": 20, "spend": 50},
    ],
    "ongoing": [
        {"name": "inference on own machines", "spend": 200},
        {"name": "watch and retrain", "hours": 12},
    ],
    "returns": [{"name": "calls to a hosted model saved", "spend": 2_400}],
}


def test_plain_rows_of_hours_and_money_are_still_read():
    found = break_even_of(OLD_FILE)
    assert (found.upfront, found.ongoing, found.months) == (5_050, 1_400, 5.05)
    assert found.lines[1].working == "20 h x 100 + 50"
    assert found.tornado.swings == ()
    assert "no band" in found.band.text


def test_the_rows_of_the_how_to_page_are_read():
    page = Path(__file__).parents[3] / "docs" / "how-to" / "assess.md"
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    (block,) = (text for text in blocks if "\ncosts:" in text)
    answers = YAML(typ="safe").load(block)
    found = work_out(
        read_costs(answers["costs"]),
        estimate=MEASURED,
        strategic_value=answers["strategic_value"],
    )
    assert found.currency == "EUR"
    assert not found.missing
    assert found.lines[2].middle == pytest.approx(2 * 0.05 * 6.5)
    assert found.lines[-1].middle == 2_400


BAD = [
    ({"upfront": [{"name": "x", "hours": -1}]}, "upfront.0.hours ('x')", "it is -1"),
    ({"upfront": [{"name": "x", "hours": float("nan")}]}, "upfront.0.hours ('x')", "nan"),
    ({"upfront": [{"name": "x", "spend": float("inf")}]}, "upfront.0.spend ('x')", "inf"),
    ({"upfront": [{"name": "x", "spend": True}]}, "upfront.0.spend ('x')", "True"),
    ({"upfront": [{"name": "x", "spend": "12"}]}, "upfront.0.spend ('x')", "'12'"),
    ({"upfront": [{"name": "x", "spend": None}]}, "upfront.0.spend ('x')", "None"),
    ({"upfront": [{"name": "x", "spend": 10**400}]}, "upfront.0.spend ('x')", "digits"),
    (
        {"returns": [{"name": "x", "spend": {"low": 3, "high": 1}}]},
        "returns.0.spend ('x')",
        "low 3, middle 2 and high 1 must not fall",
    ),
    ({"returns": [{"name": "x", "spend": {"low": 1, "middle": 9, "high": 5}}]}, "spend", "fall"),
    ({"returns": [{"name": "x", "spend": {"low": 1}}]}, "returns.0.spend.high ('x')", "required"),
    ({"returns": [{"name": "x", "spend": {"low": -1, "high": 5}}]}, "spend.low ('x')", "greater"),
    ({"ongoing": [{"name": "x", "spend": 1, "per": "week"}]}, "ongoing.0.per ('x')", "'month'"),
    ({"ongoing": [{"name": "x", "euros": 1}]}, "ongoing.0.euros ('x')", "not permitted"),
    ({"ongoing": [{"name": "x"}]}, "ongoing.0 ('x')", "no figure"),
    ({"ongoing": [{"name": "x", "tokens": 5}]}, "ongoing.0 ('x')", "'price_per_million'"),
    ({"ongoing": [{"name": "x", "tokens": None, "price_per_million": 5}]}, "('x')", "'tokens'"),
    ({"ongoing": [{"name": "x", "requests": 5}]}, "ongoing.0 ('x')", "'tokens'"),
    ({"ongoing": [{"name": "x", "gpu_hours": 5}]}, "ongoing.0 ('x')", "'gpu_rate'"),
    ({"ongoing": [{"name": "x", "gpu_rate": 5}]}, "ongoing.0 ('x')", "'gpu_hours'"),
    ({"ongoing": [{"name": "x", "cpu_hour_rate": 5}]}, "ongoing.0 ('x')", "'cpu_hours'"),
    ({"ongoing": [{"name": "x", "rate": 5}]}, "ongoing.0 ('x')", "'hours'"),
    ({"ongoing": [{"name": "x", "spend": 5, "runs": 2}]}, "ongoing.0 ('x')", "'runs'"),
    ({"ongoing": [{"name": "x", "spend": 5, "gpu_teraflops": 2}]}, "ongoing.0", "training"),
    ({"ongoing": [{"name": "x", "kind": "training"}]}, "ongoing.0 ('x')", "no figure"),
    ({"ongoing": [{"name": "x", "kind": "training", "spend": 1}]}, "ongoing.0", "cpu_hour_rate"),
    ({"ongoing": [{"name": "x", "kind": "training", "gpu_rate": 1}]}, "ongoing.0", "teraflops"),
    (
        {"upfront": [{"name": "x", "kind": "training", "gpu_rate": 1, "gpu_teraflops": 0}]},
        "upfront.0 ('x')",
        "above 0",
    ),
    ({"returns": [{"name": "x", "kind": "training", "cpu_hour_rate": 1}]}, "returns", "a cost"),
    ({"upfront": [{"name": "", "spend": 1}]}, "upfront.0.name", "at least 1 character"),
    ({"upfront": "a lot"}, "upfront", "a list of rows"),
    ({"upfront": [3]}, "upfront.0", "CostRow"),
    ({"rate": 10**4000}, "rate", "very many digits"),
    ({"rate": float("nan")}, "rate", "finite"),
    ({"currency": "a very long word"}, "currency", "at most 8"),
    ({1: 2}, "money.1", "strings"),
    ([], "money", "a mapping"),
    (None, "money", "a mapping"),
]


@pytest.mark.parametrize(("table", "place", "said"), BAD)
def test_a_wrong_row_is_refused_with_its_place(table, place, said):
    with pytest.raises(ConfigProblem) as caught:
        break_even_of(table)
    assert caught.value.code == "costs_wrong"
    assert "money" in caught.value.message
    assert place in caught.value.message
    assert said in caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize(
    ("amount", "place"),
    [(-6000, "costs.upfront"), ("-6,000", "costs.upfront"), (float("nan"), "costs.upfront"),
     ({"low": 5, "high": 3}, "costs.upfront"), ({"low": -5, "high": 3}, "costs.upfront.low")],
)  # fmt: skip
def test_one_amount_is_told_as_it_was_typed(amount, place):
    with pytest.raises(ConfigProblem) as caught:
        read_costs({"upfront": amount})
    assert f"{place}: " in caught.value.why
    assert "spend" not in caught.value.why
    assert ".0" not in caught.value.why


def test_every_fault_is_told_at_once():
    with pytest.raises(ConfigProblem) as caught:
        read_costs({"rate": -1, "upfront": [{"name": "x", "hours": -1, "spend": -2}]})
    for place in ("costs.rate", "costs.upfront.0.hours ('x')", "costs.upfront.0.spend ('x')"):
        assert place in caught.value.why


@pytest.mark.parametrize("mark", [-1, 6, 10**4000, 3.5, True, "4", None])
def test_k13_a_mark_outside_the_scale_is_refused(mark):
    with pytest.raises(ConfigProblem) as caught:
        break_even_of({"strategic_value": mark})
    assert caught.value.code == "strategic_value_wrong"
    assert "money.strategic_value" in caught.value.message


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ("name", "hours", "spend", "low", "high", "per", "upfront", "returns")
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_table_is_read_or_refused(table):
    with suppress(ConfigProblem):
        found = break_even_of(table)
        assert found.never == (found.months is None)


# -- training ----------------------------------------------------------------------------------

BY_CPU = {"name": "runs", "kind": "training", "cpu_hour_rate": 0.5, "runs": 4}
BY_GPU = {"name": "runs", "kind": "training", "gpu_rate": 3, "gpu_teraflops": 250}
MEASURED = {"cpu_seconds": 7_200.0, "flop": 1.8e18, "tokens": 10, "peak_memory_mb": 5.0}


def test_the_estimate_fills_a_training_row():
    costs = read_costs({"upfront": [BY_CPU], "ongoing": 0, "returns": 1})
    found = work_out(costs, estimate=MEASURED, strategic_value=5)
    assert (found.upfront, found.months, found.missing, found.justified) == (4, 4, (), True)
    assert found.lines[0].measured
    assert found.lines[0].working == "2 CPU h x 0.5 x 4 runs (measured)"


def test_a_gpu_is_priced_by_flop_and_what_it_sustains():
    costs = read_costs({"upfront": [BY_GPU]})
    assert work_out(costs, estimate=MEASURED).upfront == 6


def test_a_slower_gpu_costs_more():
    speeds = {"low": 125, "middle": 250, "high": 500}
    costs = read_costs({"upfront": [{**BY_GPU, "gpu_teraflops": speeds}]})
    (line,) = work_out(costs, estimate=MEASURED).lines
    assert (line.low, line.middle, line.high) == (3, 6, 12)


def test_a_measurement_replaces_the_typed_hours_and_both_are_shown():
    costs = read_costs({"upfront": [{**BY_CPU, "cpu_hours": 1}]})
    assert work_out(costs).upfront == 2
    found = work_out(costs, estimate=MEASURED)
    assert found.upfront == 4
    assert "measured; typed 1" in found.lines[0].working


@pytest.mark.parametrize(
    "estimate",
    [
        None,
        {},
        {"cpu_seconds": None},
        {"cpu_seconds": True},
        {"cpu_seconds": "7200"},
        {"cpu_seconds": -1.0},
        {"cpu_seconds": 0},
        {"cpu_seconds": float("nan")},
        {"cpu_seconds": float("inf")},
        {"cpu_seconds": 1e39},
        {"flop": 1e18},
    ],
)
def test_a_training_that_nobody_estimated_is_named_and_justifies_nothing(estimate):
    costs = read_costs(
        {"upfront": [BY_CPU, {"name": "data", "spend": 1}], "ongoing": 0, "returns": 100}
    )
    found = work_out(costs, estimate=estimate, strategic_value=5)
    assert found.missing == ("runs",)
    assert "nobody has estimated them: runs" in found.text
    assert found.months is not None
    assert found.months < 6
    assert not found.justified
    assert found.lines[0].missing
    assert "tuneworthy train plan" in found.lines[0].working


def test_other_rows_are_not_touched_by_an_estimate():
    costs = read_costs(OLD_FILE)
    assert fill_training(costs, MEASURED) == costs


@settings(deadline=None)
@given(st.floats(0, MOST), st.floats(0, MOST))
def test_any_two_ends_have_a_middle_between(one, other):
    low, high = sorted((one, other))
    amount = Amount.model_validate({"low": low, "high": high})
    assert amount.low <= amount.middle <= amount.high
    assert amount.ranged == (low < high)
    assert CostRow(name="x", hours=amount).hours == amount
