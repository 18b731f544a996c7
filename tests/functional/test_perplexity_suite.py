"""tuneworthy eval perplexity over a suite's right answers, base and candidate; models are rules."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.functional.test_safety_run import Model, made, newest, runtime
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import Likelihood
from tuneworthy.core.ports import ChatRequest
from tuneworthy.lifecycle import ceiling, perplexity, training
from tuneworthy.methods.canonical import digest

__all__ = ["made", "runtime"]


class Telling(Model):
    """A byte costs so many nats; a character is a token."""

    def __init__(self, digest_: str, nats: float, adapter: str = "") -> None:
        super().__init__(digest_, lambda _: "", adapter)
        self.pairs: list[tuple[ChatRequest | str, str]] = []
        self._nats = nats

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self._rule(request)

    def loglikelihood(
        self, pairs: Sequence[tuple[ChatRequest | str, str]], progress: Any = None
    ) -> list[Likelihood]:
        self.pairs += pairs
        return [
            Likelihood(
                logprob=-self._nats * len(text.encode()), tokens=len(text), greedy=self._nats < 0.1
            )
            for _, text in pairs
        ]


@pytest.fixture
def models(runtime):
    def models(base, tuned):
        version = training.current_version(runtime)
        both = [Telling("b", base), Telling(digest(["b", version.adapter]), tuned, version.adapter)]
        runtime.__dict__["open_model"] = lambda _, adapter=None: both[adapter is not None]
        return both

    return models


def test_right_answers_are_scored_after_the_prompt_that_both_get(runtime, models):
    base, tuned = models(1.0, 0.5)
    found = perplexity.run(runtime, tuned=True)
    suite, cases = ceiling.current_suite(runtime)
    assert (found.source, found.after, found.n) == ("main", "prompt", len(cases))
    assert [text for _, text in base.pairs] == [case.expected for case in cases]
    assert base.pairs == tuned.pairs
    prompt, _ = base.pairs[0]
    assert isinstance(prompt, ChatRequest)
    assert cases[0].request in prompt.messages[-1].content
    assert found.candidate is not None
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(0.5)
    assert found.verdict == "clearly better"
    kept = [item for item in runtime.evidence() if item.about == perplexity.ABOUT][-1]
    assert kept.subjects == (runtime.head.model, suite.id)
    assert newest(runtime, perplexity.ABOUT)["candidate"]["greedy"] == 0


def test_the_base_alone_has_no_verdict_and_is_remembered(runtime, models):
    base, _ = models(1.0, 1.0)
    alone = perplexity.run(runtime)
    assert (alone.candidate, alone.ratio, alone.verdict) == (None, None, None)
    asked = len(base.pairs)
    assert perplexity.run(runtime).base == alone.base
    assert len(base.pairs) == asked


def test_equal_models_differ_by_noise_at_most(runtime, models):
    models(0.05, 0.05)
    found = perplexity.run(runtime, tuned=True)
    assert found.verdict == "within noise"
    assert found.base.greedy == found.n


def test_a_model_that_tells_no_probabilities_is_refused(runtime):
    runtime.__dict__["open_model"] = lambda _, adapter=None: Model("b", lambda _: "")
    with pytest.raises(ModelProblem) as told:
        perplexity.run(runtime)
    assert told.value.code == "no_likelihood"
