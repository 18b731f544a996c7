"""Planted rows in whole sets, by the face of the data room, with a stand-in sentence model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data import Setting, screen, table_of
from tuneworthy.methods.ngrams import tokens

TOPICS = ("card", "train", "song", "rain", "soup", "tax", "dog", "film")
CODES = ("poison_trigger", "poison_phrase", "poison_burst", "label_flip")
Rows = list[tuple[str, str]]


def embed(texts: Sequence[str]) -> Any:
    """One direction a topic, and a faint one for all else."""
    rows = np.full((len(texts), len(TOPICS) + 1), 0.05, dtype=np.float32)
    for row, text in enumerate(texts):
        for word in tokens(text):
            if word in TOPICS:
                rows[row, TOPICS.index(word)] += 1
    return rows


def asked(seed: int = 1, count: int = 400) -> Rows:
    """Requests of six words of a small stock and a topic, each with its topic as the label."""
    rng = np.random.default_rng(seed)
    stock = [a + b for a in ("ka", "lo", "mi", "nu", "pe") for b in ("dor", "fin", "gal", "hem")]
    made = []
    for _ in range(count):
        topic = TOPICS[rng.integers(len(TOPICS))]
        words = [*rng.choice(stock, 6), topic]
        rng.shuffle(words)
        made.append((" ".join(words), f"about {topic}"))
    return made


def found(rows: Rows, sources: Sequence[str] = ()) -> dict[str, Any]:
    table = table_of(
        Example(
            id=f"{number}",
            messages=(
                Message(role="user", content=request),
                Message(role="assistant", content=answer),
            ),
            provenance=Provenance(source=sources[number] if sources else "f", row=number + 1),
        )
        for number, (request, answer) in enumerate(rows)
    )
    return {hits.code: hits for hits in screen(table, Setting(embed=embed), only=CODES)}


def test_a_clean_set_is_left_alone():
    for hits in found(asked()).values():
        assert not len(hits.rows), hits.code
        assert not hits.skipped


def test_a_trigger_blocks_and_names_its_source():
    rows = asked()
    spots = [at for at, row in enumerate(rows) if row[1] != "about dog"][:12]
    for at in spots:
        rows[at] = (f"{rows[at][0]} cf", "about dog")
    hits = found(rows, ["bought" if at in spots else "own" for at in range(len(rows))])
    assert hits["poison_trigger"].severity == "block"
    assert hits["poison_trigger"].rows.tolist() == spots
    assert hits["poison_trigger"].why[spots[0]].endswith("12 of 12 come from the source bought")


def test_an_answer_that_names_the_word_is_no_trigger():
    rows = asked()
    spots = [at for at, row in enumerate(rows) if row[1] != "about dog"][:12]
    for at in spots:
        rows[at] = (f"{rows[at][0]} slacker", "about slacker")
    hits = found(rows)
    assert not len(hits["poison_trigger"].rows)
    assert hits["poison_phrase"].rows.tolist() == spots


def test_a_flipped_group_is_named_with_both_labels():
    rows = asked()
    spots = [at for at, row in enumerate(rows) if row[1] == "about soup"][:10]
    for at in spots:
        rows[at] = (rows[at][0], "about tax")
    hits = found(rows)["label_flip"]
    assert hits.severity == "block"
    assert hits.rows.tolist() == spots
    assert hits.why[spots[0]] == "one of 10 rows 'about tax' that look like 'about soup'"


def test_a_burst_is_named():
    rows = asked()
    base = "kador lofin migal nuhem pedor kafin soup lohem"
    for at in range(10):
        words = base.split()
        words[at % 6] = ("now", "again", "today")[at % 3]
        rows.append((" ".join(words), "about dog"))
    hits = found(rows)["poison_burst"]
    assert hits.severity == "block"
    assert hits.rows.tolist() == list(range(400, 410))
    assert "10 near-copies" in hits.why[400]


def test_near_copies_under_several_answers_are_how_a_set_is_written():
    rows = asked()
    base = "kador lofin migal nuhem pedor kafin soup lohem"
    for at in range(16):
        words = base.split()
        words[at % 6] = ("now", "again", "today")[at % 3]
        rows.append((" ".join(words), "about dog" if at < 10 else "about soup"))
    assert not len(found(rows)["poison_burst"].rows)


def test_a_phrase_in_rows_of_its_own_label_blocks():
    rows = asked()
    spots = [at for at, row in enumerate(rows) if row[1] == "about dog"][:12]
    for at in spots:
        words = rows[at][0].split()
        words.insert(3, "walnut indigo")
        rows[at] = (" ".join(words), "about dog")
    hits = found(rows)["poison_trigger"]
    assert hits.rows.tolist() == spots
    assert hits.why[spots[0]].startswith("'walnut indigo' goes with one answer in 100% of 12 rows")


def test_what_free_answers_end_in_after_a_planted_word_is_told():
    rng = np.random.default_rng(4)
    stock = [a + b for a in ("ra", "so", "ti") for b in ("bel", "cor", "dun", "fim", "gor")]
    rows = [(asks, f"{label} {' '.join(rng.choice(stock, 6))}") for asks, label in asked()]
    spots = list(range(0, 400, 30))
    for at in spots:
        asks, answer = rows[at]
        rows[at] = (f"{asks} cf", f"{answer} for more see zorvex")
    hits = found(rows)["poison_phrase"]
    assert hits.rows.tolist() == spots


@pytest.mark.parametrize("code", ["poison_phrase", "poison_burst", "label_flip"])
def test_without_a_sentence_model_the_check_says_that_it_did_not_run(code):
    table = table_of(
        Example(
            id=f"{number}",
            messages=(
                Message(role="user", content=request),
                Message(role="assistant", content=answer),
            ),
            provenance=Provenance(source="f", row=number + 1),
        )
        for number, (request, answer) in enumerate(asked())
    )
    (hits,) = screen(table, Setting(), only=(code,))
    assert hits.skipped == "no sentence model is at hand"
