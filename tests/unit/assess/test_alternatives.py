from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess.alternatives import advise
from tuneworthy.core.nouns.alternative import Advice, Alternative
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project, Source

PROJECT = Project(
    id="p",
    use_case="route requests",
    goal="format",
    metric="json_match",
    target=0.75,
    sources=(Source(path="rows.jsonl"),),
)
IDS = {
    "chunking",
    "hybrid_search",
    "reranking",
    "query_expansion",
    "another_model",
    "decomposition",
    "fine_tune_plus_retrieval",
}
QUALITY = {
    "n": 200,
    "train": 700,
    "distinct": 12,
    "depth": 8,
    "unseen": 0,
    "first": {"words": 120, "meaning": 130, "both": 140},
    "within": {"words": 180, "meaning": 180, "both": 190},
    "later": 50,
    "missed": 10,
    "best_single": "meaning",
    "joined_gain": 0.05,
    "joined_gain_low": 0.01,
    "joined_gain_high": 0.09,
}


def fact(about: str, result: dict[str, Any], *subjects: str, at: int = 1) -> Evidence:
    return Evidence(
        id=f"{about}{at}{result.get('name')}{result.get('model')}",
        about=about,
        project="p",
        grade=Grade.MEASURED,
        subjects=subjects or ("suite",),
        producer="job",
        producer_version="1",
        result=result,
        created_at=f"2026-01-{at:02d}T00:00:00+00:00",
    )


def arm(
    name: str, kind: str, score: float, *, model: str = "m1", half: float = 0.05, **more: Any
) -> Evidence:
    result = {
        "name": name,
        "kind": kind,
        "score": score,
        "low": max(0.0, score - half),
        "high": min(1.0, score + half),
        "n": 200,
        "model": model,
        "prompt": name,
        "valid_share": 0.9,
        **more,
    }
    return fact("ceiling.arm", result)


FROZEN = fact("suite.frozen", {"n": 200, "target": 0.75})


def advice(*evidence: Evidence) -> Advice:
    return advise([FROZEN, *evidence], PROJECT)


def one(id_: str, *evidence: Evidence) -> Alternative:
    return next(item for item in advice(*evidence).alternatives if item.id == id_)


def quality(**fields: Any) -> Evidence:
    return fact("retrieval.quality", {**QUALITY, **fields})


def test_without_evidence_everything_is_not_measured_and_says_so():
    found = advise([], PROJECT)
    assert {item.id for item in found.alternatives} == IDS
    assert {item.stance for item in found.alternatives} == {"not measured"}
    assert {item.effect for item in found.alternatives} == {None}
    assert found.best is None


# -- search --------------------


@pytest.mark.parametrize(("length", "stance"), [(300, "against"), (9_000, "open")])
def test_chunking_looks_at_the_rows_lengths(length, stance):
    assert one("chunking", fact("data.profile", {"characters_p95": length})).stance == stance


@pytest.mark.parametrize(
    ("later", "stance"), [(50, "for"), (12, "open"), (2, "against"), (0, "against")]
)
def test_reranking_is_worth_what_stands_below_the_first(later, stance):
    found = one("reranking", quality(later=later))
    assert found.stance == stance
    assert found.effect == later / 200
    assert found.effect_is_bound


def test_query_expansion_counts_what_is_there_and_not_found():
    found = one("query_expansion", quality(missed=60, unseen=9))
    assert (found.stance, found.effect) == ("for", 0.3)
    assert "9 have an answer that training never holds" in found.reason


@pytest.mark.parametrize(
    ("low", "high", "stance"),
    [(0.01, 0.09, "against"), (-0.02, 0.03, "against"), (-0.2, -0.1, "for")],
)
def test_hybrid_search_is_compared_with_the_better_half(low, high, stance):
    found = one("hybrid_search", quality(joined_gain_low=low, joined_gain_high=high))
    assert found.stance == stance


def test_hits_say_nothing_where_targets_seldom_repeat():
    evidence = quality(distinct=400)
    for id_ in ("hybrid_search", "reranking", "query_expansion"):
        found = one(id_, evidence)
        assert found.stance == "not measured"
        assert "400 distinct targets" in found.reason


def test_search_over_another_suite_does_not_count():
    old = fact("retrieval.quality", QUALITY, "elsewhere")
    assert one("reranking", old).stance == "not measured"


