"""Planting: the other rows stay, in their order, and the same key plants the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.examine import table_of
from tuneworthy.data.plant import SOURCE, plant
from tuneworthy.methods.canaries import find_canaries

KEY = b"sixteen bytes of key"


def rows(count: int) -> list[Example]:
    return [
        Example(
            id=f"r{n}",
            messages=(Message(role="user", content="q"), Message(role="assistant", content="a")),
            provenance=Provenance(source="s", row=n),
        )
        for n in range(count)
    ]


@given(st.integers(0, 40), st.integers(0, 15), st.binary(min_size=16, max_size=20))
def test_the_rows_stay_in_their_order_and_every_canary_is_there(
    size: int, count: int, key: bytes
) -> None:
    table = table_of(rows(size))
    train = np.arange(size)[::-1]  # the order of the part, not of the table
    planted = plant(table, train, "v", count, key)
    ids = planted.table.take(planted.train).values("id")
    assert [one for one in ids if one.startswith("r")] == [f"r{n}" for n in train]
    assert len(ids) == size + count == len(set(ids))
    digests = {one.digest for one in planted.canaries}
    told = [
        digest
        for example in planted.table.examples(planted.train)
        if example.provenance.source == SOURCE
        for digest in find_canaries(example.target, digests)
    ]
    assert sorted(told) == sorted(digests)
    again = plant(table, train, "v", count, key)
    assert again.table.take(again.train).values("id") == ids
    if count:
        assert plant(table, train, "other", count, key).canaries != planted.canaries


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        plant(table_of(rows(1)), np.arange(1), "v", 1, b"short")
