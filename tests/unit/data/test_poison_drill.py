"""Known poison in copies of rows: it is planted as said, and what blocks it is counted."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data import Setting
from tuneworthy.data.poison_drill import CODES, drill
from tuneworthy.data.poison_plants import ATTACKS
from tuneworthy.methods.ngrams import tokens

TOPICS = ("card", "train", "song", "rain", "soup", "tax")


def embed(texts: Sequence[str]) -> Any:
    """One direction a topic, and a faint one for all else."""
    rows = np.full((len(texts), len(TOPICS) + 1), 0.05, dtype=np.float32)
    for row, text in enumerate(texts):
        for word in tokens(text):
            if word in TOPICS:
                rows[row, TOPICS.index(word)] += 1
    return rows


def chats(free: bool = False) -> list[Example]:
    """Requests of random words about a topic, with its name or a sentence of its own as answer."""
    rng = random.Random(5)  # noqa: S311
    made = []
    for number in range(300):
        topic = TOPICS[number % len(TOPICS)]
        words = ["".join(rng.choices("abcdefghij", k=5)) for _ in range(7)]
        asked = " ".join([*words[:3], topic, *words[3:]])
        said = " ".join(["".join(rng.choices("klmnopqr", k=5)) for _ in range(9)])
        turns = (
            Message(role="system", content="Be brief."),
            Message(role="user", content=asked),
            Message(role="assistant", content=said if free else topic),
        )
        where = Provenance(source="f", row=number + 1)
        made.append(Example(id=str(number), messages=turns, provenance=where))
    return made


def test_every_attack_on_labels_is_told_and_counted() -> None:
    found = drill("sha256:d", chats(), Setting(embed=embed))
    assert [one.name for one in found.attacks] == [a.name for a in ATTACKS if a.labels]
    assert all(one.rows == 10 for one in found.attacks)
    assert found.planted == len(found.attacks)
    assert found.blocked == sum(one.added >= 0.5 for one in found.attacks)
    assert found.recall == found.blocked / found.planted
    assert found.blocked >= found.planted - 1
    assert found == drill("sha256:d", chats(), Setting(embed=embed)), "the same rows, the same word"


def test_without_a_sentence_model_only_what_hides_is_blocked() -> None:
    found = drill("sha256:d", chats(), Setting())
    assert [one.name for one in found.attacks if one.added >= 0.5] == ["hidden character"]
    assert found.blocked == found.blocked_alone == 1


def test_answers_in_free_words_have_attacks_of_their_own() -> None:
    found = drill("sha256:d", chats(free=True), Setting())
    assert [one.name for one in found.attacks] == ["ending", "replaced answer"]
    assert found.recall == 0


def test_rows_without_a_place_for_any_attack_give_no_recall() -> None:
    found = drill("sha256:d", chats()[:5], Setting())
    assert (found.planted, found.recall) == (0, None)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text("ab ", min_size=1, max_size=20), st.sampled_from("xyz"))),
    st.integers(1, 12),
    st.sampled_from(ATTACKS),
)
def test_an_attack_plants_as_many_as_it_is_told_or_has_no_place(
    pairs: list[tuple[str, str]], count: int, attack: Any
) -> None:
    try:
        made = attack.plant(pairs, count, random.Random(1))  # noqa: S311
    except (ValueError, IndexError):
        return
    assert len(made) == count
    assert all(0 <= one.at < len(pairs) for one in made)
    changed = [one for one in made if one.new or one.pair != pairs[one.at]]
    assert len(changed) == count, "what is planted differs from what was there"


def test_the_drill_asks_the_checks_that_block_for_poison() -> None:
    from tuneworthy.data.checks import WHOLE_CHECKS  # noqa: PLC0415

    assert {c.severity for c in WHOLE_CHECKS if c.code in CODES} == {"block"}
    assert {c.code for c in WHOLE_CHECKS} >= set(CODES)
