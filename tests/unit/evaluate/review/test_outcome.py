"""What judgements come to, by hand and by property."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.evaluate.review.test_blindness import review
from tuneworthy.core.nouns.judging import Criterion
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import Looked, ReviewItem
from tuneworthy.core.nouns.review_result import PairsResult, RatingsResult
from tuneworthy.evaluate.review import (
    candidate_left,
    pairs_result,
    ratings_result,
    run_of_slot,
    spoken,
)
from tuneworthy.evaluate.review.pairs import most_said, unit_scores
from tuneworthy.methods.paired import mcnemar

KEY = bytes(range(32))
CRITERIA = (
    Criterion(name="clarity", asks="Clear?", anchors={1: "no", 5: "yes"}),
    Criterion(name="tone", asks="Kind?", anchors={1: "no", 3: "yes"}),
)


def items(count: int, group: int = 0) -> list[ReviewItem]:
    return [
        ReviewItem(id=str(n), case=f"c{n}", request="q", texts=("a", "b"),
                   group=f"g{n // group}" if group else "")
        for n in range(count)
    ]  # fmt: skip


def said(item: str, person: str, value: str | None, number: int, replaces: str = "") -> Annotation:
    return Annotation(id=str(number), queue="review:r", item=item, person=person, value=value,
                      guide="c", replaces=replaces, created_at="now")  # fmt: skip


def verdict(item: str, person: str, side: str) -> str:
    """What the person types to choose this side."""
    if side not in ("candidate", "baseline"):
        return side
    return "left" if (side == "candidate") == candidate_left(KEY, item, person) else "right"


def judged(sides: Sequence[str], raters: int = 1, **more: object) -> PairsResult:
    rows = [
        said(str(n), person, verdict(str(n), person, side), n * 10 + k)
        for n, side in enumerate(sides)
        for k, person in enumerate(("ana", "bo", "cy")[:raters])
    ]
    made = review(KEY, raters=raters, items=len(sides), cases=len(sides), **more)
    return pairs_result(made, items(len(sides)), rows, KEY)


sides = st.lists(
    st.sampled_from(["candidate", "baseline", "tie", "both_bad"]), min_size=1, max_size=60
)


@settings(max_examples=40)
@given(sides)
def test_the_win_rate_counts_ties_half_and_the_test_leaves_them_out(given_: list[str]) -> None:
    found = judged(given_)
    won, lost = given_.count("candidate"), given_.count("baseline")
    ties = len(given_) - won - lost
    assert found.win_judged.value == pytest.approx((won + ties / 2) / len(given_))
    assert found.win == found.win_judged
    assert found.win.low <= found.win.value <= found.win.high
    assert (found.basis, found.n) == ("as planned", len(given_))
    assert found.p_value == pytest.approx(mcnemar(won, lost))
    assert {s: given_.count(s) for s in found.sides} == found.sides


@settings(max_examples=30)
@given(sides)
def test_turning_all_verdicts_turns_the_result(given_: list[str]) -> None:
    other = {"candidate": "baseline", "baseline": "candidate"}
    one, turned = judged(given_), judged([other.get(side, side) for side in given_])
    assert turned.win.value == pytest.approx(1 - one.win.value)
    assert (turned.win.low, turned.win.high) == pytest.approx((1 - one.win.high, 1 - one.win.low))
    assert turned.p_value == pytest.approx(one.p_value)


def test_equal_answers_draw_the_rate_to_one_half() -> None:
    found = judged(["candidate"] * 40, equal=10)
    whole = pairs_result(
        review(KEY, raters=1, items=40, cases=50, equal=10), items(40),
        [said(str(n), "ana", verdict(str(n), "ana", "candidate"), n) for n in range(40)], KEY,
    )  # fmt: skip
    assert found.win_judged == whole.win_judged
    assert whole.win.value == pytest.approx(0.9)
    assert whole.verdict == "clearly better"


def test_what_was_looked_at_keeps_the_bounds_of_any_look() -> None:
    looked = (Looked(person="fa", what="result", at="now"),)
    mixed = ["candidate", "baseline", "candidate", "candidate"] * 10
    plain, wide = judged(mixed), judged(mixed, looked=looked)
    assert (plain.basis, wide.basis) == ("as planned", "at any look")
    assert wide.win.low < plain.win.low
    assert wide.p_value == wide.sequential.p_value > plain.p_value
    key = judged(mixed, looked=(Looked(person="fa", what="key", at="now"),))
    assert key.basis == "as planned"


def test_a_pair_is_what_most_people_said_else_a_tie() -> None:
    assert most_said(["candidate", "candidate", "baseline"]) == "candidate"
    assert most_said(["candidate", "baseline"]) == "tie"
    assert most_said(["both_bad", "both_bad", "tie"]) == "both_bad"


def test_people_who_agree_have_alpha_one_whatever_side_they_saw() -> None:
    found = judged(["candidate", "baseline", "tie", "both_bad"] * 5, raters=3)
    assert found.agreement.value == pytest.approx(1.0)
    assert [r.same for r in found.raters] == [1.0, 1.0, 1.0]


def test_unfinished_pairs_do_not_count_and_newer_words_replace() -> None:
    rows = [
        said("0", "ana", "left", 1),
        said("0", "bo", "left", 2),
        said("1", "ana", "tie", 3),
        said("0", "ana", "right", 4, replaces="1"),
        said("2", "ana", None, 5),
    ]
    heard = spoken(rows, 2)
    assert heard.finished == ["0"]
    assert heard.said["0"] == {"ana": "right", "bo": "left"}
    assert heard.skipped == {"ana": 1}
    assert spoken([*rows, said("0", "bo", None, 6, replaces="2")], 2).finished == []


def test_a_group_is_one_unit_of_the_running_test() -> None:
    rows = items(6, group=3)
    whole = {str(n): "candidate" for n in range(6)} | {"1": "tie"}
    assert unit_scores(rows, rows[:5], whole) == [pytest.approx((1 + 0.5 + 1) / 3)]  # type: ignore[arg-type]
    assert len(unit_scores(rows, rows, whole)) == 2  # type: ignore[arg-type]


def test_nothing_said_yet_says_nothing() -> None:
    found = pairs_result(review(KEY, items=5, cases=5), items(5), [], KEY)
    assert (found.n, found.verdict, found.p_value) == (0, "too few cases", 1.0)
    assert (found.win.low, found.win.high) == (0.0, 1.0)
    assert found.agreement.value is None
    made = review(KEY, task="ratings", criteria=CRITERIA, items=5, baseline="")
    empty = ratings_result(made, items(5), [], KEY)
    assert (empty.n, empty.criteria[0].mean.low, empty.criteria[0].mean.high) == (0, 1.0, 5.0)


def rated(
    scores: Sequence[tuple[int, int]], two: bool, people: Sequence[str] = ("ana",)
) -> RatingsResult:
    """Clarity of the candidate and the baseline on each case; tone is 2 throughout."""
    things: list[ReviewItem] = []
    rows: list[Annotation] = []
    for n, pair in enumerate(scores):
        for slot in (0, 1) if two else (0,):
            one = ReviewItem(id=f"{n}-{slot}", case=f"c{n}", request="q", texts=("a",), slot=slot,
                             segment="ab"[n % 2])  # fmt: skip
            things.append(one)
            whose = run_of_slot(KEY, one.case, slot) if two else 1
            clarity = pair[0] if whose == 1 else pair[1]
            value = json.dumps({"clarity": clarity, "tone": 2})
            rows += [said(one.id, person, value, len(rows) + k) for k, person in enumerate(people)]
    made = review(KEY, task="ratings", criteria=CRITERIA, items=len(things), raters=len(people),
                  baseline="x" if two else "")  # fmt: skip
    return ratings_result(made, things, rows, KEY)


def test_a_mean_and_an_interval_for_every_criterion() -> None:
    found = rated([(n % 5 + 1, 1) for n in range(40)], two=False, people=("ana", "bo"))
    clarity, tone = found.criteria
    assert clarity.mean.value == pytest.approx(3.0)
    assert 1 <= clarity.mean.low < 3 < clarity.mean.high <= 5
    assert tone.mean.value == pytest.approx(2.0)
    assert clarity.agreement.value == pytest.approx(1.0)
    assert tone.agreement.value is None, "where all say the same, alpha says nothing"
    assert set(clarity.segments) == {"a", "b"}
    assert found.score.value == pytest.approx((0.5 + 0.5) / 2)
    assert clarity.delta is None


def test_two_runs_in_one_queue_are_told_apart_by_the_key_alone() -> None:
    found = rated([(5, n % 3 + 1) for n in range(40)], two=True)
    clarity, tone = found.criteria
    assert clarity.mean.value == 5
    assert clarity.baseline is not None
    assert clarity.baseline.value == pytest.approx(sum(n % 3 + 1 for n in range(40)) / 40)
    assert clarity.delta is not None
    assert clarity.delta.value == pytest.approx(5 - clarity.baseline.value)
    assert (clarity.verdict, tone.verdict) == ("clearly better", "within noise")
    assert tone.p_holm == 1.0
    assert (found.n, found.items) == (80, 80)
