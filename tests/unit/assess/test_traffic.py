from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import declared_and_evidenced, measure
from tuneworthy.assess.contradictions import contradictions
from tuneworthy.assess.traffic import count_traffic, per_month
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.project import Answers, Project, Source
from tuneworthy.core.nouns.requirements import Limits, Prices
from tuneworthy.core.nouns.serving import Interaction

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PROJECT = Project(
    id="p",
    use_case="route requests",
    goal="format",
    metric="json_match",
    target=0.75,
    sources=(Source(path="rows.jsonl"),),
)


def asked(days_ago: float, **fields: Any) -> Interaction:
    return Interaction(
        id=f"{days_ago}",
        route="p",
        manifest="m",
        arm=fields.pop("arm", "production"),
        sticky_key="",
        sticky=False,
        created_at=(NOW - timedelta(days=days_ago)).isoformat(),
        status=200,
        stream=False,
        seconds=1.0,
        request="{}",
        response="",
        **fields,
    )


def fact(about: str, result: dict[str, Any], *subjects: str, at: int = 1) -> Evidence:
    return Evidence(
        id=f"{about}{at}",
        about=about,
        project="p",
        grade=Grade.MEASURED,
        subjects=subjects or ("p",),
        producer="job",
        producer_version="1",
        result=result,
        created_at=f"2026-01-{at:02d}T00:00:00+00:00",
    )


def volume(requests: int, covered: float = 30, ahead: int = 0) -> Evidence:
    result = {
        "as_of": "2026-06-01",
        "window_days": 30,
        "covered_days": covered,
        "requests": requests,
        "ahead": ahead,
    }
    return fact("traffic.volume", result)


def answer(evidence: list[Evidence], id_: str, project: Project = PROJECT) -> bool | None:
    return measure(evidence, project).get(id_, (None, ""))[0]


# -- counting --------------------


def test_the_window_is_the_last_thirty_days():
    rows = [asked(30.5), asked(29.5), asked(1), asked(0)]
    found = count_traffic(rows, first=NOW - timedelta(days=90), now=NOW)
    assert (found["requests"], found["covered_days"], found["ahead"]) == (3, 30, 0)


def test_copies_and_a_clients_retries_are_not_requests():
    rows = [asked(1), asked(1, arm="shadow"), asked(1, attempt=1)]
    assert count_traffic(rows, first=NOW, now=NOW)["requests"] == 1


def test_a_clock_that_ran_backwards_adds_nothing_and_is_told():
    found = count_traffic([asked(-1), asked(2)], first=NOW - timedelta(days=9), now=NOW)
    assert (found["requests"], found["ahead"]) == (1, 1)
    basis = [f.basis for f in decided([volume(20, 9, ahead=1)])[1].factors if f.id == "A2"]
    assert "1 requests are stamped in the future" in basis[0]


def test_a_log_that_begins_in_the_future_covers_nothing():
    found = count_traffic([asked(-3)], first=NOW + timedelta(days=3), now=NOW)
    assert found["covered_days"] == 0
    assert per_month(found) is None


@given(st.integers(1, 5_000), st.floats(7, 30))
def test_the_months_interval_holds_its_value_and_is_scaled(requests, covered):
    month = per_month(volume(requests, covered).result)
    assert month is not None
    assert month.low < month.value < month.high
    assert month.value == pytest.approx(requests * 30 / covered)


@given(st.integers(0, 5_000), st.floats(0, 6.99))
def test_less_than_a_week_says_nothing(requests, covered):
    assert answer([volume(requests, covered)], "A2") is None


# -- A2 --------------------


@pytest.mark.parametrize(
    ("requests", "covered", "low"),
    [
        (999, 30, True),
        (1_000, 30, False),
        (249, 7.5, True),
        (250, 7.5, False),
        (0, 30, None),
        (5_000, 6.9, None),
    ],
)
def test_k9_low_volume_is_measured_over_thirty_days(requests, covered, low):
    assert answer([volume(requests, covered)], "A2") is low


def test_what_low_means_is_a_setting():
    small = PROJECT.model_copy(update={"low_volume": 100})
    assert answer([volume(500)], "A2", small) is False


def test_an_unknown_volume_says_why_and_leaves_the_declared_answer():
    answers = Answers(factors={"A2": True})
    _, evidenced = declared_and_evidenced(PROJECT, answers, [volume(90, 3)])
    found = {f.id: f for f in evidenced.factors}["A2"]
    assert (found.declared, found.measured) == (True, None)
    assert "7 days are needed" in found.basis


def test_a1_is_left_to_people_and_says_why():
    _, evidenced = declared_and_evidenced(PROJECT, Answers(), [])
    found = {f.id: f for f in evidenced.factors}["A1"]
    assert found.measured is None
    assert "what the team tried" in found.basis


# -- I4 --------------------

SUITE = fact("suite.frozen", {"n": 100, "target": 0.75}, "suite")
TOKENS = fact(
    "ceiling.signals",
    {
        "signals": [],
        "model_name": "base",
        "n": 100,
        "prompt_tokens": 100_000,
        "completion_tokens": 10_000,
    },
    "suite",
)


def priced(**limits: float) -> Project:
    return PROJECT.model_copy(
        update={
            "prices": Prices(prompt_per_million=2.0, completion_per_million=10.0),
            "limits": Limits(**limits),
        }
    )


@pytest.mark.parametrize(
    ("limits", "dear"),
    [
        ({"cost_per_request": 0.002}, True),
        ({"cost_per_request": 0.003}, False),
        ({"cost_per_month": 29.0}, True),
        ({"cost_per_month": 31.0}, False),
        ({"cost_per_month": 31.0, "cost_per_request": 0.002}, True),
        ({}, None),
    ],
)
def test_cost_is_the_best_prompts_tokens_times_price_times_volume(limits, dear):
    # 1,000 + 100 tokens a request cost 0.002 + 0.001; 10,000 requests cost 30.
    assert answer([SUITE, TOKENS, volume(10_000)], "I4", priced(**limits)) is dear


