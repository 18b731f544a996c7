"""Models as rules: how often they are right, how long their answers are, how slow they are."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.kept_runs import good_proof
from tuneworthy.core.nouns.run import WeightsProof
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.lifecycle import training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

Answer = Callable[[str], str]
"""The answer to a request's last message."""

PROMPTS = """
plain: {arm: zero_shot, user: "{request}"}
few-shot-5: {arm: few_shot, k: 5, user: "{request}"}
tuned: {arm: tuned, user: "{request}"}
"""
"""Ways that need no embeddings."""


@dataclass
class Rule:
    """A model that answers by a rule; ``seconds`` is what each answer takes."""

    answer: Answer
    tokens: int = 4
    seconds: float = 0.0
    digest: str = "b"
    adapter: str = ""
    name: str = "rule"
    asked: list[ChatRequest] = field(default_factory=list)

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        self.asked += requests
        time.sleep(self.seconds * len(requests))
        return [
            ChatReply(
                text=self.answer(request.messages[-1].content),
                prompt_tokens=10,
                completion_tokens=self.tokens,
                finish_reason="stop",
            )
            for request in requests
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield from (reply.text for reply in self.chat([request]))

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        return good_proof(self.adapter, template)


def speak(runtime: Runtime, base: Rule, tuned: Rule) -> None:
    """Put two rules in the place of the base and of the current version."""
    version = training.current_version(runtime)
    base.digest, tuned.adapter = version.base, version.adapter
    tuned.digest = digest([version.base, version.adapter])
    runtime.__dict__["open_model"] = lambda _, adapter=None: tuned if adapter else base
