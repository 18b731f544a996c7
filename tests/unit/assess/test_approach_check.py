import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.assess import APPROACHES, HARD_FLOOR
from tuneworthy.assess.approach_check import check_approach
from tuneworthy.assess.data_shape import shape_of
from tuneworthy.core.nouns.approach_check import ApproachCheck, DataShape
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import Goal, Project, Source

CALL = json.dumps({"name": "f", "arguments": {"city": "Paris"}})
ESTIMATE = {"cpu_seconds": 410.0, "peak_memory_mb": 1200.0}


def project(goal: Goal = "format", **fields: Any) -> Project:
    return Project(
        id="p",
        use_case="route requests",
        goal=goal,
        metric="json_match",
        target=0.75,
        sources=(Source(path="rows.jsonl"),),
        **fields,
    )


def shape(**fields: Any) -> DataShape:
    rows = fields.pop("rows", 1_500)
    facts = {
        "rows": rows,
        "with_tools": 0,
        "calls": 0,
        "pairs": 0,
        "documents": 0,
        "several_turns": 0,
        "with_system": 0,
        "distinct_targets": rows,
        "commonest_shape": "text",
        "shape_share": 1.0,
        "target_median": 80.0,
        "target_p95": 200.0,
        "short_targets": 0,
    }
    return DataShape.model_validate({**facts, **fields})


def check(goal: Goal, shape_: DataShape | None, **answers: bool) -> ApproachCheck:
    return check_approach(project(goal), shape_, answers, ESTIMATE)


# -- the table --------------------


def test_the_table_is_the_one_of_the_specification():
    table = {row.need: (row.minimum, row.plenty, row.unit, row.compute) for row in APPROACHES}
    assert table == {
        "knowledge": (1_000, 10_000, "examples", "low to medium"),
        "persona": (500, 2_000, "examples", "low"),
        "format": (500, 2_000, "examples", "low"),
        "tool_calling": (1_000, 5_000, "examples", "medium"),
        "safety": (10_000, None, "preference pairs", "medium to high"),
        "expertise": (100_000, None, "documents", "high"),
    }


@pytest.mark.parametrize("goal", get_args(Goal))
def test_the_goals_row_comes_first_and_all_six_are_there(goal):
    found = check(goal, shape())
    assert found.chosen.need == goal
    assert {found.chosen.need, *(row.need for row in found.others)} == set(get_args(Goal))


@pytest.mark.parametrize(
    ("goal", "good"),
    [
        ("knowledge", shape()),
        ("persona", shape()),
        ("format", shape(commonest_shape="JSON object", distinct_targets=12)),
        ("tool_calling", shape(with_tools=1_500, calls=1_500)),
        ("safety", shape(rows=10_000, pairs=10_000)),
        ("expertise", shape(rows=100_000, documents=100_000)),
    ],
)
def test_data_of_the_right_kind_and_amount_fit(goal, good):
    found = check(goal, good)
    assert found.chosen.fits is True
    assert found.missing == ()


@pytest.mark.parametrize(
    ("goal", "bad", "words"),
    [
        ("format", shape(rows=412), "412 after cleaning, 88 too few; needed: 500 to 2,000"),
        ("tool_calling", shape(), "declare their functions: 0 of 1,500"),
        ("tool_calling", shape(with_tools=1_500, calls=900), "calls with arguments: 900 of 1,500"),
        ("safety", shape(), "Preference pairs: 0 after cleaning, 10,000 too few"),
        ("expertise", shape(), "Documents: 0 after cleaning, 100,000 too few"),
        ("format", shape(shape_share=0.6), "60.0% are text (n=1,500)"),
        ("persona", shape(short_targets=1_500), "0 of 1,500"),
        ("persona", shape(commonest_shape="JSON object"), "0 of 1,500"),
        ("knowledge", shape(distinct_targets=12), "12 of 1,500"),
        ("format", shape(target_p95=900), "95th percentile 900 characters"),
        ("format", shape(rows=60), "below 100 tuning stops"),
    ],
)
def test_what_is_missing_is_said_in_words_and_numbers(goal, bad, words):
    found = check(goal, bad)
    assert found.chosen.fits is False
    assert any(words in text for text in found.missing), found.missing


def test_short_labels_are_no_fault_of_a_format_goal():
    labels = shape(short_targets=1_500, target_median=5, target_p95=8, distinct_targets=12)
    assert check("format", labels).chosen.fits is True


def test_without_dataset_or_estimate_it_is_unknown():
    assert check("format", None).chosen.fits is None
    found = check_approach(project(), shape(), {}, None)
    assert found.chosen.fits is None
    assert any("tuneworthy train plan" in text for text in found.missing)


def test_data_that_fit_another_row_are_told():
    calls = check("format", shape(calls=1_500, commonest_shape="JSON object"))
    assert any("goal: tool_calling" in note for note in calls.notes)
    labels = check("knowledge", shape(distinct_targets=12))
    assert any("goal: format" in note for note in labels.notes)
    many = check("format", shape(rows=2_500))
    assert any("more seldom help" in note for note in many.notes)


@given(st.sampled_from(get_args(Goal)), st.integers(0, 20_000))
def test_the_amount_holds_exactly_from_the_minimum_on(goal, count):
    found = check(goal, shape(rows=count, pairs=count, documents=count)).chosen
    amount = next(item for item in found.requirements if item.id == "amount")
    assert amount.held == (count >= found.minimum)
    assert (f"below {HARD_FLOOR}" in amount.found) == (count < HARD_FLOOR)


# -- K24 --------------------


@pytest.mark.parametrize("goal", get_args(Goal))
def test_k24_the_knowledge_branch_is_asked_for_a_knowledge_goal_only(goal):
    asked = check(goal, shape(), I2=False)
    assert asked.knowledge_branch == ("asked" if goal == "knowledge" else "not asked")
    told = any("may not help" in note for note in asked.notes)
    assert told == (goal == "knowledge")


def test_k24_changing_facts_go_to_retrieval():
    for goal in ("knowledge", "persona"):
        found = check(goal, shape(), I2=True, A1=True)
        assert any("facts that change into retrieval" in note for note in found.notes)
    assert not any("retrieval" in note for note in check("persona", shape(), A1=True).notes)


def test_k24_missing_knowledge_needs_the_floor():
    found = check("knowledge", shape(rows=60), I2=True)
    assert any("60 examples are below 100" in note for note in found.notes)


# -- the shape --------------------


def example(target: str, *, ask: str = "r", tools: tuple[Any, ...] = (), row: int = 0) -> Example:
    asked = (Message(role="user", content=ask),) if ask else ()
    return Example(
        id=f"{row}",
        messages=(*asked, Message(role="assistant", content=target)),
        tools=tools,
        provenance=Provenance(source="s", row=row),
    )


def test_kinds_are_counted():
    found = shape_of(
        [
            example(CALL, tools=({"name": "f"},)),
            example(CALL),
            example('{"name": "f"}'),
            example("Once upon a time", ask=""),
            example("yes"),
        ]
    )
    assert (found.rows, found.with_tools, found.calls, found.documents) == (5, 1, 2, 1)
    assert (found.short_targets, found.distinct_targets) == (1, 4)
    assert (found.commonest_shape, found.shape_share) == ("JSON object", 0.6)


@given(st.lists(st.text(max_size=40) | st.just(CALL), max_size=20))
def test_any_targets_have_a_shape(targets):
    found = shape_of([example(target) for target in targets])
    assert found.rows == len(targets)
    assert 0 <= found.shape_share <= 1
    assert found.calls == sum(target == CALL for target in targets)
