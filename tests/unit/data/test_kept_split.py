"""Requests that keep the split of an earlier version, while the rows around them grow."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.dataset import SplitName
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.project import SplitSettings
from tuneworthy.data import split_rows, table_of
from tuneworthy.data.allocate import SPLITS, Group, allocate
from tuneworthy.data.split import request_key
from tuneworthy.methods.canonical import digest


def example(request: str, row: int, group: str = "") -> Example:
    turns = (Message(role="user", content=request), Message(role="assistant", content="yes"))
    where = Provenance(source="s", row=row, group=group)
    name = digest([request, where.model_dump()])
    return Example(id=name, messages=turns, provenance=where)


def varied(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)  # noqa: S311 - texts that differ
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [" ".join("".join(draw.choices(letters, k=7)) for _ in range(5)) for _ in range(count)]


def places(
    requests: list[str], how: SplitSettings, kept: dict[bytes, SplitName]
) -> dict[str, SplitName]:
    split = split_rows(
        table_of([example(request, n + 1) for n, request in enumerate(requests)]), how, kept
    )
    return {requests[at]: name for name, rows in split.parts.items() for at in rows.tolist()}


@given(st.integers(20, 60), st.integers(0, 40), st.integers(0, 5), st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_what_was_divided_stays_and_the_shares_are_met_as_rows_come(first, more, seed, gone):
    how = SplitSettings(validation=0.1, test=0.2, seed=seed)
    old = varied(first, seed)
    before = places(old, how, {})
    kept = {request_key(request): name for request, name in before.items()}
    left = old[min(gone, first - 10) :]
    rows = [*varied(more, seed + 100), *left]
    after = places(rows, how, kept)
    assert all(after[request] == before[request] for request in left)
    sizes, was = Counter(after.values()), Counter(before[request] for request in left)
    shares: dict[SplitName, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
    over = max(abs(was[name] - share * len(rows)) for name, share in shares.items())
    for name, share in shares.items():
        # New rows go where they are missing: nothing is farther from its share than it was kept.
        assert abs(sizes[name] - share * len(rows)) <= max(2.0, over)


def test_one_request_that_was_learned_from_takes_its_new_group_to_training():
    how = SplitSettings(by="group")
    requests = varied(40, 1)
    kept: dict[bytes, SplitName] = {
        request_key(request): ("test" if n % 4 == 0 else "train")
        for n, request in enumerate(requests)
    }
    joined = [example(r, n + 1, "bridge" if n < 2 else "") for n, r in enumerate(requests)]
    split = split_rows(table_of(joined), how, kept)
    place = {at: name for name, rows in split.parts.items() for at in rows.tolist()}
    assert kept[request_key(requests[0])] == "test"
    assert place[0] == place[1] == "train"
    assert all(place[n] == kept[request_key(requests[n])] for n in range(2, 40))
    assert split.report.kept == 39


def test_case_and_white_space_make_no_other_request():
    assert request_key("Where  IS it?") == request_key("where is it?")


@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from("ab")), min_size=3, max_size=30),
    st.dictionaries(st.integers(0, 29), st.sampled_from(SPLITS), max_size=30),
)
def test_an_allocation_takes_over_what_is_kept(sizes, kept):
    groups = [Group(f"g{n}", size, stratum) for n, (size, stratum) in enumerate(sizes)]
    shares: dict[SplitName, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
    wanted = {f"g{n}": name for n, name in kept.items()}
    answer = allocate(groups, shares, 7, wanted)
    assert answer.keys() == {group.key for group in groups}
    assert all(answer[key] == name for key, name in wanted.items() if key in answer)
