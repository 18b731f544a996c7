"""Recognisers behind an API that knows ``POST /moderations`` as OpenAI's does.

One text is one request, since not every server takes a list. All that is done for chats is done
here too: several at once, limits kept, tried again, told as each comes.
"""

import json
import time
from typing import Any

import openai
from openai.types import ModerationCreateResponse

from tuneworthy.adapters.openai_client import OpenAiClient
from tuneworthy.adapters.pacing import Pace
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.methods.canonical import digest

UNNAMED = "default"
"""The model's name where the settings give none; the API takes its own then."""


class Moderations(OpenAiClient):
    """Answers a text with its scores, a JSON object of label to 0..1."""

    def __init__(self, base_url: str, model: str, *more: Any) -> None:
        super().__init__(base_url, model, *more)
        self.digest = moderations_digest(base_url, model)

    def _one(self, request: ChatRequest, pace: Pace) -> ChatReply:
        started = time.perf_counter()
        body: dict[str, Any] = {"input": request.messages[-1].content}
        if self.name != UNNAMED:
            body["model"] = self.name
        try:
            raw = self._client.moderations.with_raw_response.create(**body)
            pace.heard(raw.headers)
            scores = _scores(raw.parse())
        except (openai.APIResponseValidationError, ValueError) as fault:
            raise ModelProblem(
                "no_moderation",
                f"{self._url} sent something that is no moderation.",
                why=f"{fault}"[:200],
                fix=f"Check that the address is right; most end in /v1: {self._url}",
            ) from fault
        return ChatReply(
            text=json.dumps(scores),
            prompt_tokens=0,
            completion_tokens=0,
            finish_reason="stop",
            seconds=time.perf_counter() - started,
        )


def moderations_digest(base_url: str, model: str) -> str:
    """Digest of address and name: which weights answer there cannot be seen from here."""
    return digest(["moderations", base_url, model])


def _scores(answer: object) -> dict[str, float]:
    """The one result's scores. Raises ValueError."""
    # The library checks nothing: a page of HTML comes through as text, a list as a list.
    results = getattr(answer, "results", None)
    if not isinstance(answer, ModerationCreateResponse) or not isinstance(results, list):
        raise ValueError("It has no 'results'.")
    if len(results) != 1:
        raise ValueError(f"It has {len(results)} results for one text.")
    found: Any = getattr(results[0], "category_scores", None)
    told = found.model_dump(by_alias=True) if hasattr(found, "model_dump") else found
    if not isinstance(told, dict):
        raise ValueError("Its result has no 'category_scores'.")
    scores = {name: value for name, value in told.items() if value is not None}
    bad = [name for name, value in scores.items() if not _is_score(value)]
    if bad or not scores:
        raise ValueError(f"The score of '{bad[0]}' is none." if bad else "It has no scores.")
    return scores


def _is_score(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= 1  # type: ignore[operator]
