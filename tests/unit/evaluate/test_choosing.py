"""Cases with choices: the likeliest one is the answer, and it can be chosen anew later."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import Likelihood
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.evaluate import likeliest, metric_of, rescored, run_arm

EXACT = metric_of(MetricSettings(name="exact_match"))
ARM = Arm(id="plain", arm="zero_shot", user="Q: {request}", prefill="A:")


def case(number: int, *choices: str) -> Case:
    return Case(
        id=str(number), request=f"q{number}", expected=(choices or ("x",))[0], choices=choices
    )


class Chatty:
    """Answers every chat with x."""

    name = "chatty"
    digest = "sha256:c"

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        return [
            ChatReply(text="x", prompt_tokens=1, completion_tokens=1, finish_reason="stop")
            for _ in requests
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield "x"


class Readable(Chatty):
    """Holds a text for likely by its length: -1 for each character."""

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        assert all(
            isinstance(prompt, ChatRequest) and prompt.prefill == "A:" for prompt, _ in pairs
        )
        return [
            Likelihood(logprob=-float(len(text)) + (text == "long one") * 4, tokens=1, greedy=False)
            for _, text in pairs
        ]


def run(cases: Sequence[Case], client: Chatty) -> tuple[CaseResult, ...]:
    return run_arm(ARM, cases, [], EXACT, client=client, retriever=None).results


def test_the_likeliest_choice_is_the_answer_and_others_are_asked_as_ever():
    cases = [case(1, "long one", "four"), case(2), case(3, "b", "aaa")]
    results = run(cases, Readable())
    assert [row.output for row in results] == ["long one", "x", "b"]
    assert [row.logprobs for row in results] == [(-4, -4), (), (-1, -3)]
    assert [row.score for row in results] == [1, 1, 1]


def test_choices_are_made_anew_from_what_was_kept():
    cases = [case(1, "four", "long one"), case(2), case(3, "b", "aaa")]
    results = run(cases, Readable())
    assert results[0].output == "four", "of equals the first"
    again = rescored(cases, results, EXACT, "bytes")
    assert [row.output for row in again] == ["long one", "x", "b"]
    assert [row.score for row in again] == [0, 1, 1]
    assert rescored(cases, results, EXACT, "sum") == list(results)


def test_a_model_without_probabilities_is_refused_with_words():
    with pytest.raises(ModelProblem) as caught:
        run([case(1, "a", "b")], Chatty())
    assert caught.value.code == "no_likelihood"
    assert "chatty" in caught.value.message


@given(st.lists(st.tuples(st.floats(-50, 0), st.text(min_size=1, max_size=9)), min_size=1))
def test_nothing_is_likelier_than_the_chosen_one(pairs: list[tuple[float, str]]) -> None:
    chances, choices = [chance for chance, _ in pairs], [text for _, text in pairs]
    best = likeliest(chances, choices)
    assert chances[best] == max(chances)
    assert chances.index(max(chances)) == best
    each = [chance / len(text.encode()) for chance, text in pairs]
    assert each[likeliest(chances, choices, "bytes")] == max(each)


def test_an_answer_that_is_not_there_scores_nothing_under_any_metric():
    failed = CaseResult(case="1", output="", score=0, valid=False, error="timed out", failed=True)
    nothing = Case(id="1", request="q", expected="")
    found = rescored([nothing], [failed], EXACT)[0]
    assert (found.score, found.valid, found.error) == (0, False, "timed out")
    empty = failed.model_copy(update={"failed": False, "error": ""})
    assert rescored([nothing], [empty], EXACT)[0].score == 0
