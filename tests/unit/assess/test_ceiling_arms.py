"""C1, C2 and C5 count what was asked, not what it was called."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import distinct_models, measure, read_arms
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project, Source

SUITE = "sha256:suite"
PROJECT = Project(
    id="p",
    use_case="route requests",
    goal="format",
    metric="json_match",
    target=0.75,
    sources=(Source(path="rows.jsonl"),),
)


def fact(about: str, result: dict[str, Any]) -> Evidence:
    return Evidence(
        id=f"{about}-{result.get('name', '')}-{result.get('model', '')}",
        about=about,
        project="p",
        grade=Grade.MEASURED,
        subjects=(SUITE,),
        producer="job",
        producer_version="1",
        result=result,
        created_at="2026-01-01T00:00:00+00:00",
    )


def arm(name: str, **more: Any) -> Evidence:
    facts = {"name": name, "kind": "zero_shot", "score": 0.2, "low": 0.1, "high": 0.3, "n": 99}
    facts |= {"model": "m1", "prompt": f"sha256:{name}", "valid_share": 1.0}
    return fact("ceiling.arm", facts | more)


FROZEN = fact("suite.frozen", {"n": 99, "target": 0.75})


def answered(*arms: Evidence) -> dict[str, tuple[bool, str]]:
    return measure([FROZEN, *arms], PROJECT)


def test_a_prompt_called_structured_that_is_none_does_not_count():
    assert not answered(arm("structured"))["C5"][0]
    assert not answered(arm("structured", structured=False))["C5"][0]
    assert not answered(arm("structured", structured="yes"))["C5"][0]
    assert answered(arm("plain", structured=True))["C5"][0]
    assert not answered(arm("plain", structured=True, model="", kind="nearest_neighbour"))["C5"][0]


def test_five_names_for_one_wording_are_one_variant():
    same = [arm(f"a{n}", wording="sha256:w") for n in range(6)]
    assert not answered(*same)["C1"][0]
    assert "frozen suite: 1 of 6 prompts, near-identical" in answered(*same)["C1"][1]
    assert answered(*[arm(f"a{n}", wording=f"sha256:w{n}") for n in range(5)])["C1"][0]
    assert answered(*[arm(f"a{n}") for n in range(5)])["C1"][0], "older evidence has no wording"


def test_a_decomposed_prompt_is_a_prompt():
    found = read_arms([FROZEN, arm("d", kind="decomposed")])[0]
    assert found.prompts
    assert not found.retrieves


@pytest.mark.parametrize(
    ("second", "models"),
    [
        ({}, 2),
        ({"answers": "sha256:same"}, 1),
        ({"answers": "sha256:else"}, 2),
    ],
)
def test_a_second_name_for_one_model_is_told_by_its_answers(second, models):
    first = {"answers": "sha256:same"} if second else {}
    found = answered(arm("a", **first), arm("a", model="m2", **second))["C2"]
    assert found[0] is (models == 2)
    assert f"frozen suite: {models}," in found[1]


def test_models_that_differ_on_one_prompt_are_two():
    asked = [("m1", "p", "a"), ("m2", "p", "a"), ("m1", "q", "a"), ("m2", "q", "b")]
    assert distinct_models(asked) == 2
    assert distinct_models(asked[:2]) == 1
    assert distinct_models([("m1", "p", "a"), ("m2", "q", "a")]) == 2, "no prompt in common"
    assert distinct_models([]) == 0


digests = st.sampled_from(["", "a", "b"])


@given(st.lists(st.tuples(st.sampled_from("xyz"), digests, digests), max_size=12))
def test_never_more_models_than_there_are(asked):
    assert bool(asked) <= distinct_models(asked) <= len({model for model, _, _ in asked})
