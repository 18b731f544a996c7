"""Does length move a judge that rates one by one? Rules with a known sway say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.cli.judge_lines import judged_lines
from tuneworthy.core.nouns.judging import (
    AnswerScore,
    Criteria,
    JudgedAnswer,
    JudgedPair,
    JudgeIdentity,
    PairVerdict,
)
from tuneworthy.evaluate.judges import judge_bias, pairs_report, standing
from tuneworthy.evaluate.judges.length import length_shift, people_score

CRITERIA = Criteria.model_validate(
    {
        "criteria": [
            {"name": name, "asks": "Is it?", "anchors": {1: "No.", 5: "Yes."}}
            for name in ("right", "kind")
        ]
    }
)


def rated(
    sizes: list[int], people: list[tuple[int, int]], scores: list[float]
) -> tuple[list[JudgedAnswer], list[AnswerScore]]:
    answers = [
        JudgedAnswer(
            id=str(k),
            request="r",
            answer="x" * size,
            scores={"right": given[:1], "kind": given[1:]},
        )
        for k, (size, given) in enumerate(zip(sizes, people, strict=True))
    ]
    found = [
        AnswerScore(id=str(k), scores={}, score=score, readable=True)
        for k, score in enumerate(scores)
    ]
    return answers, found


def drawn(n: int, seed: int, sway: float, noise: float = 0.05) -> tuple[float, float, float]:
    """People like long answers; the judge says what people say, and ``sway`` a doubling more."""
    rng = np.random.default_rng(seed)
    sizes = [int(size) for size in np.exp2(rng.uniform(3, 8, n))]
    people = [
        (given, given) for given in (min(5, max(1, round(math.log2(s) - 3 + e)))
                                     for s, e in zip(sizes, rng.normal(size=n), strict=True))
    ]  # fmt: skip
    scores = [
        (given - 1) / 4 + sway * math.log2(size) + e
        for size, (given, _), e in zip(sizes, people, rng.normal(scale=noise, size=n), strict=True)
    ]
    shift = length_shift(*rated(sizes, people, scores), CRITERIA)
    assert (shift.answers, shift.adjusted) == (n, True)
    assert shift.doubling is not None
    return shift.doubling.value, shift.doubling.low, shift.doubling.high


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, -0.1]))
def test_a_known_sway_is_found(seed, sway):
    value, low, high = drawn(120, seed, sway)
    assert value == pytest.approx(sway, abs=0.03)
    assert low < high
    assert (low > 0, high < 0) == (sway > 0, sway < 0) or sway == 0


def test_a_fair_judge_is_called_swayed_in_five_of_a_hundred():
    found = [drawn(60, seed, 0.0) for seed in range(400)]
    assert sum(low > 0 or high < 0 for _, low, high in found) <= 32


def test_a_judge_that_says_what_people_say_is_moved_by_nothing():
    assert drawn(50, 1, 0.0, noise=0.0) == pytest.approx((0, 0, 0), abs=1e-9)


def test_what_says_nothing_is_left_out():
    answers, scores = rated([2**k for k in range(1, 9)] * 5, [(k % 5 + 1, 3) for k in range(40)],
                            [0.5] * 40)  # fmt: skip
    unread = scores[0].model_copy(update={"readable": False, "score": 0.0})
    empty = answers[1].model_copy(update={"answer": " \n"})
    shift = length_shift([answers[0], empty, *answers[2:]], [unread, *scores[1:]], CRITERIA)
    assert shift.answers == 38
    half = [a.model_copy(update={"scores": {"right": (3,)}}) for a in answers]
    assert people_score(half[0], CRITERIA) is None
    assert not length_shift(half, scores, CRITERIA).adjusted
    assert length_shift(answers[:19], scores[:19], CRITERIA).doubling is None
    same = [a.model_copy(update={"answer": "same"}) for a in answers]
    assert length_shift(same, scores, CRITERIA).doubling is None


# -- pairs of like length ------------------------------------------------------------------------


def pairs_of(sizes: list[tuple[int, int]]) -> tuple[list[JudgedPair], list[PairVerdict]]:
    pairs = [
        JudgedPair(id=str(n), request="r", a="x" * one, b="y" * other)
        for n, (one, other) in enumerate(sizes)
    ]
    said = [
        PairVerdict(id=pair.id, a_first="a", b_first="a", verdict="a", said=("A", "B"))
        for pair in pairs
    ]
    return pairs, said


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=40))
def test_pairs_of_like_length_are_counted(sizes: list[tuple[int, int]]) -> None:
    found = judge_bias(*pairs_of(sizes)).length
    alike = sum(4 * max(pair) <= 5 * min(pair) for pair in sizes)
    assert (found.read, found.alike) == (len(sizes), alike)
    assert found.untold == (bool(sizes) and 10 * alike >= 9 * len(sizes))


def test_a_bias_for_length_that_cannot_be_told_is_warned_of() -> None:
    for odd, warned in ((1, True), (3, False)):
        pairs, said = pairs_of([(100, 110)] * (20 - odd) + [(100, 300)] * odd)
        who = JudgeIdentity(name="j", model="m", prompt="p", reading="text", digest="sha256:j")
        held = standing(None, 0.6)
        lines = "\n".join(judged_lines(pairs_report(who, pairs, said, held)))
        assert ("a bias for length cannot be told. In 19 of 20 pairs" in lines) == warned
        assert ("Warning" in lines) == warned


def test_pairs_that_cannot_be_read_count_in_neither() -> None:
    pairs, said = pairs_of([(100, 100), (100, 400)])
    said[1] = said[1].model_copy(update={"verdict": "unreadable", "a_first": "unreadable"})
    found = judge_bias(pairs, said).length
    assert (found.read, found.alike, found.untold) == (1, 1, True)
