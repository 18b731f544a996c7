"""Asks cases one arm's way: worked examples are chosen, prompts rendered, steps run in turn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import Latency
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatReply, ModelClient, Progress
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

    def ask(self, cases: Sequence[Case], progress: Progress | None = None) -> list[Answer]:
        """Every case's answer, in the order given."""
        if self.arm.arm == "nearest_neighbour":
            return [Answer(text=found[0].target) for found in self._shots(cases)]
        if self.arm.arm == "decomposed":
            return self._in_steps(cases, progress)
        labels = label_list(self.train)
        requests = [
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
        return [_joined([reply]) for reply in self._client().chat(requests, progress)]

    def time_singly(self, cases: Sequence[Case]) -> Latency | None:
        """Time a few cases one at a time, spread evenly; None when no model is asked."""
        if self.client is None or not cases:
            return None
        count = min(LATENCY_SAMPLE, len(cases))
        seconds: list[float] = []
        for number in range(count):
            if sum(seconds) > LATENCY_SECONDS:
                break
            case = cases[number * len(cases) // count]
            started = time.perf_counter()
            self.ask([case])
            seconds.append(time.perf_counter() - started)
        return latency(seconds, alone=True)

    def _in_steps(self, cases: Sequence[Case], progress: Progress | None) -> list[Answer]:
        labels = label_list(self.train)
        so_far: list[list[ChatReply]] = [[] for _ in cases]
        for _ in self.arm.steps:
            requests = [
                render_step(
                    self.arm,
                    case,
                    [reply.text for reply in earlier],
                    labels=labels,
                    max_new_tokens=self.max_new_tokens,
                    ends=self.ends,
                )
                for case, earlier in zip(cases, so_far, strict=True)
            ]
            replies = self._client().chat(requests, progress)
            for earlier, reply in zip(so_far, replies, strict=True):
                earlier.append(reply)
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
            found = self.retriever.nearest(requests, max(1, self.arm.k))
            return [examples[::-1] for examples in found]
        if self.arm.arm == "few_shot":
            chosen = fixed_shots(self.train, self.arm.k)
            return [chosen for _ in cases]
        return [[] for _ in cases]


def latency(seconds: Sequence[float], *, alone: bool) -> Latency | None:
    """Median and 95th percentile (linear between order statistics); None of no requests."""
    if not seconds:
        return None
    p50, p95 = np.quantile(np.asarray(seconds, dtype=np.float64), [0.5, 0.95])
    return Latency(p50=round(float(p50), 4), p95=round(float(p95), 4), n=len(seconds), alone=alone)


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
    )
