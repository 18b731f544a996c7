from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import FACTORS, Circumstances, decide, second_opinion
from tuneworthy.assess.second_opinion import upkeep
from tuneworthy.core.nouns.project import Goal
from tuneworthy.core.nouns.rules import SecondOpinion

CEILING = dict.fromkeys(["C1", "C2", "C3", "C4", "C5"], True)
COUNTED = [f.id for f in FACTORS if f.kind != "ceiling"]
TASK_API = {
    **CEILING,
    **dict.fromkeys(COUNTED, False),
    **dict.fromkeys(["I1", "I2", "I3", "I5"], True),
}
NO_NEED = dict.fromkeys(["I1", "I2", "I5"], False)
GOALS: list[Goal | None] = [None, "knowledge", "persona", "format"]


def ask(answers: dict[str, bool | None], *about: object) -> SecondOpinion:
    # The four circumstances, in their order.
    return second_opinion(answers, decide(answers, basis="declared"), Circumstances(*about))  # type: ignore[arg-type]


def path(opinion: SecondOpinion) -> list[str]:
    return [step.answer for step in opinion.path]


def test_the_task_api_is_feasible_with_data_and_two_operators():
    opinion = ask({**TASK_API}, "persona", 10_000, True, "two people")
    assert opinion.verdict == "TUNING_IS_FEASIBLE"
    assert path(opinion) == ["yes", "no", "yes", "yes", "yes", "yes"]
    assert opinion.agrees
    assert opinion.difference == "It agrees with PILOT: both speak for tuning now."


def test_it_never_asks_about_the_ceiling_and_says_so():
    opinion = ask({**TASK_API, "C1": False}, "persona", 10_000, True, "two people")
    assert opinion.allows_tuning
    assert not opinion.agrees
    assert "differs from KEEP_OPTIMISING_PROMPTS" in opinion.difference
    assert "which prompts, models and retrieval were tried" in opinion.difference


@pytest.mark.parametrize(
    ("changes", "about", "verdict"),
    [
        ({"A5": True}, ("format", 1_000, True), "USE_PROMPTING"),
        ({}, ("format", 99, True), "RETRIEVAL_MAY_BE_BETTER"),
        ({}, ("format", 100, True), "TUNING_IS_FEASIBLE"),
        ({"A1": True}, ("knowledge", 1_000, True), "RETRIEVAL_MAY_BE_BETTER"),
        ({"A1": True}, ("format", 1_000, True), "TUNING_IS_FEASIBLE"),
        ({"I2": False}, ("knowledge", 1_000, True), "TUNING_MAY_NOT_HELP"),
        (NO_NEED, ("format", 1_000, True), "TRY_STRUCTURED_PROMPTING"),
        ({}, ("format", 1_000, False), "STAY_WITH_PROMPTED_MODELS"),
        ({}, ("format", 1_000, None), "TUNING_IS_PROMISING"),
    ],
)
def test_each_branch(changes, about, verdict):
    assert ask({**TASK_API, **changes}, *about).verdict == verdict


def test_an_uncounted_dataset_is_not_known_to_hold_100_examples():
    opinion = ask({**TASK_API, "A4": None}, "knowledge", None, True)
    assert "not known" in path(opinion)
    assert "they were not counted" in " ".join(step.because for step in opinion.path)


@pytest.mark.parametrize(
    ("operators", "typed", "answer", "words"),
    [
        (2, "", True, "2, needed: 2"),
        (1, "Ana and Bo", False, "1, needed: 2"),
        (None, "", None, ""),
        (None, "Ana and Bo", True, "E12, as typed: Ana and Bo"),
        (None, " No ", False, "E12, as typed: No"),
    ],
)
def test_upkeep_takes_the_record_before_what_was_typed(operators, typed, answer, words):
    found, basis = upkeep(operators, typed)
    assert found is answer
    assert words in basis


def test_over_all_answers_it_always_says_why_it_differs():
    verdicts = set()
    for ceiling, bits in product((True, False), product((False, True), repeat=11)):
        answers: dict[str, bool | None] = {
            **CEILING,
            "C1": ceiling,
            **dict(zip(COUNTED, bits, strict=True)),
        }
        ours = decide(answers, basis="declared")
        for goal, maintained in product(GOALS[:2], (True, False)):
            about = Circumstances(goal, 500, maintained, "said")
            opinion = second_opinion(answers, ours, about)
            verdicts.add(opinion.verdict)
            assert opinion.agrees is (opinion.allows_tuning is ours.verdict.allows_tuning)
            assert ours.verdict.value in opinion.difference
            assert opinion.difference.startswith("It agrees" if opinion.agrees else "It differs")
            assert maintained or not opinion.allows_tuning
    assert len(verdicts) == 6


@given(
    st.fixed_dictionaries({f.id: st.sampled_from((True, False, None)) for f in FACTORS}),
    st.sampled_from(GOALS),
    st.none() | st.integers(0, 2_000),
    st.sampled_from((True, False, None)),
)
def test_unknown_answers_never_break_it_nor_make_it_feasible(answers, goal, count, maintained):
    opinion = ask(answers, goal, count, maintained)
    assert opinion.difference
    if opinion.verdict == "TUNING_IS_FEASIBLE":
        assert maintained is True
