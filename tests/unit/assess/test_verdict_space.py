"""Every answer set times every ceiling state, against the specification written out once more."""

from collections import Counter
from itertools import product
from typing import NamedTuple

import pytest

from tuneworthy.assess import FACTORS, decide
from tuneworthy.core.nouns.decision import Verdict
from tuneworthy.core.nouns.rules import Rules

CEILING = ("C1", "C2", "C3", "C4", "C5")
FOR = ("I1", "I2", "I3", "I4", "I5", "I6")
AGAINST = ("A1", "A2", "A3", "A4", "A5")
HIGH = {"I1", "I2", "I6", "A1", "A2", "A3", "A5"}
STRICTEST_FIRST = (
    "INCONSISTENT_ANSWERS",
    "STOP_DATA_FLOOR",
    "KEEP_OPTIMISING_PROMPTS",
    "TRY_ALTERNATIVES",
    "ADDRESS_ANTI_INDICATORS",
    "PILOT",
    "PROCEED",
)

Bits = tuple[bool, ...]


class Reference:
    """The rules of the specification in whole numbers, without any of the product's code."""

    def __init__(self, ceiling: Bits, factors: Bits) -> None:
        self.yes = {
            id_
            for id_, answer in zip((*CEILING, *FOR, *AGAINST), (*ceiling, *factors), strict=True)
            if answer
        }
        self.reached = all(ceiling)
        self.i = sum(factors[:6])
        self.a = sum(factors[6:])
        self.n = self.i - self.a

    @property
    def tree(self) -> str:
        if not self.reached:
            return "KEEP_OPTIMISING_PROMPTS"
        if not self.i > 3:
            return "TRY_ALTERNATIVES"
        return "FINE_TUNE_CANDIDATE" if self.a < 2 else "ADDRESS_ANTI_INDICATORS"

    @property
    def score_band(self) -> str:
        # n/11 > 1/2 and n/11 >= 1/5, multiplied out.
        return "STRONG" if 2 * self.n > 11 else "MODERATE" if 5 * self.n >= 11 else "WEAK"

    @property
    def net_band(self) -> str:
        return "STRONG" if self.n > 2 else "MODERATE" if self.n in (1, 2) else "WEAK"

    @property
    def weighted_ninths(self) -> int:
        def points(ids: tuple[str, ...]) -> int:
            return sum(2 if id_ in HIGH else 1 for id_ in ids if id_ in self.yes)

        return points(FOR) - points(AGAINST)

    @property
    def verdict(self) -> str:
        contradicts = ("A5" in self.yes and self.reached) or {"I4", "A2"} <= self.yes
        if contradicts:
            return "INCONSISTENT_ANSWERS"
        if self.tree != "FINE_TUNE_CANDIDATE":
            return self.tree
        allowed = {"STRONG": "PROCEED", "MODERATE": "PILOT", "WEAK": "TRY_ALTERNATIVES"}
        limits = {allowed[self.score_band], allowed[self.net_band]}
        if self.yes & HIGH & set(AGAINST):
            limits.add("PILOT")
        return min(limits, key=STRICTEST_FIRST.index)


class Found(NamedTuple):
    """What a decision says, without its answers: 65,536 whole ones are slow to keep."""

    verdict: Verdict
    first: str
    tree: str
    score_band: str
    net: int
    net_band: str
    rules: Rules


def decided(ceiling: Bits, factors: Bits) -> Found:
    answers = dict(zip((*CEILING, *FOR, *AGAINST), (*ceiling, *factors), strict=True))
    d = decide(answers, basis="declared")
    assert d.rules is not None
    return Found(d.verdict, d.reasons[0], d.tree, d.score_band, d.net, d.net_band, d.rules)


@pytest.fixture(scope="module")
def space() -> list[tuple[Reference, Found]]:
    return [
        (Reference(ceiling, factors), decided(ceiling, factors))
        for ceiling in product((False, True), repeat=5)
        for factors in product((False, True), repeat=11)
    ]


@pytest.fixture(scope="module")
def reached(space: list[tuple[Reference, Found]]) -> list[Found]:
    return [found for expected, found in space if expected.reached]


def test_the_factors_are_those_of_the_specification():
    assert tuple(f.id for f in FACTORS) == (*CEILING, *FOR, *AGAINST)
    assert {f.id for f in FACTORS if f.weight == "High"} == HIGH
    assert tuple(v.value for v in Verdict) == STRICTEST_FIRST


def test_all_65536_verdicts(space):
    assert len(space) == 65_536
    wrong = [(e.yes, e.verdict, d.verdict) for e, d in space if d.verdict.value != e.verdict]
    assert wrong == []


def test_every_rule_shows_the_specifications_result(space):
    for expected, decision in space:
        rules = decision.rules
        assert rules.tree.result == decision.tree == expected.tree
        assert rules.score.text == f"{expected.n}/11"
        assert rules.score.band == decision.score_band == expected.score_band
        assert rules.net.value == decision.net == expected.n
        assert rules.net.band == decision.net_band == expected.net_band
        assert rules.weighted.text == f"{expected.weighted_ninths}/9"


def test_the_trees_path_says_where_it_ended(space):
    for expected, decision in space:
        answers = [step.answer for step in decision.rules.tree.path]
        wanted = {
            "KEEP_OPTIMISING_PROMPTS": ["no"],
            "TRY_ALTERNATIVES": ["yes", "no"],
            "ADDRESS_ANTI_INDICATORS": ["yes", "yes", "no"],
            "FINE_TUNE_CANDIDATE": ["yes", "yes", "yes"],
        }
        assert answers == wanted[expected.tree]


def test_the_first_reason_belongs_to_the_verdict(space):
    starts = {
        Verdict.INCONSISTENT_ANSWERS: ("A5 says", "I4 says"),
        Verdict.KEEP_OPTIMISING_PROMPTS: ("The prompt ceiling is not reached",),
        Verdict.TRY_ALTERNATIVES: ("Reasons for tuning that hold",),
        Verdict.ADDRESS_ANTI_INDICATORS: tuple(f"{n} reasons against" for n in range(2, 6)),
        Verdict.PILOT: ("The score is", "The net count", "A1 weighs", "A2 weighs", "A3 weighs"),
        Verdict.PROCEED: ("The tree finds a candidate",),
    }
    for _, decision in space:
        assert decision.first.startswith(starts[decision.verdict])


def test_the_published_counts_with_the_ceiling_reached(reached):
    assert Counter(d.verdict.value for d in reached) == {
        "TRY_ALTERNATIVES": 544,
        "INCONSISTENT_ANSWERS": 1_280,
        "ADDRESS_ANTI_INDICATORS": 130,
        "PILOT": 93,
        "PROCEED": 1,
    }
    assert sum(d.tree == "FINE_TUNE_CANDIDATE" for d in reached) == 132
    assert sum(d.score_band == "STRONG" for d in reached) == 1
    assert sum(d.net_band == "STRONG" for d in reached) == 232
    assert sum(d.score_band != d.net_band for d in reached) == 1_023


def test_below_the_ceiling_nothing_is_tuned(space):
    below = Counter(d.verdict.value for e, d in space if not e.reached)
    # Of 2,048 sets a quarter hold I4 and A2 together.
    assert below == {
        "KEEP_OPTIMISING_PROMPTS": 31 * 2_048 * 3 // 4,
        "INCONSISTENT_ANSWERS": 31 * 2_048 // 4,
    }
