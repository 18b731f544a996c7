from typing import Any

import pytest

from tuneworthy.assess import (
    alternatives_verdict,
    declared_and_evidenced,
    measure,
    quality_examples,
    read_arms,
)
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Answers, Project, Source

SUITE = "sha256:suite"
PROJECT = Project(
    id="p",
    use_case="route requests",
    goal="format",
    metric="json_match",
    target=0.75,
    sources=(Source(path="rows.jsonl"),),
)
FACTORS = {
    **dict.fromkeys(["C1", "C2", "C3", "C4", "C5", "I1", "I2", "I3", "I5"], True),
    **dict.fromkeys(["I4", "I6", "A1", "A2", "A3", "A4", "A5"], False),
}


def fact(about: str, result: dict[str, Any], at: int = 1, **fields: Any) -> Evidence:
    return Evidence(
        id=f"{about}-{at}-{result.get('name', '')}",
        about=about,
        project=fields.pop("project", "p"),
        grade=fields.pop("grade", Grade.MEASURED),
        subjects=fields.pop("subjects", (SUITE,)),
        producer="job",
        producer_version="1",
        result=result,
        created_at=f"2026-01-{at:02d}T00:00:00+00:00",
    )


def arm(name: str, kind: str, score: float, *, model: str = "m1", **extra: Any) -> Evidence:
    at, subjects = extra.pop("at", 2), extra.pop("subjects", (SUITE,))
    result = {
        "name": name,
        "kind": kind,
        "score": score,
        "low": round(score - 0.06, 2),
        "high": round(score + 0.05, 2),
        "n": 237,
        "model": model,
        "prompt": f"sha256:{name}",
        "valid_share": 0.95,
        "cpu_seconds": 1.0,
        **extra,
    }
    return fact("ceiling.arm", result, at, subjects=subjects)


FROZEN = fact("suite.frozen", {"n": 237, "metric": "json_match", "target": 0.75})
PROMPTS = [
    FROZEN,
    arm("plain", "zero_shot", 0.10),
    arm("terse", "zero_shot", 0.12),
    arm("structured", "zero_shot", 0.20, structured=True),
    arm("few_shot_4", "few_shot", 0.31),
    arm("few_shot_16", "few_shot", 0.35),
]
RETRIEVAL = arm("retrieval_8", "retrieval", 0.50)
ROWS = fact("data.profile", {"rows": 900})


def test_nothing_run_measures_nothing():
    assert measure([], PROJECT) == {}
    assert measure([arm("plain", "zero_shot", 0.1)], PROJECT) == {}, "no suite is frozen"


def test_the_full_ceiling_is_measured_with_numbers():
    evidence = [*PROMPTS, RETRIEVAL, arm("other", "zero_shot", 0.2, model="m2")]
    found = measure(evidence, PROJECT)
    assert {id_: answer for id_, (answer, _) in found.items()} == {
        "C1": True,
        "C2": True,
        "C3": True,
        "C4": True,
        "C5": True,
        "A5": False,
    }
    assert found["C1"][1] == "prompt variants run on the frozen suite: 6, needed: 5"
    assert found["A5"][1] == "Retrieval 8 scores 0.50 [0.44, 0.55] (n=237), target 0.75"


def test_what_was_not_run_is_a_measured_no():
    found = measure([FROZEN, arm("plain", "zero_shot", 0.1)], PROJECT)
    assert [found[f"C{n}"][0] for n in range(1, 6)] == [False] * 5


def test_the_same_prompt_twice_is_one_variant():
    twice = [arm("plain", "zero_shot", 0.1, at=day) for day in range(2, 8)]
    assert not measure([FROZEN, *twice], PROJECT)["C1"][0]
    assert len(read_arms([FROZEN, *twice])) == 1


def test_other_suites_tuned_arms_and_declared_runs_do_not_count():
    strangers = [
        arm("elsewhere", "zero_shot", 0.9, subjects=("sha256:other",)),
        arm("tuned", "tuned", 0.9),
        arm("said", "zero_shot", 0.9).model_copy(update={"grade": Grade.DECLARED}),
    ]
    assert read_arms([FROZEN, *strangers]) == ()


def test_a_new_suite_voids_the_old_runs():
    newer = fact("suite.frozen", {"n": 50}, at=9, subjects=("sha256:new",))
    assert read_arms([*PROMPTS, newer]) == ()


def test_plain_lookup_is_retrieval_but_no_prompt():
    lookup = arm("nearest_neighbour", "nearest_neighbour", 0.4, model="", prompt="")
    found = measure([FROZEN, lookup], PROJECT)
    assert found["C3"][0]
    assert "frozen suite: 0," in found["C1"][1]


@pytest.mark.parametrize(("share", "needed"), [(0.89, True), (0.9, None)])
def test_poor_form_of_the_best_prompt_shows_the_need_for_consistency(share, needed):
    found = measure([FROZEN, arm("a", "zero_shot", 0.4, valid_share=share)], PROJECT)
    assert found.get("I1", (None, ""))[0] is needed


