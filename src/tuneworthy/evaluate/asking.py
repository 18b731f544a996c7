"""Asks cases one arm's way: worked examples are chosen, prompts rendered, steps run in turn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import LikelihoodClient
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import Latency
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatReply, ChatRequest, ModelClient, Progress
from tuneworthy.evaluate.choosing import ChooseBy, likeliest
from tuneworthy.evaluate.render import label_list, render, render_step
from tuneworthy.evaluate.retrieve import Retriever

LATENCY_SAMPLE = 5
"""Single requests by which a model that answers in batches is timed, at most."""

LATENCY_SECONDS = 3.0
"""After so many seconds no further one is asked: timing must not cost as much as the answers."""


class Answer(Part):
    """One case's answer, summed over the steps that led to it."""

    text: str
    steps: tuple[str, ...] = ()
    """The answers of the steps before the last."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Wall seconds of this case by itself; 0 where cases were answered together."""
    counted: bool = True
    """Whether every request's tokens were counted."""
    error: str = ""
    """Why there is no answer; the text is empty then."""
    cut_off: bool = False
    """Whether it had to stop before its end."""
    remembered: bool = False
    """Whether any part of it was read back instead of asked for."""
    logprobs: tuple[float, ...] = ()
    """Of each of the case's choices, in their order, where one was chosen by it."""


@dataclass(frozen=True)
class Asker:
    """One arm with all it needs. Worked examples come from the training split alone.

    For ``few_shot`` the first ``k`` with distinct targets, for ``retrieval`` the ``k`` nearest
    (nearest last, next to the question); for ``nearest_neighbour`` the nearest example's target is
    the answer and no model is asked.
    """

    arm: Arm
    train: Sequence[Example]
    client: ModelClient | None = None
    retriever: Retriever | None = None
    max_new_tokens: int = 64
    ends: Literal["", "json"] = ""
    choose_by: ChooseBy = "sum"

    def ask(self, cases: Sequence[Case], progress: Progress | None = None) -> list[Answer]:
        """Every case's answer, in the order given."""
        if self.arm.arm == "nearest_neighbour":
            return [Answer(text=found[0].target) for found in self._shots(cases)]
        if self.arm.arm == "decomposed":
            return self._in_steps(cases, progress)
        requests = self.requests(cases)
        chosen = self._choose(cases, requests, progress)
        rest = [number for number in range(len(cases)) if number not in chosen]
        asked = [requests[number] for number in rest]
        replies = self._client().chat(asked, progress) if asked else []
        said = {number: _joined([reply]) for number, reply in zip(rest, replies, strict=True)}
        return [(chosen | said)[number] for number in range(len(cases))]

    def requests(self, cases: Sequence[Case]) -> list[ChatRequest]:
        """What a model is asked for each case, of an arm that asks once."""
        labels = label_list(self.train)
        return [
            render(
                self.arm,
                case,
                found,
                labels=labels,
                max_new_tokens=self.max_new_tokens,
                ends=self.ends,
            )
            for case, found in zip(cases, self._shots(cases), strict=True)
        ]

    def _choose(
        self, cases: Sequence[Case], requests: Sequence[ChatRequest], progress: Progress | None
    ) -> dict[int, Answer]:
        """The likeliest choice of each case that has choices, by the place of the case."""
        places = [number for number, case in enumerate(cases) if case.choices]
        if not places:
            return {}
        client = likelihood_client(
            self._client(), f"{len(places)} cases have choices, of which the likeliest one counts."
        )
        pairs = [(requests[n], choice) for n in places for choice in cases[n].choices]
        told = iter(client.loglikelihood(pairs, progress))
        answers = {}
        for number in places:
            choices = cases[number].choices
            chances = tuple(next(told).logprob for _ in choices)
            best = likeliest(chances, choices, self.choose_by)
            answers[number] = Answer(text=choices[best], counted=False, logprobs=chances)
        return answers

    def time_singly(self, cases: Sequence[Case]) -> Latency | None:
        """Time a few cases one at a time, spread evenly; None when no model is asked."""
        if self.client is None or not cases:
            return None
        seconds: list[float] = []
        firsts: list[float] = []
        for case in _spread(cases, LATENCY_SAMPLE):
            if sum(seconds) > LATENCY_SECONDS:
                break
            started = time.perf_counter()
            if (first := self._heard_first(self.client, case)) is not None:
                firsts.append(first - started)
            seconds.append(time.perf_counter() - started)
        return latency(seconds, alone=True, firsts=firsts)

    def first_tokens(self, cases: Sequence[Case], most: int) -> list[float]:
        """Seconds to the first piece of an answer, of up to ``most`` cases spread evenly.

        Where the model cannot answer in pieces, there are fewer or none.
        """
        if self.client is None:
            return []
        found: list[float] = []
        for case in _spread(cases, most):
            started = time.perf_counter()
            try:
                first = self._heard_first(self.client, case)
            except ModelProblem:
                break
            if first is not None:
                found.append(first - started)
        return found

    def _heard_first(self, client: ModelClient, case: Case) -> float | None:
        """Answer one case in pieces; the moment of the first one, None where there is none."""
        if case.choices or self.arm.arm in ("decomposed", "nearest_neighbour"):
            self.ask([case])
            return None
        (request,) = self.requests([case])
        pieces = client.stream(request)
        if request.prefill:
            next(pieces, None)  # it is given, not generated
        first = None
        for _ in pieces:
            first = first or time.perf_counter()
        return first

    def _in_steps(self, cases: Sequence[Case], progress: Progress | None) -> list[Answer]:
        labels = label_list(self.train)
        so_far: list[list[ChatReply]] = [[] for _ in cases]
        for _ in self.arm.steps:
            # Without an answer to one step there is no next one.
            going = [n for n, earlier in enumerate(so_far) if not (earlier and earlier[-1].error)]
            requests = [
                render_step(
                    self.arm,
                    cases[number],
                    [reply.text for reply in so_far[number]],
                    labels=labels,
                    max_new_tokens=self.max_new_tokens,
                    ends=self.ends,
                )
                for number in going
            ]
            replies = self._client().chat(requests, progress)
            for number, reply in zip(going, replies, strict=True):
                so_far[number].append(reply)
        return [_joined(replies) for replies in so_far]

    def _client(self) -> ModelClient:
        if self.client is None:
            raise ValueError(f"arm {self.arm.id} needs a model")
        return self.client

    def _shots(self, cases: Sequence[Case]) -> list[list[Example]]:
        if self.arm.arm in ("retrieval", "nearest_neighbour"):
            if self.retriever is None:
                raise ValueError(f"arm {self.arm.id} needs a retriever")
            requests = [case.request for case in cases]
            found = self.retriever.nearest(requests, max(1, self.arm.k), rerank=self.arm.rerank)
            return [examples[::-1] for examples in found]
        if self.arm.arm == "few_shot":
            chosen = fixed_shots(self.train, self.arm.k)
            return [chosen for _ in cases]
        return [[] for _ in cases]


