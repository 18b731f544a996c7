"""Runs one arm over the cases and scores every answer."""

from collections.abc import Sequence
from typing import Literal

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import CaseResult
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatReply, ModelClient, Progress
from tuneworthy.evaluate.metrics import Metric
from tuneworthy.evaluate.render import label_list, render
from tuneworthy.evaluate.retrieve import Retriever
from tuneworthy.methods.intervals import mean_interval


class ArmResult(Part):
    """One arm's answers and their sum; ``score`` is the mean mark with its 95 % interval."""

    arm: Arm
    results: tuple[CaseResult, ...]
    score: Interval
    valid_share: float


def run_arm(
    arm: Arm,
    cases: Sequence[Case],
    train: Sequence[Example],
    metric: Metric,
    *,
    client: ModelClient | None,
    retriever: Retriever | None,
    max_new_tokens: int = 64,
    ends: Literal["", "json"] = "",
    progress: Progress | None = None,
) -> ArmResult:
    """Answer every case the arm's way.

    Worked examples come from the training split alone: for ``few_shot`` the first ``k`` with
    distinct targets, for ``retrieval`` the ``k`` nearest (nearest last, next to the question),
    for ``nearest_neighbour`` the nearest example's target is the answer and no model is asked.
    """
    shots = _shots(arm, cases, train, retriever)
    if arm.arm == "nearest_neighbour":
        replies = [_copied(found[0].target) for found in shots]
    else:
        if client is None:
            raise ValueError(f"arm {arm.id} needs a model")
        labels = label_list(train)
        requests = [
            render(arm, case, found, labels=labels, max_new_tokens=max_new_tokens, ends=ends)
            for case, found in zip(cases, shots, strict=True)
        ]
        replies = client.chat(requests, progress)
    results = tuple(
        _scored(case, reply, metric) for case, reply in zip(cases, replies, strict=True)
    )
    return ArmResult(
        arm=arm,
        results=results,
        score=mean_interval([result.score for result in results]),
        valid_share=sum(result.valid for result in results) / max(1, len(results)),
    )


def _shots(
    arm: Arm, cases: Sequence[Case], train: Sequence[Example], retriever: Retriever | None
) -> list[list[Example]]:
    if arm.arm in ("retrieval", "nearest_neighbour"):
        if retriever is None:
            raise ValueError(f"arm {arm.id} needs a retriever")
        k = max(1, arm.k)
        return [found[::-1] for found in retriever.nearest([c.request for c in cases], k)]
    if arm.arm == "few_shot":
        chosen = fixed_shots(train, arm.k)
        return [chosen for _ in cases]
    return [[] for _ in cases]


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


def _copied(target: str) -> ChatReply:
    return ChatReply(text=target, prompt_tokens=0, completion_tokens=0, finish_reason="stop")


def _scored(case: Case, reply: ChatReply, metric: Metric) -> CaseResult:
    mark = metric(reply.text, case)
    return CaseResult(
        case=case.id,
        output=reply.text,
        score=mark.score,
        valid=mark.valid,
        error=mark.error,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
    )
