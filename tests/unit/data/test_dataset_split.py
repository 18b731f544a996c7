from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.dataset import Fate, SplitReport
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import SplitSettings
from tuneworthy.data import measure_leakage, split_rows, table_of
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.neardup import jaccard

WORDS = [
    "river", "stone", "window", "garden", "copper", "letter",
    "morning", "silver", "candle", "bridge", "forest", "anchor",
]  # fmt: skip


def example(request: str, row: int, target: str = "yes", **provenance: str) -> Example:
    turns = (Message(role="user", content=request), Message(role="assistant", content=target))
    where = Provenance(source="s", row=row, **provenance)
    name = digest([request, target, where.model_dump()])
    return Example(id=name, messages=turns, provenance=where)


def varied(count: int) -> list[Example]:
    # Base-12 numbers in words: two of them share few enough letters to stand apart.
    def words(i: int) -> str:
        return " ".join(WORDS[(i * step + step) % 12] for step in (1, 5, 7)) + f" {i * 7919}"

    return [example(words(i), i + 1) for i in range(count)]


@dataclass
class Parts:
    parts: dict[str, list[Example]]
    report: SplitReport
    fates: list[Fate]


def split_examples(examples: Sequence[Example], how: SplitSettings) -> Parts:
    split = split_rows(table_of(examples), how)
    parts: dict[str, list[Example]] = {
        name: [examples[at] for at in rows] for name, rows in split.parts.items()
    }
    return Parts(parts, split.report, split.fates)


def names_of(split: Parts) -> dict[str, str]:
    return {e.id: name for name, rows in split.parts.items() for e in rows}


ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
        st.sampled_from(["", "g1", "g2", "g3"]),
        st.sampled_from(["", "a", "b"]),
    ),
    min_size=1,
    max_size=40,
)
SETTINGS = st.builds(
    SplitSettings,
    by=st.sampled_from(["duplicates", "group", "segment"]),
    validation=st.sampled_from([0.0, 0.1, 0.3]),
    test=st.sampled_from([0.1, 0.3, 0.6]),
    seed=st.integers(0, 5),
)