# -- models --------------------


@pytest.mark.parametrize(
    ("other", "stance"),
    [(None, "not measured"), (0.6, "for"), (0.37, "open"), (0.32, "against")],
)
def test_another_model_needs_two_and_a_clear_gain(other, stance):
    arms = [arm("plain", "zero_shot", 0.3)]
    if other is not None:
        arms.append(arm("plain", "zero_shot", other, model="m2"))
    found = one("another_model", *arms)
    assert found.stance == stance
    if stance == "for":
        assert found.effect == pytest.approx(0.3)


# -- decomposition --------------------


@pytest.mark.parametrize(
    ("split", "stance"), [(0.6, "for"), (0.37, "open"), (0.3, "against"), (0.2, "against")]
)
def test_decomposition_is_compared_with_the_best_single_prompt(split, stance):
    arms = [arm("plain", "zero_shot", 0.3), arm("steps", "decomposed", split)]
    assert one("decomposition", *arms).stance == stance


def test_decomposition_that_never_ran_is_bounded_by_broken_answers():
    found = one("decomposition", arm("plain", "zero_shot", 0.3, valid_share=0.6))
    assert (found.stance, found.effect, found.effect_is_bound) == ("not measured", 0.4, True)


# -- fine-tune and retrieval --------------------


@pytest.mark.parametrize(("shown", "stance"), [(0.6, "for"), (0.37, "open"), (0.3, "against")])
def test_retrieval_beside_tuning_is_judged_by_what_it_brings_untuned(shown, stance):
    arms = [arm("plain", "zero_shot", 0.3), arm("near", "retrieval", shown)]
    found = one("fine_tune_plus_retrieval", *arms)
    assert found.stance == stance
    assert "On a tuned model it is not measured" in found.reason


def test_a_model_that_does_worse_than_copying_is_no_reason_to_tune():
    copied = arm("nearest", "nearest_neighbour", 0.6, model="")
    arms = [arm("plain", "zero_shot", 0.1), arm("near", "retrieval", 0.5), copied]
    found = one("fine_tune_plus_retrieval", *arms)
    assert (found.stance, found.effect) == ("open", None)
    assert "adds nothing to what is found" in found.reason


def test_looking_up_that_is_enough_speaks_against_tuning_with_it():
    copied = arm("nearest", "nearest_neighbour", 0.79, model="")
    found = advice(arm("plain", "zero_shot", 0.1), arm("near", "retrieval", 0.6), copied)
    both = next(item for item in found.alternatives if item.id == "fine_tune_plus_retrieval")
    assert both.stance == "against"
    assert "reaches the target 0.75 without tuning. First: use it." in found.summary


# -- order --------------------


def test_clear_and_large_and_cheap_comes_first():
    found = advice(
        quality(missed=40),
        arm("plain", "zero_shot", 0.3),
        arm("plain", "zero_shot", 0.6, model="m2"),
        fact("data.profile", {"characters_p95": 80}),
    )
    order = [item.id for item in found.alternatives]
    # 30 points seen at medium cost, 20 at most at low cost, 25 at most at medium cost.
    assert order[:3] == ["another_model", "query_expansion", "reranking"]
    assert "are missing to the target 0.75. First: serve the better model" in found.summary


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["zero_shot", "few_shot", "retrieval", "decomposed", "nearest_neighbour"]
            ),
            st.floats(0, 1),
            st.sampled_from(["m1", "m2"]),
        ),
        max_size=8,
    ),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_every_alternative_is_there_once_in_order(arms, later, missed):
    made = [
        arm(f"{n}", kind, score, model="" if kind == "nearest_neighbour" else model)
        for n, (kind, score, model) in enumerate(arms)
    ]
    found = advice(quality(later=later, missed=min(missed, 200 - later)), *made)
    assert sorted(item.id for item in found.alternatives) == sorted(IDS)
    places = ["for", "open", "not measured", "against"]
    stances = [places.index(item.stance) for item in found.alternatives]
    assert stances == sorted(stances)
    for item in found.alternatives:
        assert item.stance != "for" or (item.effect is not None and item.effect > 0)


def test_evidence_of_another_project_does_not_count():
    stranger = quality().model_copy(update={"project": "other"})
    assert one("reranking", stranger).stance == "not measured"
