"""Judges over real HTTP whose biases are known, and answers that cannot be read."""

import hashlib
import math
from collections.abc import Callable

import pytest

from tests.fakes.endpoint import Said, endpoint
from tuneworthy.adapters import load_endpoint
from tuneworthy.core.nouns.judging import JudgedPair, PairVerdict
from tuneworthy.evaluate.judges import (
    JudgeModel,
    judge_bias,
    judge_pairs,
    pairs_agreement,
    standing,
)
from tuneworthy.evaluate.judges.reading import read_score, read_verdict
from tuneworthy.methods.kappa import cohen

PLACE, LENGTH, TRUTH = 0.7, 0.9, 1.2
"""Log odds of the fake judge: standing first, twice the length, being the better one."""


def chance(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


def sides(text: str) -> tuple[str, str]:
    first, _, rest = text.partition("# Answer A\n")[2].partition("\n\n# Answer B\n")
    return first, rest.partition("\n\nWhich answer")[0]


def biased(text: str, _before: int) -> Said:
    first, second = sides(text)
    better = 1 if "good" in first else -1
    odds = PLACE + LENGTH * math.log2(len(first) / len(second)) + TRUTH * better
    return Said(text="Verdict: A" if chance(text) < 1 / (1 + math.exp(-odds)) else "Verdict: B")


def some(n: int) -> list[JudgedPair]:
    pairs = []
    for k in range(n):
        good = f"{k} good " + "x" * int(10 + 90 * chance(f"g{k}"))
        bad = f"{k} poor " + "x" * int(10 + 90 * chance(f"p{k}"))
        a_good = k % 2 == 0
        a, b = (good, bad) if a_good else (bad, good)
        verdicts = ("a",) if a_good else ("b",)
        pairs.append(JudgedPair(id=str(k), request="r", a=a, b=b, verdicts=verdicts))
    return pairs


def judged(answer: Callable[[str, int], Said], pairs: list[JudgedPair]) -> list[PairVerdict]:
    with endpoint(answer) as served:
        client = load_endpoint(served.url, "m")
        try:
            return judge_pairs(JudgeModel(client, "j"), pairs)
        finally:
            client.close()


def test_known_biases_are_recovered():
    pairs = some(600)
    bias = judge_bias(pairs, judged(biased, pairs))
    assert bias.length.doubling is not None
    assert bias.length.adjusted
    assert bias.length.doubling.low <= math.exp(LENGTH) <= bias.length.doubling.high
    assert bias.length.doubling.low > 1
    assert bias.position.first.low > 0.5
    assert bias.position.p < 0.001


def test_a_fixed_judge_is_all_place():
    pairs = some(40)
    bias = judge_bias(pairs, found := judged(lambda *_: Said(text="Verdict: A"), pairs))
    assert bias.position.swayed == bias.position.to_first == 40
    assert bias.position.p == pytest.approx(2 / 2**40)
    assert bias.position.to_first_low == pytest.approx(0.025 ** (1 / 40))
    assert all(one.verdict == "tie" for one in found)


def test_nonsense_is_unreadable_and_opens_nothing():
    pairs = some(120)
    found = judged(lambda *_: Said(text="Both A and B are fine."), pairs)
    agreement = pairs_agreement(pairs, found)
    assert all(one.verdict == "unreadable" for one in found)
    assert agreement is not None
    assert agreement.items == 120
    assert agreement.same == 0
    assert not standing(agreement).ok


def test_a_good_judge_may_decide_only_on_enough_items():
    def right(text: str, _before: int) -> Said:
        return Said(text="Verdict: A" if "good" in sides(text)[0] else "Verdict: B")

    for n, ok in ((99, False), (100, True)):
        pairs = some(n)
        assert standing(pairs_agreement(pairs, judged(right, pairs))).ok is ok
    assert not standing(None).ok


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Verdict: A", "a"), ("**verdict:** b.", "b"), ("tie", "tie"), ("A", "a"),
        ("", "unreadable"),
        ("Verdict: A\nVerdict: B", "unreadable"), ("A is better", "unreadable"),
        ("Verdict: A or B", "unreadable"), ("Well.\nVerdict: A", "a"),
    ],
)  # fmt: skip
def test_verdicts_are_read_strictly(text, verdict):
    assert read_verdict(text) == verdict


@pytest.mark.parametrize(
    ("text", "score"),
    [("Score: 4", 4), ("3", 3), ("Score: 4/5", 4), ("Score: 6", None), ("Score: 0", None),
     ("Score: 3\nScore: 4", None), ("four", None), ("Score: -4", None)],
)  # fmt: skip
def test_scores_are_read_strictly(text, score):
    assert read_score(text, 5) == score


@pytest.mark.parametrize(("mine", "theirs"), [("none", None), ("quadratic", "quadratic")])
def test_kappa_is_that_of_scikit_learn(mine, theirs):
    metrics = pytest.importorskip("sklearn.metrics")
    one = [int(5 * chance(f"a{k}")) for k in range(200)]
    other = [v if chance(f"k{k}") < 0.6 else int(5 * chance(f"b{k}")) for k, v in enumerate(one)]
    found = cohen(one, other, weights=mine)
    assert found.value == pytest.approx(
        metrics.cohen_kappa_score(one, other, weights=theirs), abs=1e-12
    )
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