@given(ROWS, SETTINGS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_no_group_and_no_twin_crosses_and_the_order_does_not_matter(rows, how, draw):
    examples = [
        example(request, i, group=group, segment=segment)
        for i, (request, group, segment) in enumerate(rows, 1)
    ]
    try:
        split = split_examples(examples, how)
    except DataProblem:
        # One group, or so few that a split would stay empty.
        assert len(examples) < 40
        return
    names = names_of(split)
    assert len(names) == len(examples)
    assert (split.report.leakage_exact, split.report.leakage_near) == (0, 0)
    for test in split.parts["test"]:
        for train in [*split.parts["train"], *split.parts["validation"]]:
            assert jaccard(test.request, train.request) < 0.7
    if how.by != "duplicates":
        seen = defaultdict(set)
        for e in examples:
            value = getattr(e.provenance, how.by)
            if value:
                seen[value].add(names[e.id])
        assert all(len(where) == 1 for where in seen.values())
    shuffled = list(examples)
    draw.shuffle(shuffled)
    assert names_of(split_examples(shuffled, how)) == names


def test_shares_are_reached_and_the_seed_matters():
    examples = varied(300)
    first = split_examples(examples, SplitSettings(validation=0.1, test=0.2, seed=1))
    assert first.report.sizes == pytest.approx({"train": 210, "validation": 30, "test": 60}, abs=4)
    again = split_examples(examples, SplitSettings(validation=0.1, test=0.2, seed=1))
    other = split_examples(examples, SplitSettings(validation=0.1, test=0.2, seed=2))
    assert names_of(first) == names_of(again) != names_of(other)


def test_every_segment_keeps_its_share():
    examples = []
    for number, segment in enumerate(["big"] * 200 + ["small"] * 40 + ["tiny"] * 10):
        examples.append(varied(number + 1)[number].model_copy())
        where = examples[-1].provenance.model_copy(update={"segment": segment})
        examples[-1] = examples[-1].model_copy(update={"provenance": where})
    split = split_examples(examples, SplitSettings(validation=0.0, test=0.2))
    counts = Counter(e.provenance.segment for e in split.parts["test"])
    assert counts == pytest.approx({"big": 40, "small": 8, "tiny": 2}, abs=2)


def test_a_large_group_goes_to_training_and_the_shares_hold():
    examples = [*varied(100)]
    examples += [example(f"the same old question asked again {i % 3}", 200 + i) for i in range(50)]
    split = split_examples(examples, SplitSettings(validation=0.1, test=0.2))
    repeated = {names_of(split)[e.id] for e in examples[100:]}
    assert repeated == {"train"}
    assert split.report.sizes["test"] == pytest.approx(30, abs=3)
    assert split.report.groups <= 101


def test_system_turns_and_tools_do_not_make_rows_alike():
    system = Message(role="system", content="You are a careful assistant. " * 40)
    tools = ({"type": "function", "function": {"name": "f", "description": "long " * 200}},)
    examples = [
        e.model_copy(update={"messages": (system, *e.messages), "tools": tools}) for e in varied(60)
    ]
    assert split_examples(examples, SplitSettings()).report.groups > 50


def test_leakage_is_counted_exact_and_near_apart():
    train = [example("Turn on the kitchen light please", 1), example("What is the time", 2)]
    test = [
        example("turn  on the KITCHEN light please", 3),
        example("Turn on the kitchen lights please", 4),
        example("Play me a song", 5),
    ]
    table = table_of([*train, *test])
    assert measure_leakage(table, np.arange(2), np.arange(2, 5)) == (1, 1)
    assert measure_leakage(table, np.arange(0), np.arange(2, 5)) == (0, 0)


def test_a_declared_split_is_kept_and_leaking_rows_are_dropped():
    rows = varied(8)
    declared = ["train", "Training", "dev", "val", "test", "test", "", "holdout"]
    examples = [
        e.model_copy(update={"provenance": e.provenance.model_copy(update={"split": name})})
        for e, name in zip(rows, declared, strict=True)
    ]
    twin = example(rows[4].request + "!", 99, split="train")
    split = split_examples([*examples, twin], SplitSettings(by="declared"))
    assert split.report.sizes == {"train": 2, "validation": 2, "test": 2}
    assert sorted((f.row, f.code) for f in split.fates) == [
        (7, "no_split"),
        (8, "no_split"),
        (99, "leaks_test"),
    ]
    assert {f.kept for f in split.fates} == {"", "s:5"}
    assert split.report.leakage_exact + split.report.leakage_near == 0


@pytest.mark.parametrize("by", ["duplicates", "declared"])
def test_a_split_without_test_rows_is_refused(by):
    with pytest.raises(DataProblem) as caught:
        split_examples([example("one and the same", i) for i in range(9)], SplitSettings(by=by))
    assert caught.value.code == "empty_split"


def test_shares_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(DataProblem, match="nothing to train on"):
        split_examples(varied(9), SplitSettings(validation=0.5, test=0.5))


UNLIKE = ["".join(letter * 9 + f" {n}" for n in range(4)) for letter in "abcdefghijklmnopqrstu"]
"""Requests of which no two are alike."""


def at_day(day: int) -> str:
    return f"2026-{1 + day // 28:02}-{1 + day % 28:02}"


def test_by_time_the_oldest_rows_train_and_the_newest_test():
    rows = [
        one.model_copy(
            update={"provenance": one.provenance.model_copy(update={"timestamp": at_day(day)})}
        )
        for day, one in enumerate(varied(60))
    ]
    split = split_examples(rows[::-1], SplitSettings(by="time", validation=0.1, test=0.2))
    days = {
        name: sorted(one.provenance.timestamp for one in part) for name, part in split.parts.items()
    }
    assert {name: len(part) for name, part in days.items()} == {
        "train": 42, "validation": 6, "test": 12,
    }  # fmt: skip
    assert days["train"][-1] < days["validation"][0] <= days["validation"][-1] < days["test"][0]
    assert (split.report.by, split.report.leakage_exact, split.report.leakage_near) == (
        "time",
        0,
        0,
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=8, max_size=40))
def test_by_time_no_training_row_is_newer_than_a_group_held_out_and_twins_stay_together(rows):
    made = [
        example(UNLIKE[which], at, f"yes {at}", timestamp=at_day(day))
        for at, (which, day) in enumerate(rows)
    ]
    how = SplitSettings(by="time", validation=0.2, test=0.2)
    try:
        split = split_examples(made, how)
    except DataProblem as fault:
        assert fault.code == "empty_split"  # noqa: PT017 - few groups may not fill every split
        return
    newest: dict[str, str] = {}
    where: defaultdict[str, set[str]] = defaultdict(set)
    for name, part in split.parts.items():
        for one in part:
            newest[one.request] = max(newest.get(one.request, ""), one.provenance.timestamp)
            where[one.request].add(name)
    assert all(len(names) == 1 for names in where.values())
    ends = {
        name: [newest[asked] for asked, names in where.items() if name in names]
        for name in split.parts
    }
    for earlier, later in (("train", "validation"), ("validation", "test"), ("train", "test")):
        assert max(ends[earlier], default="") <= min(ends[later], default="9")


def test_by_time_rows_without_a_time_are_named():
    rows = [*varied(10), example("Quite another question", 11, timestamp="yesterday")]
    with pytest.raises(DataProblem, match=r"11 of 11 rows have no time to split by: s:1, s:2,"):
        split_rows(table_of(rows), SplitSettings(by="time"))