@pytest.mark.parametrize(("rows", "few"), [(499, True), (500, False)])
def test_rows_against_the_goals_own_minimum(rows, few):
    assert measure([fact("data.profile", {"rows": rows})], PROJECT)["A4"][0] is few


@pytest.mark.parametrize(
    ("rows", "curve", "few"),
    [
        (300, {"rising": True}, False),
        (300, {"target_met": True, "rising": False}, False),
        (300, {"rising": False}, True),
        (99, {"rising": True}, True),
    ],
)
def test_a_learning_curve_may_clear_few_rows_above_the_floor(rows, curve, few):
    evidence = [fact("data.profile", {"rows": rows}), fact("eval.learning_curve", curve)]
    assert measure(evidence, PROJECT)["A4"][0] is few


def test_newest_count_governs_and_the_version_will_do_without_a_profile():
    old, new = fact("data.version", {"rows_out": 10}), fact("data.version", {"rows_out": 20}, 2)
    assert quality_examples([new, old]) == 20
    assert quality_examples([new, ROWS]) == 900


def decide_both(evidence: list[Evidence], **questions: str) -> tuple[Decision, Decision]:
    answers = Answers(factors=FACTORS, questions=questions)
    return declared_and_evidenced(PROJECT, answers, evidence)


def test_declared_pilot_and_evidenced_no_stand_side_by_side():
    declared, evidenced = decide_both([*PROMPTS, ROWS])
    assert declared.verdict is Verdict.PILOT
    assert evidenced.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    marks = {f.id: f for f in evidenced.factors}
    assert (marks["C2"].declared, marks["C2"].measured) == (True, False)
    assert marks["I2"].measured is None
    assert marks["I2"].basis == "not measured; the declared answer counts"
    assert {f.measured for f in declared.factors} == {None}


def test_without_any_run_no_ceiling_question_counts():
    _, evidenced = decide_both([])
    assert not evidenced.ceiling_reached
    assert "C1, C2, C3, C4, C5" in evidenced.reasons[0]


def test_one_embedded_model_with_a_written_reason_allows_a_pilot():
    evidence = [*PROMPTS, RETRIEVAL, ROWS]
    _, without = decide_both(evidence)
    _, waived = decide_both(evidence, C2_reason="must run offline on this machine")
    assert without.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    assert waived.verdict is Verdict.PILOT
    assert waived.ceiling_reached
    assert any("must run offline" in reason for reason in waived.reasons)


def test_retrieval_that_reaches_the_target_ends_the_case():
    winner = arm("nearest_neighbour", "nearest_neighbour", 0.79, model="", prompt="")
    _, evidenced = decide_both([*PROMPTS, winner, ROWS], C2_reason="offline")
    assert evidenced.verdict is Verdict.TRY_ALTERNATIVES
    assert not evidenced.ceiling_reached
    assert evidenced.reasons[0].startswith(
        "Nearest neighbour scores 0.79 [0.73, 0.84], target 0.75"
    )
    assert "Its lower bound does not" in evidenced.reasons[0]
    assert {f.id: f.measured for f in evidenced.factors}["A5"] is True


def test_a_prompt_that_reaches_the_target_ends_the_case():
    winner = arm("few_shot_32", "few_shot", 0.85)
    _, evidenced = decide_both([*PROMPTS, RETRIEVAL, winner, ROWS], C2_reason="offline")
    assert evidenced.verdict is Verdict.KEEP_OPTIMISING_PROMPTS
    assert "Its lower bound reaches the target too" in evidenced.reasons[0]


def test_a_measured_no_replaces_a_declared_success():
    answers = Answers(factors={**FACTORS, "A5": True}, questions={"C2_reason": "offline"})
    declared, evidenced = declared_and_evidenced(PROJECT, answers, [*PROMPTS, RETRIEVAL, ROWS])
    assert declared.verdict is Verdict.INCONSISTENT_ANSWERS
    assert evidenced.verdict is Verdict.PILOT


def test_too_few_rows_stop_the_evidenced_decision_only():
    few = fact("data.profile", {"rows": 60})
    declared, evidenced = decide_both([*PROMPTS, RETRIEVAL, few], C2_reason="offline")
    assert declared.verdict is Verdict.PILOT
    assert evidenced.verdict is Verdict.STOP_DATA_FLOOR


def test_an_alternative_below_the_target_says_nothing():
    below = Interval(value=0.74, low=0.6, high=0.9, n=50)
    assert alternatives_verdict("x", below, target=0.75, retrieves=True) is None


def test_evidence_of_another_project_does_not_count():
    stranger = [e.model_copy(update={"project": "other"}) for e in [*PROMPTS, ROWS]]
    assert measure(stranger, PROJECT) == {}
    _, evidenced = decide_both(stranger)
    assert not evidenced.ceiling_reached