def likelihood_client(client: ModelClient, why: str) -> LikelihoodClient:
    """The model itself, whose probabilities can be read. Raises ModelProblem, with ``why``."""
    if isinstance(client, LikelihoodClient):
        return client
    raise ModelProblem(
        "no_likelihood",
        f"{client.name} does not tell how likely a text is.",
        why=why,
        fix="Ask a model whose weights are here, or give cases without choices.",
    )


def _spread(cases: Sequence[Case], most: int) -> list[Case]:
    """Up to so many of the cases, from all over them."""
    count = min(most, len(cases))
    return [cases[number * len(cases) // count] for number in range(count)]


def latency(
    seconds: Sequence[float], *, alone: bool, firsts: Sequence[float] = ()
) -> Latency | None:
    """Quantiles of whole answers and, where answers came in pieces, of the first piece.

    None of no requests.
    """
    if not seconds:
        return None
    p50, p95, p99 = _quantiles(seconds)
    return with_firsts(Latency(p50=p50, p95=p95, p99=p99, n=len(seconds), alone=alone), firsts)


def with_firsts(told: Latency, firsts: Sequence[float]) -> Latency:
    """The same with the quantiles of the first piece, where any was timed."""
    if not firsts:
        return told
    first = dict(zip(("first_p50", "first_p95", "first_p99"), _quantiles(firsts), strict=True))
    return told.model_copy(update=first)


def _quantiles(seconds: Sequence[float]) -> list[float]:
    found = np.quantile(np.asarray(seconds, dtype=np.float64), [0.5, 0.95, 0.99])
    return [round(float(one), 4) for one in found]


def fixed_shots(train: Sequence[Example], k: int) -> list[Example]:
    """The first ``k`` examples with distinct targets and, while there are any, new groups."""
    chosen: list[Example] = []
    targets: set[str] = set()
    groups: set[str] = set()
    for again in (False, True):
        for example in train:
            if len(chosen) == k:
                return chosen
            group = example.provenance.group or example.target
            if example.target in targets or (group in groups and not again):
                continue
            chosen.append(example)
            targets.add(example.target)
            groups.add(group)
    return chosen


def _joined(replies: Sequence[ChatReply]) -> Answer:
    """The last reply as the answer; time and tokens of all. One untimed step leaves no time."""
    timed = all(reply.seconds > 0 for reply in replies)
    return Answer(
        text=replies[-1].text,
        steps=tuple(reply.text for reply in replies[:-1]),
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        completion_tokens=sum(reply.completion_tokens for reply in replies),
        seconds=sum(reply.seconds for reply in replies) if timed else 0.0,
        # No chat has an empty prompt, so a count of 0 means that nobody counted.
        counted=all(reply.prompt_tokens > 0 for reply in replies),
        error=replies[-1].error,
        cut_off=replies[-1].finish_reason == "length",
        remembered=any(reply.remembered for reply in replies),
    )
