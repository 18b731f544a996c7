"""A model that remembers: nothing is asked twice, nothing that failed is kept."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.endpoint import Said, endpoint
from tuneworthy.adapters import load_endpoint
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import Heard, Likelihood
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress, Store
from tuneworthy.lifecycle.remembered import CHUNK, RememberedLikelihoods, remembered
from tuneworthy.store import open_store

NUMBERS = itertools.count()
"""No example meets what another one left."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/ledger.db", SystemClock())
    yield opened
    opened.close()


def ask(text: str, **more: object) -> ChatRequest:
    said = {"messages": (Message(role="user", content=text),), **more}
    return ChatRequest.model_validate(said)


class Whole:
    """Answers all at once, as a model does that tells nothing before its end."""

    name = "whole"

    def __init__(self, digest: str = "sha256:w", fails_at: int = 10**9) -> None:
        self.digest = digest
        self.asked: list[str] = []
        self._fails_at = fails_at

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        if len(self.asked) + len(requests) > self._fails_at:
            raise ModelProblem("endpoint_failed", "gone")
        self.asked += [request.messages[-1].content for request in requests]
        return [reply(request.messages[-1].content) for request in requests]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self.chat([request])[0].text


class Telling(Whole):
    """Tells answers one by one, last first, and says how likely texts are."""

    template_digest = "sha256:t"
    tokenizer_digest = "sha256:k"
    computing_digest = "sha256:c"

    def answer_each(
        self,
        requests: Sequence[ChatRequest],
        heard: Heard,
        progress: Progress | None = None,
        *,
        may_fail: int = 0,
    ) -> None:
        for place in reversed(range(len(requests))):
            if len(self.asked) == self._fails_at:
                raise KeyboardInterrupt
            self.asked.append(requests[place].messages[-1].content)
            heard({place: reply(self.asked[-1])})

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        self.asked += [text for _, text in pairs]
        return [Likelihood(logprob=-float(len(t)), tokens=1, greedy=False) for _, t in pairs]


def reply(text: str) -> ChatReply:
    return ChatReply(
        text=text.upper(), prompt_tokens=3, completion_tokens=2, finish_reason="stop", seconds=0.5
    )


def test_what_was_answered_is_not_asked_again_and_says_so(store):
    model = Telling()
    first = remembered(model, store.answers).chat([ask("a"), ask("b")])
    assert [one.text for one in first] == ["A", "B"]
    assert not any(one.remembered for one in first)
    second = remembered(model, store.answers).chat([ask("b"), ask("c"), ask("a")])
    assert [(one.text, one.remembered) for one in second] == [
        ("B", True),
        ("C", False),
        ("A", True),
    ]
    assert second[0].seconds == 0.5
    assert sorted(model.asked) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "other",
    [
        ask("b"),
        ask("a", prefill="{"),
        ask("a", max_new_tokens=65),
        ask("a", ends="json"),
        ask("a").model_copy(update={"messages": (Message(role="system", content="a"),)}),
        ask("x").model_copy(update={"messages": (*ask("x").messages, *ask("a").messages)}),
    ],
)
def test_whatever_decides_an_answer_makes_it_another_one(store, other):
    model = Telling()
    remembered(model, store.answers).chat([ask("a")])
    assert not remembered(model, store.answers).chat([other])[0].remembered


@pytest.mark.parametrize(
    "name", ["digest", "template_digest", "tokenizer_digest", "computing_digest"]
)
def test_another_model_or_template_is_asked_itself(store, name):
    one, other = Telling(), Telling()
    setattr(other, name, "sha256:other")
    remembered(one, store.answers).chat([ask("a")])
    assert not remembered(other, store.answers).chat([ask("a")])[0].remembered
    assert other.asked == ["a"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(st.sampled_from("abcdefgh"), max_size=12), stop=st.integers(0, 12))
def test_stopped_anywhere_each_is_asked_once_in_all(store, asked, stop):
    model = Telling(digest=f"sha256:{next(NUMBERS)}", fails_at=stop)
    requests = [ask(text) for text in asked]
    different = set(asked)
    if stop < len(different):
        with pytest.raises(KeyboardInterrupt):
            remembered(model, store.answers).chat(requests)
        model._fails_at = 10**9
    said = remembered(model, store.answers).chat(requests)
    assert [one.text for one in said] == [text.upper() for text in asked]
    assert sorted(model.asked) == sorted(different)


def test_a_model_that_tells_nothing_before_its_end_is_asked_in_parts(store):
    model = Whole(fails_at=2 * CHUNK)
    requests = [ask(f"q{n}") for n in range(3 * CHUNK)]
    heard: list[tuple[int, int]] = []

    def told(step: str, done: int, total: int, note: str = "") -> None:
        heard.append((done, total))

    with pytest.raises(ModelProblem):
        remembered(model, store.answers).chat(requests, told)
    model._fails_at = 10**9
    said = remembered(model, store.answers).chat(requests, told)
    assert [one.remembered for one in said] == [True] * (2 * CHUNK) + [False] * CHUNK
    assert len(model.asked) == 3 * CHUNK
    assert heard[-1] == (3 * CHUNK, 3 * CHUNK)


def test_failures_are_told_and_asked_again_the_next_time(store):
    bad = {"q1", "q4"}

    def answer(text: str, before: int) -> Said:
        return Said(status=400) if text in bad else Said(text=text)

    with endpoint(answer) as served:
        client = load_endpoint(served.url, "m")
        requests = [ask(f"q{n}") for n in range(6)]
        said = remembered(client, store.answers).chat(requests)
        assert [one.error for one in said] == ["", "refused", "", "", "refused", ""]
        bad.clear()
        said = remembered(client, store.answers).chat(requests)
        client.close()
    assert [one.text for one in said] == [f"q{n}" for n in range(6)]
    assert [one.remembered for one in said] == [True, False, True, True, False, True]
    assert served.tries == {"q0": 1, "q1": 2, "q2": 1, "q3": 1, "q4": 2, "q5": 1}


def test_likelihoods_are_remembered_and_not_confused(store):
    model = Telling()
    client = remembered(model, store.answers)
    assert isinstance(client, RememberedLikelihoods)
    pairs: list[tuple[ChatRequest | str, str]] = [("p", "ab"), (ask("p"), "ab"), ("p", "abc")]
    found = client.loglikelihood(pairs)
    assert [one.logprob for one in found] == [-2, -2, -3]
    assert client.loglikelihood([*pairs, ("q", "ab")])[:3] == found
    assert model.asked == ["ab", "ab", "abc", "ab"]


def test_a_model_without_likelihoods_gets_none(store):
    assert not hasattr(remembered(Whole(), store.answers), "loglikelihood")


def test_rows_of_another_release_are_asked_again(store):
    model = Telling()

    class Old:
        def known(self, keys: Sequence[str]) -> dict[str, str]:
            return dict.fromkeys(keys, '{"words": "other"}')

        def keep(self, answers: Mapping[str, str]) -> None:
            store.answers.keep(answers)

    said = remembered(model, Old()).chat([ask("a")])
    assert (said[0].text, said[0].remembered) == ("A", False)
