"""What a guard says of few cases, unanswered ones and uncounted figures; timing in turn."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.speaking import Rule
from tuneworthy.core.nouns.guards import GuardLimits, GuardRatio
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.evaluate import Asker, counted_figures, guard_ratios, time_in_turn
from tuneworthy.evaluate.timing import SAMPLE, TRIES

PRICES = Prices(prompt_per_million=1, completion_per_million=3)


def cases(n: int) -> list[Case]:
    return [Case(id=f"c{at}", request=f"say {at}", expected="x") for at in range(n)]


def results(n: int, tokens: int, *, prompt: int = 10, failed: int = 0) -> list[CaseResult]:
    return [
        CaseResult(
            case=f"c{at}",
            output="x",
            score=1,
            valid=True,
            failed=at < failed,
            prompt_tokens=prompt,
            completion_tokens=tokens,
        )
        for at in range(n)
    ]


def judged(
    limits: GuardLimits,
    candidate: list[CaseResult],
    base: list[CaseResult],
    prices: Prices | None = None,
) -> dict[str, GuardRatio]:
    figures, lacking = counted_figures(cases(len(base)), candidate, base, prices)
    return {one.name: one for one in guard_ratios(limits, figures, lacking)}


def test_ratios_are_those_of_the_tokens_and_their_prices():
    found = judged(GuardLimits(), results(40, 8), results(40, 4), prices=PRICES)
    assert {name: one.ratio and one.ratio.value for name, one in found.items()} == {
        "tokens": pytest.approx(2),
        "cost": pytest.approx((10 + 24) / (10 + 12)),
    }
    assert not any(one.broken for one in found.values())


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ((results(29, 4), results(29, 4)), "29 cases are too few"),
        ((results(40, 4, prompt=0), results(40, 4)), "tokens were not counted"),
        ((results(40, 4, failed=40), results(40, 4)), "no case was answered by both"),
        ((results(40, 4), results(40, 0)), "carry no ratio"),
    ],
)
def test_what_is_not_shown_is_not_kept(runs, why):
    found = judged(GuardLimits(tokens=5), *runs)["tokens"]
    assert found.broken
    assert why in found.why
    told = judged(GuardLimits(), *runs)
    assert not any(one.broken for one in told.values()), "nothing is asked without a limit"


def test_unanswered_cases_are_left_out_and_told():
    found = judged(GuardLimits(tokens=1.5), results(50, 4, failed=7), results(50, 4))["tokens"]
    assert (found.n, found.left_out, found.broken) == (43, 7, False)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.1, 10))
def test_an_exact_ratio_is_kept_up_to_the_limit(ours, theirs, limit):
    found = judged(GuardLimits(tokens=limit), results(30, ours), results(30, theirs))["tokens"]
    if abs(ours / theirs - limit) > 1e-9:
        assert found.broken == (ours / theirs > limit)


class Failing(Rule):
    """Does not answer one of the requests."""

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        replies = super().chat(requests)
        return [
            one.model_copy(update={"text": "", "error": "timed out"})
            if request.messages[-1].content == "say 0"
            else one
            for one, request in zip(replies, requests, strict=True)
        ]


def test_both_are_asked_in_turn():
    heard: list[str] = []

    def asker(name: str) -> Asker:
        def answer(text: str) -> str:
            heard.append(name)
            return text

        return Asker(Arm(id="a", arm="zero_shot"), [], Rule(answer))

    timed = time_in_turn(asker("ours"), asker("theirs"), cases(100))
    assert len(timed.cases) == SAMPLE
    assert min(timed.candidate) > 0
    assert heard[:2] == ["theirs", "ours"]
    rounds = heard[2 : 2 + 2 * TRIES]
    assert rounds == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert heard.count("ours") == heard.count("theirs") == 1 + TRIES * SAMPLE


def test_a_case_that_one_does_not_answer_is_timed_for_neither():
    ask = [Asker(Arm(id="a", arm="zero_shot"), [], rule(str)) for rule in (Failing, Rule)]
    timed = time_in_turn(ask[0], ask[1], cases(5))
    assert (len(timed.candidate), len(timed.base), timed.failed) == (4, 4, 1)
    assert time_in_turn(ask[0], ask[1], []).cases == ()
