from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import FACTORS, QUESTIONS, approach_for, approach_minimum, decide
from tuneworthy.core.nouns.decision import Verdict

CEILING = {f"C{n}": True for n in range(1, 6)}
COUNTED = [f.id for f in FACTORS if f.kind != "ceiling"]
STRICT = list(Verdict)

answers = st.fixed_dictionaries({f.id: st.sampled_from((True, False, None)) for f in FACTORS})


def task_api(**other: bool) -> dict[str, bool | None]:
    given_yes = {"I1": True, "I2": True, "I3": True, "I5": True}
    return {**dict.fromkeys(COUNTED, False), **CEILING, **given_yes, **other}


def test_task_api_as_declared():
    decision = decide(task_api(), basis="declared")
    assert decision.tree == "FINE_TUNE_CANDIDATE"
    assert round(decision.score, 4) == 0.3636
    assert (decision.score_band, decision.net, decision.net_band) == ("MODERATE", 4, "STRONG")
    assert round(decision.weighted, 3) == 0.667
    assert decision.verdict is Verdict.PILOT


def test_task_api_as_evidenced_by_its_own_text():
    decision = decide(task_api(C1=False, C2=False), basis="evidenced")
    assert decision.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    assert not decision.ceiling_reached
    assert "C1, C2" in decision.reasons[0]


def test_task_api_at_low_volume():
    decision = decide(task_api(A2=True), basis="declared")
    assert decision.tree == "FINE_TUNE_CANDIDATE"
    assert round(decision.score, 4) == 0.2727
    assert (decision.score_band, decision.net, decision.net_band) == ("MODERATE", 3, "STRONG")
    assert decision.verdict is Verdict.PILOT
    assert any("A2 weighs High" in reason for reason in decision.reasons)


@pytest.mark.parametrize(("count", "stops"), [(99, True), (100, False)])
def test_hard_floor_of_data(count, stops):
    decision = decide(task_api(), basis="declared", quality_examples=count)
    assert (decision.verdict is Verdict.STOP_DATA_FLOOR) is stops


def test_count_answers_an_open_a4_against_the_approach_minimum():
    open_a4 = {**task_api(), "A4": None}
    few = decide(open_a4, basis="declared", quality_examples=700)
    enough = decide(open_a4, basis="declared", quality_examples=700, approach_minimum=500)
    assert (few.anti_indicators, enough.anti_indicators) == (1, 0)


def test_an_unknown_reason_against_is_told_and_allows_a_pilot_at_most():
    all_for = dict.fromkeys(["I1", "I2", "I3", "I4", "I5", "I6"], True)
    known = {**CEILING, **all_for, **dict.fromkeys(["A1", "A2", "A3", "A4", "A5"], False)}
    assert decide(known, basis="declared").verdict is Verdict.PROCEED
    decision = decide({**known, "A3": None}, basis="declared")
    assert decision.verdict is Verdict.PILOT
    assert any(reason.startswith("A3 is not known") for reason in decision.reasons)


def test_low_volume_contradicts_cost_even_below_the_ceiling():
    decision = decide({**task_api(I4=True, A2=True), "C1": False}, basis="declared")
    assert decision.verdict is Verdict.INCONSISTENT_ANSWERS


def test_success_with_prompts_is_no_contradiction_below_the_ceiling():
    decision = decide(task_api(A5=True, C4=False), basis="declared")
    assert decision.verdict is Verdict.KEEP_OPTIMISING_PROMPTS


def test_waiving_c2_needs_words_and_caps_at_pilot():
    all_for = dict.fromkeys(["I1", "I2", "I3", "I4", "I5", "I6"], True)
    case = {**dict.fromkeys(COUNTED, False), **CEILING, **all_for, "C2": False}
    reason = "must run offline on this machine"
    waived = decide(case, basis="declared", waived={"C2": reason})
    assert waived.ceiling_reached
    assert waived.verdict is Verdict.PILOT
    assert any(reason in text for text in waived.reasons)
    assert not decide(case, basis="declared", waived={"C2": "  "}).ceiling_reached
    assert decide({**case, "C2": True}, basis="declared", waived={"C2": reason}).verdict is (
        Verdict.PROCEED
    )


@given(answers, st.sampled_from([f.id for f in FACTORS if f.kind == "anti_indicator"]))
def test_knowing_more_against_never_loosens_the_verdict(given_answers, id_):
    places = [
        STRICT.index(decide({**given_answers, id_: value}, basis="declared").verdict)
        for value in (True, None, False)
    ]
    assert places == sorted(places)


@given(answers)
def test_an_unanswered_ceiling_or_indicator_counts_as_no(given_answers):
    filled = {
        id_: False if value is None and not id_.startswith("A") else value
        for id_, value in given_answers.items()
    }
    left, right = (decide(a, basis="declared") for a in (given_answers, filled))
    words = {"factors": (), "reasons": ()}
    assert left.model_copy(update=words) == right.model_copy(update=words)


@given(answers)
def test_every_unanswered_reason_is_named(given_answers):
    reasons = decide(given_answers, basis="declared").reasons
    named = {text[:2] for text in reasons if " is not known and was not counted" in text}
    assert named == {id_ for id_ in COUNTED if given_answers[id_] is None}


@given(answers)
def test_tuning_needs_the_ceiling_four_reasons_and_at_most_one_against(given_answers):
    decision = decide(given_answers, basis="evidenced")
    if decision.verdict.allows_tuning:
        assert decision.ceiling_reached
        assert decision.indicators > 3
        assert decision.anti_indicators < 2
    assert decision.reasons
    assert -1 <= decision.weighted <= 1


def test_tables_are_complete():
    assert [f.id for f in FACTORS] == [
        *(f"C{n}" for n in range(1, 6)),
        *(f"I{n}" for n in range(1, 7)),
        *(f"A{n}" for n in range(1, 6)),
    ]
    for kind in ("indicator", "anti_indicator"):
        assert sum(f.points for f in FACTORS if f.kind == kind) == 9
    ids = Counter(q.id[0] for q in QUESTIONS)
    assert ids == {"S": 6, "E": 12, "U": 4, "R": 3, "N": 3}


@pytest.mark.parametrize(
    ("goal", "minimum", "compute"),
    [
        ("knowledge", 1_000, "low to medium"),
        ("persona", 500, "low"),
        ("format", 500, "low"),
        ("tool_calling", 1_000, "medium"),
        ("safety", 10_000, "medium to high"),
        ("expertise", 100_000, "high"),
    ],
)
def test_approach_table(goal, minimum, compute):
    assert approach_for(goal).compute == compute
    assert approach_minimum(goal) == minimum
    assert approach_minimum(None) == 1_000
