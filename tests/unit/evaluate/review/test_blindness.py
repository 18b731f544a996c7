"""Nothing that a rater sees, or that is kept outside the key, tells which run is which."""

import json
import math
import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.review import HandedPair, Review
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.errors import Answered, AnsweredRun
from tuneworthy.evaluate.review import (
    candidate_first,
    candidate_left,
    draw_answers,
    draw_pairs,
    run_of_slot,
    side_of,
)
from tuneworthy.lifecycle.reviewing import as_handed
from tuneworthy.methods.canonical import digest_bytes

KEYS = 600
FAR = 5 / math.sqrt(4 * KEYS)
"""Five standard errors of a share of one half."""

texts = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())


def keys(count: int = KEYS) -> list[bytes]:
    rng = random.Random(11)  # noqa: S311 - a test's own keys
    return [rng.randbytes(32) for _ in range(count)]


def answers(name: str, outputs: Sequence[str]) -> AnsweredRun:
    rows = [
        Answered(Case(id=f"c{n}", request=f"q{n}", expected="", segment="ab"[n % 2]), text, 1.0)
        for n, text in enumerate(outputs)
    ]
    return AnsweredRun(name, tuple(rows))


def review(key: bytes, **more: object) -> Review:
    facts = {
        "id": "r", "project": "p", "task": "pairs", "question": "?", "baseline": "x",
        "candidate": "y", "baseline_name": "old", "candidate_name": "new", "subject": "y",
        "suite": "", "content": "c", "items": 1, "cases": 1, "raters": 1, "gain": 0.2,
        "alpha": 0.05, "needed": 30, "seed": 7, "lease_minutes": 30, "created_by": "fa",
        "key_digest": digest_bytes(key), "created_at": "now", **more,
    }  # fmt: skip
    return Review.model_validate(facts)


def seen(
    baseline: AnsweredRun, candidate: AnsweredRun, key: bytes, person: str
) -> list[HandedPair]:
    drawn = draw_pairs(baseline, candidate, 99, key=key, seed=7)
    made = [as_handed(review(key), item, key, person, "then") for item in drawn.items]
    return [one for one in made if isinstance(one, HandedPair)]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=6), st.binary(min_size=32, max_size=32)
)
def test_exchanging_the_runs_changes_nothing_but_the_places(
    pairs: list[tuple[str, str]], key: bytes
) -> None:
    """Under one key: the same items in the same order with the same two answers and sizes."""
    pairs = [(f"{one}1", f"{other}2") for one, other in pairs]
    runs = answers("old", [a for a, _ in pairs]), answers("new", [b for _, b in pairs])
    one, other = seen(*runs, key, "ana"), seen(*runs[::-1], key, "ana")
    assert [o.item for o in one] == [o.item for o in other]
    for here, there in zip(one, other, strict=True):
        assert {here.left, here.right} == {there.left, there.right}
        assert len(here.model_dump_json()) == len(there.model_dump_json())
        assert here.model_copy(update={"left": "", "right": ""}) == there.model_copy(
            update={"left": "", "right": ""}
        )


def test_over_keys_a_runs_answer_stands_left_as_often_as_right() -> None:
    """The bytes that a person sees have the same distribution whichever run is the candidate."""
    runs = answers("old", ["poor"]), answers("new", ["fine"])
    left = dict.fromkeys((False, True), 0)
    for key in keys():
        for swapped in left:
            (one,) = seen(*(runs[::-1] if swapped else runs), key, "ana")
            left[swapped] += one.left == "fine"
    for count in left.values():
        assert abs(count / KEYS - 0.5) < FAR


def test_no_id_no_other_item_and_no_other_persons_view_tells_a_side() -> None:
    alike = {"other person": 0, "other item": 0, "kept order": 0, "odd id": 0, "first place": 0}
    runs = answers("old", [f"poor {n}" for n in range(5)]), answers("new", list("abcde"))
    for key in keys():
        drawn = draw_pairs(*runs, 99, key=key, seed=7).items
        ana = candidate_left(key, "1", "ana")
        alike["other person"] += ana == candidate_left(key, "1", "bo")
        alike["other item"] += ana == candidate_left(key, "2", "ana")
        alike["kept order"] += candidate_first(key, drawn[0].case)
        alike["odd id"] += ana == candidate_left(key, "3", "bo")
        alike["first place"] += drawn[0].texts[0].startswith("poor") == ana
    for what, count in alike.items():
        assert abs(count / KEYS - 0.5) < FAR, what


def test_what_is_kept_is_shuffled_anew_by_every_key() -> None:
    runs = answers("old", [f"poor {n}" for n in range(5)]), answers("new", list("abcde"))
    orders = {
        tuple(item.case for item in draw_pairs(*runs, 99, key=key, seed=7).items)
        for key in keys(100)
    }
    assert len(orders) > 50


@given(st.binary(min_size=32, max_size=32), texts, texts)
def test_a_side_is_read_back_as_it_was_shown(key: bytes, poor: str, fine: str) -> None:
    runs = answers("old", [f"{poor}1"]), answers("new", [f"{fine}2"])
    (one,) = seen(*runs, key, "ana")
    said = "left" if one.left.endswith("2") else "right"
    left = candidate_left(key, one.item, "ana")
    assert side_of("left" if said == "left" else "right", candidate_is_left=left) == "candidate"
    assert side_of("both_bad", candidate_is_left=left) == "both_bad"


@given(st.binary(min_size=32, max_size=32))
def test_a_rated_answer_says_nothing_of_its_run(key: bytes) -> None:
    runs = answers("old", ["poor a", "poor b"]), answers("new", ["fine a", "fine b"])
    drawn = draw_answers(runs, 99, key=key, seed=7).items
    assert len(drawn) == 4
    for item in drawn:
        whose = run_of_slot(key, item.case, item.slot)
        assert item.texts[0].startswith(("poor", "fine")[whose])
        shown = json.loads(
            as_handed(review(key, task="ratings"), item, key, "x", "").model_dump_json()
        )
        assert set(shown) == {
            "review", "item", "question", "request", "reference", "answer", "criteria", "until"
        }  # fmt: skip


def test_over_keys_a_slot_is_either_run_as_often() -> None:
    first = sum(run_of_slot(key, "c0", 0) for key in keys())
    assert abs(first / KEYS - 0.5) < FAR
