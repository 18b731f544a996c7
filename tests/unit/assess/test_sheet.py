"""The answers contract: what it takes, what it refuses, and that it decides as the rules do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuneworthy
from tuneworthy.assess import FACTORS, approach_minimum, decide
from tuneworthy.assess.sheet import CeilingAnswers, NamedFactors
from tuneworthy.core.errors import ConfigProblem

NAMES = {f.id: f.name for f in FACTORS if f.kind != "ceiling"}
YES = ("consistent_behavior", "domain_knowledge", "brand_voice", "latency")


def task_api(**other: Any) -> dict[str, Any]:
    return {
        "ceiling": dict.fromkeys(["C1", "C2", "C3", "C4", "C5"], True),
        "factors": {name: name in YES for name in NAMES.values()},
        **other,
    }


def with_factors(**factors: Any) -> dict[str, Any]:
    sheet = task_api()
    sheet["factors"].update(factors)
    return sheet


def message_of(answers: Any) -> str:
    with pytest.raises(ConfigProblem) as caught:
        tuneworthy.decide(answers)
    assert caught.value.exit_code == 2
    return caught.value.message


def test_the_sheet_has_a_field_for_every_factor():
    assert list(NamedFactors.model_fields) == list(NAMES.values())
    assert list(CeilingAnswers.model_fields) == [f.id for f in FACTORS if f.kind == "ceiling"]


def test_the_task_api():
    found = tuneworthy.decide(task_api())
    assert found.verdict == "PILOT"
    assert found.rules.tree.result == "FINE_TUNE_CANDIDATE"
    assert found.rules.score.text == "4/11"
    assert found.rules.net.text == "4 - 0 = 4"
    assert found.rules.weighted.text == "6/9"
    assert [a.name for a in found.answers if a.given] == ["C1", "C2", "C3", "C4", "C5", *YES]


def test_the_json_has_the_promised_names_and_money_only_where_given():
    plain = tuneworthy.decide(task_api()).model_dump(mode="json")
    assert {"verdict", "reasons", "rules"} <= set(plain)
    assert list(plain["rules"]) == ["tree", "score", "net", "weighted"]
    assert "break_even" not in plain
    money = {
        "upfront": [{"name": "data", "hours": 60}],
        "ongoing": [{"name": "inference", "spend": 500}],
        "returns": [{"name": "saved", "spend": 2_000}],
    }
    paid = tuneworthy.decide(task_api(money={**money, "strategic_value": 4}))
    assert paid.break_even is not None
    assert (paid.break_even.months, paid.break_even.justified) == (4.0, True)
    unmarked = tuneworthy.decide(task_api(money=money)).model_dump(mode="json")
    assert unmarked["break_even"]["justified"] is False
    never = tuneworthy.decide(task_api(money={"ongoing": 500, "upfront": 1}))
    assert never.break_even is not None
    assert (never.break_even.months, never.break_even.never) == (None, True)


@given(
    st.fixed_dictionaries(
        {f.id: st.sampled_from((True, False, None)) for f in FACTORS if f.kind == "ceiling"}
    ),
    st.dictionaries(st.sampled_from(sorted(NAMES.values())), st.booleans()),
)
def test_it_decides_as_the_rules_do_and_names_what_is_missing(ceiling, factors):
    found = tuneworthy.decide({"ceiling": ceiling, "factors": factors})
    answers = {**ceiling, **{id_: factors.get(name) for id_, name in NAMES.items()}}
    assert found.verdict == decide(answers, basis="declared").verdict
    said = " ".join(found.reasons)
    for id_, name in NAMES.items():
        assert (f"{id_} is not known and was not counted" in said) is (name not in factors)


def test_a_missing_reason_against_allows_a_pilot_at_most():
    best = task_api()
    best["factors"] = {name: id_[0] == "I" for id_, name in NAMES.items()}
    assert tuneworthy.decide(best).verdict == "PROCEED"
    del best["factors"]["exploration_phase"]
    found = tuneworthy.decide(best)
    assert found.verdict == "PILOT"
    assert "Not answered: A3; a pilot is the most allowed." in found.reasons


@pytest.mark.parametrize(
    ("typed", "count", "approach", "verdict", "said"),
    [
        (False, 99, None, "STOP_DATA_FLOOR", "no was typed in. The count decides."),
        (True, 99, "persona", "STOP_DATA_FLOOR", "says yes, as typed in."),
        (False, 700, "persona", "PILOT", "700 against the 500 examples that persona"),
        (True, 700, "persona", "PILOT", "says no; yes was typed in. The count decides."),
        (False, 700, "sft", "PILOT", "1,000 examples that supervised fine-tuning needs says yes"),
        (None, 700, None, "PILOT", "where no approach is named says yes; nothing was typed in."),
        (False, 10_000, "dpo", "PILOT", "10,000 preference pairs that preference tuning"),
        (False, None, "cpt", "PILOT", "No count was given: A4 counts as typed in"),
    ],
)
def test_a_count_answers_whether_data_suffice(typed, count, approach, verdict, said):
    sheet = task_api(quality_examples=count, approach=approach)
    if typed is None:
        del sheet["factors"]["insufficient_data"]
    else:
        sheet["factors"]["insufficient_data"] = typed
    found = tuneworthy.decide(sheet)
    assert found.verdict == verdict
    assert any(said in reason for reason in found.reasons), found.reasons
    a4 = next(a for a in found.answers if a.id == "A4")
    assert a4.given is typed
    goals = {"sft": "knowledge", "dpo": "safety", "cpt": "expertise"}
    goal: Any = goals.get(approach, approach)
    assert a4.counted is (typed if count is None else count < approach_minimum(goal))


def test_too_little_data_is_a_reason_against():
    sheet = with_factors(rapidly_changing=True)
    assert tuneworthy.decide(sheet).verdict == "PILOT"
    assert tuneworthy.decide({**sheet, "quality_examples": 999}).verdict == (
        "ADDRESS_ANTI_INDICATORS"
    )


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, ["'ceiling' is missing", "'factors' is missing"]),
        (task_api(celing={}), ["unknown setting 'celing'. Did you mean 'ceiling'?"]),
        (with_factors(low_volum=True), ["'factors.low_volum'. Did you mean 'low_volume'?"]),
        (with_factors(latency="yes", low_volume=1), ["'yes'. It must be true", "is 1. It must be"]),
        (with_factors(latency=None), ["leave it out if it is not known"]),
        (task_api(ceiling={"C1": "true", "C6": True}), ["'C5'?", "'ceiling.C1' is 'true'"]),
        (task_api(ceiling=[True] * 5), ["It must be a mapping"]),
        (task_api(factors=None), ["'factors' is None"]),
        (task_api(quality_examples=-1), ["'quality_examples' is -1"]),
        (task_api(quality_examples=True), ["It must be a whole number"]),
        (task_api(quality_examples="12"), ["It must be a whole number"]),
        (task_api(quality_examples=1.5), ["It must be a whole number"]),
        (task_api(quality_examples=10**5_000), ["a number with thousands of digits"]),
        (task_api(approach="formt"), ["Did you mean 'format'?"]),
        (task_api(approach=["sft"]), ["'approach' is ['sft']"]),
        (task_api(money=5), ["'money' is 5"]),
        (task_api(money={"upfront": [{"hours": 2}]}), ["'money.upfront.0.name' is missing"]),
        (task_api(money={"strategic_value": 6}), ["'money.strategic_value' is 6"]),
        (task_api(money={"rate": "much"}), ["'money.rate' is 'much'"]),
    ],
)
def test_wrong_answers_are_refused_and_named(answers, said):
    message = message_of(answers)
    for words in said:
        assert words in message


def test_every_fault_is_told_at_once():
    sheet = with_factors(low_volum=True, latency="yes")
    message = message_of({**sheet, "quality_examples": -1, "approach": "x", "money": {"a": 1}})
    assert message.startswith("The values have 5 faults.")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ceiling", "factors", "C1", "latency", "money", "approach", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JUNK)
def test_anything_is_decided_or_refused(answers):
    if isinstance(answers, str):
        return
    try:
        found = tuneworthy.decide(answers)
    except ConfigProblem:
        return
    assert found.reasons