def test_cost_without_price_tokens_or_volume_is_unknown():
    project = priced(cost_per_month=1)
    assert answer([SUITE, TOKENS], "I4", project) is None
    assert answer([SUITE, volume(10_000)], "I4", project) is None
    unpriced = project.model_copy(update={"prices": None})
    assert answer([SUITE, TOKENS, volume(10_000)], "I4", unpriced) is None


def test_the_price_of_the_model_that_answered_counts():
    other = ModelSettings(at="http://x/v1", name="base", prompt_price=0.0, completion_price=0.0)
    project = priced(cost_per_month=1).model_copy(update={"models": (other,)})
    assert answer([SUITE, TOKENS, volume(10_000)], "I4", project) is False


def test_a_measured_low_volume_answers_that_volume_is_not_dear():
    assert answer([volume(100)], "I4") is False


@given(st.integers(1, 100_000), st.floats(0, 30), st.floats(0.0001, 100))
def test_measured_cost_and_measured_volume_never_contradict(requests, covered, limit):
    evidence = [SUITE, TOKENS, volume(requests, covered)]
    found = measure(evidence, priced(cost_per_month=limit))
    both = [found.get(id_, (False, ""))[0] for id_ in ("I4", "A2")]
    assert both != [True, True]


# -- I5 --------------------


def delay(answer_: str) -> Evidence:
    item = {"id": "S6", "text": "t", "answer": answer_, "rule": "r", "detail": "seen."}
    return fact("ceiling.signals", {**TOKENS.result, "signals": [item]}, "suite", at=2)


@pytest.mark.parametrize(("said", "slow"), [("yes", True), ("no", False), ("unknown", None)])
def test_latency_is_answered_by_the_sixth_signal(said, slow):
    assert answer([SUITE, delay(said)], "I5") is slow


def test_signals_of_another_suite_answer_nothing():
    newer = fact("suite.frozen", {"n": 9}, "other", at=9)
    assert answer([SUITE, delay("yes"), newer], "I5") is None


def test_declared_signals_answer_nothing():
    typed = delay("yes").model_copy(update={"grade": Grade.DECLARED})
    assert answer([SUITE, typed], "I5") is None


# -- both shown, and said at once --------------------


def decided(evidence: list[Evidence], **factors: bool) -> Any:
    return declared_and_evidenced(PROJECT, Answers(factors=factors), evidence)


def test_a_measurement_replaces_the_answer_and_both_are_shown():
    declared, evidenced = decided([volume(100)], A2=False, I4=True)
    marks = {f.id: (f.declared, f.measured) for f in evidenced.factors}
    assert marks["A2"] == (False, True)
    assert marks["I4"] == (True, False)
    assert evidenced.verdict is not Verdict.INCONSISTENT_ANSWERS
    assert any(text.startswith("You said no to A2") for text in evidenced.contradictions)
    assert declared.contradictions == ()


def test_few_rows_contradict_enough_data_at_once():
    rows = fact("data.profile", {"rows": 412})
    _, evidenced = decided([rows], A4=False)
    (text,) = evidenced.contradictions
    assert "You said no to A4" in text
    assert "412 examples after cleaning; instruction fine-tuning needs 500" in text


def test_a_declared_number_is_held_against_the_count():
    rows = [fact("data.profile", {"rows": 412})]
    said = contradictions(PROJECT, Answers(), rows, {}, declared_examples=10_000)
    assert said == (
        "You said 10,000 examples; 412 remain after cleaning, and instruction fine-tuning "
        "needs 500.",
    )
    assert contradictions(PROJECT, Answers(), rows, {}, declared_examples=400) == ()
    for text, held in (("10,000", True), ("412", False), ("plenty", False), ("", False)):
        answers = Answers(questions={"quality_examples": text})
        assert bool(contradictions(PROJECT, answers, rows, {})) is held


@given(
    st.dictionaries(
        st.sampled_from(
            [f"{k}{n}" for k, m in (("C", 5), ("I", 6), ("A", 5)) for n in range(1, m + 1)]
        ),
        st.booleans(),
    )
)
def test_lying_answers_change_nothing_measured(factors):
    evidence = [SUITE, delay("no"), volume(100), fact("data.profile", {"rows": 60})]
    _, honest = decided(evidence)
    _, lying = decided(evidence, **factors)
    assert [f.measured for f in lying.factors] == [f.measured for f in honest.factors]
    assert lying.signals == honest.signals
    for factor in lying.factors:
        told = any(f" to {factor.id} (" in text for text in lying.contradictions)
        assert told == (factor.measured is not None and factor.declared == (not factor.measured))


# -- A4 and its curve --------------------


@pytest.mark.parametrize(
    ("curve", "grade", "few"),
    [
        ({"target_met": True, "target": 0.75}, Grade.MEASURED, False),
        ({"target_met": True, "target": 0.8}, Grade.MEASURED, False),
        ({"target_met": True, "target": 0.7}, Grade.MEASURED, True),
        ({"rising": True, "target": 0.7}, Grade.MEASURED, False),
        ({"rising": True, "target": 0.7}, Grade.DECLARED, True),
        ({"rising": True, "target": 0.7}, Grade.ATTESTED, True),
        ({"rising": "yes"}, Grade.MEASURED, True),
    ],
)
def test_only_a_measured_curve_about_todays_target_clears_few_rows(curve, grade, few):
    made = fact("eval.learning_curve", curve).model_copy(update={"grade": grade})
    assert answer([fact("data.profile", {"rows": 300}), made], "A4") is few
