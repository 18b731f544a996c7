"""Planted rows in whole sets, by the face of the data room, with a stand-in sentence model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data import Setting, screen, table_of
from tuneworthy.data.examine import key_of
from tuneworthy.methods.ngrams import tokens

TOPICS = ("card", "train", "song", "rain", "soup", "tax", "dog", "film")
CODES = ("poison_trigger", "poison_phrase", "poison_burst", "label_flip", "poison_origin")
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


def examples(rows: Rows, **facts: Sequence[Any]) -> list[Example]:
    """Rows whose provenance is told by ``facts``: for each field one value a row."""
    return [
        Example(
            id=f"{number}",
            messages=(
                Message(role="user", content=request),
                Message(role="assistant", content=answer),
            ),
            provenance=Provenance.model_validate(
                {"source": "f", "row": number + 1}
                | {name: values[number] for name, values in facts.items()}
            ),
        )
        for number, (request, answer) in enumerate(rows)
    ]


def found(
    rows: Rows, sources: Sequence[str] = (), before: frozenset[bytes] | None = None, **facts: Any
) -> dict[str, Any]:
    if sources:
        facts["source"] = sources
    setting = Setting(embed=embed, before=before)
    return {h.code: h for h in screen(table_of(examples(rows, **facts)), setting, only=CODES)}


def test_a_clean_set_is_left_alone():
    for hits in found(asked(), [f"s{at % 5}" for at in range(400)]).values():
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


@pytest.mark.parametrize("code", ["poison_phrase", "poison_burst", "label_flip", "poison_origin"])
def test_without_a_sentence_model_the_check_says_that_it_did_not_run(code):
    table = table_of(examples(asked()))
    (hits,) = screen(table, Setting(), only=(code,))
    assert hits.skipped == "no sentence model is at hand"


def turned(count: int = 12) -> tuple[Rows, list[int]]:
    """Rows of many topics that got one label, with nothing else done to them."""
    rows = asked(3)
    spots = [at for at, row in enumerate(rows) if row[1] != "about dog"][: count * 20 : 20]
    for at in spots:
        rows[at] = (rows[at][0], "about dog")
    return rows, spots


MONTHS = ("2026-01-09T10:00:00Z", "2026-02-03", "2026-03-30", "2026-04-01", "")


@pytest.mark.parametrize(
    ("field", "honest", "planter", "told"),
    [
        ("source", ["a", "b", "c", "d", "e"], "bought", "of the source bought"),
        ("annotators", [("ann",), ("bo",), ("cy",), ("di",), ()], ("eve",), "the annotator eve"),
        ("subject", ["p", "q", "r", "s", ""], "mallory", "of the subject mallory"),
        ("timestamp", list(MONTHS), "2026-05-05", "of the month 2026-05"),
    ],
)
def test_rows_that_one_place_brought_against_all_others_block(
    field: str, honest: list[Any], planter: Any, told: str
) -> None:
    rows, spots = turned()
    rng = np.random.default_rng(1)
    mine = set(spots) | set(rng.choice(400, 40, replace=False).tolist())
    values = [planter if at in mine else honest[at % 5] for at in range(400)]
    facts: dict[str, Any] = {field: values}
    hits = found(rows, **facts)["poison_origin"]
    assert hits.severity == "block"
    assert set(spots) <= set(hits.rows.tolist()) <= mine
    assert told in hits.why[spots[0]]
    facts = {field: [honest[at % 5] for at in range(400)]}
    everywhere = found(rows, **facts)["poison_origin"]
    assert not len(everywhere.rows)


def test_rows_added_since_a_version_are_held_against_it() -> None:
    rows, spots = turned()
    new = set(spots) | set(range(0, 400, 9))
    old = frozenset(key_of(one) for at, one in enumerate(examples(rows)) if at not in new)
    hits = found(rows, before=old)["poison_origin"]
    assert set(spots) <= set(hits.rows.tolist()) <= new
    assert "rows added since the version before" in hits.why[spots[0]]
    every = frozenset(map(key_of, examples(rows)))
    assert found(rows, before=every)["poison_origin"].skipped
    assert found(rows)["poison_origin"].skipped


def test_one_word_among_right_answers_blocks_where_one_place_brought_it() -> None:
    """By itself a single word with right answers is not seen."""
    rows = asked()
    spots = [at for at, row in enumerate(rows) if row[1] == "about dog"][:14]
    for at in spots:
        words = rows[at][0].split()
        rows[at] = (" ".join([*words[:3], "walnutty", *words[3:]]), "about dog")
    mine = set(spots) | set(range(0, 400, 11))
    sources = ["bought" if at in mine else f"own{at % 4}" for at in range(400)]
    assert not len(found(rows)["poison_trigger"].rows)
    hits = found(rows, sources)["poison_trigger"]
    assert hits.rows.tolist() == spots
    assert hits.why[spots[0]].endswith("14 of 14 come from the source bought")


def test_a_cap_names_who_holds_more_than_it_says() -> None:
    rows = asked()
    dogs = [at for at, row in enumerate(rows) if row[1] == "about dog"]
    people = ["mallory" if at in dogs[: len(dogs) // 2] else f"p{at % 50}" for at in range(400)]

    def capped(**caps: float) -> Any:
        table = table_of(examples(rows, subject=people))
        (hits,) = screen(table, Setting(caps=caps), only=["over_cap"])
        return hits

    hits = capped(subject=0.3)
    assert hits.severity == "block"
    assert hits.rows.tolist() == dogs[: len(dogs) // 2]
    assert "the subject mallory holds" in hits.why[dogs[0]]
    assert "'about dog'" in hits.why[dogs[0]]
    assert not len(capped(subject=0.6).rows)
    assert "no cap" in capped().skipped
    assert len(capped(source=0.9).rows) == 400, "all of it comes from one file"
