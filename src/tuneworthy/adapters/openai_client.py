"""A model behind an OpenAI-compatible endpoint."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.methods.canonical import digest

AT_ONCE = 8
TIMEOUT_SECONDS = 120.0
RETRIES = 2


class OpenAiClient:
    """Answers chats by HTTP, ``at_once`` at a time, in the order they were given.

    The weights cannot be seen from here: ``digest`` is of the address and the model's name.
    ``api_key`` may be empty for endpoints that ask for none.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        timeout: float = TIMEOUT_SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self.name = model
        self.digest = digest([base_url, model])
        self._url = base_url
        self._at_once = at_once
        # The library refuses an empty key even where the endpoint needs none.
        self._client = openai.OpenAI(
            base_url=base_url, api_key=api_key or "none", timeout=timeout, max_retries=RETRIES
        )

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given."""
        replies: list[ChatReply] = []
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="openai") as pool:
            futures = [pool.submit(self._one, request) for request in requests]
            try:
                for number, future in enumerate(futures):
                    replies.append(future.result())
                    if progress:
                        progress("answer", number + 1, len(futures))
            except BaseException:
                # One endpoint for all: what failed for one would only fail again. And work that is
                # stopped must not wait for answers nobody will read.
                for future in futures:
                    future.cancel()
                raise
        return replies

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text in pieces as it arrives."""
        if request.prefill:
            yield request.prefill
        try:
            with self._client.chat.completions.create(stream=True, **self._body(request)) as events:
                for event in events:
                    piece = event.choices[0].delta.content if event.choices else None
                    if piece:
                        yield piece
        except openai.OpenAIError as fault:
            raise self._problem(fault) from fault

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _one(self, request: ChatRequest) -> ChatReply:
        started = time.perf_counter()
        try:
            answer = self._client.chat.completions.create(**self._body(request))
        except openai.APIResponseValidationError as fault:
            raise self._nonsense(str(fault)) from fault
        except openai.OpenAIError as fault:
            raise self._problem(fault) from fault
        except ValueError as fault:
            raise self._nonsense(f"It is not JSON: {fault}.") from fault
        # The library checks nothing: a page of HTML comes through as text, a list as a list.
        if not isinstance(answer, ChatCompletion) or not isinstance(answer.choices, list):
            raise self._nonsense("It is no chat completion.")
        if not answer.choices:
            raise ModelProblem(
                "empty_answer",
                f"{self._url} sent an answer without choices.",
                fix="Check that the endpoint speaks the OpenAI chat API.",
            )
        choice: Any = answer.choices[0]
        text = getattr(getattr(choice, "message", None), "content", 0)
        if not isinstance(text, str | None):
            raise self._nonsense("Its first choice holds no message with text.")
        return ChatReply(
            text=request.prefill + (text or ""),
            prompt_tokens=_count(answer.usage, "prompt_tokens"),
            completion_tokens=_count(answer.usage, "completion_tokens"),
            finish_reason="length" if choice.finish_reason == "length" else "stop",
            seconds=time.perf_counter() - started,
        )

    def _nonsense(self, why: str) -> ModelProblem:
        return ModelProblem(
            "endpoint_nonsense",
            f"{self._url} sent something that is no chat completion.",
            why=why,
            fix=f"Check that the address is right; most end in /v1: {self._url}",
        )

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        body: dict[str, Any] = {
            "model": self.name,
            "messages": messages,
            "max_tokens": request.max_new_tokens,
            "temperature": 0,
        }
        if request.prefill:
            messages.append({"role": "assistant", "content": request.prefill})
            # How vLLM and this package's own server are told that the last turn is unfinished.
            body["extra_body"] = {"continue_final_message": True, "add_generation_prompt": False}
        return body

    def _problem(self, fault: openai.OpenAIError) -> ModelProblem:
        if isinstance(fault, (openai.AuthenticationError, openai.PermissionDeniedError)):
            return ModelProblem(
                "endpoint_refused_key",
                f"{self._url} refused the API key.",
                why=str(fault),
                fix="Set the key in the environment and try again.",
            )
        if isinstance(fault, openai.NotFoundError):
            return ModelProblem(
                "unknown_model",
                f"{self._url} has no model {self.name!r}.",
                why=str(fault),
                fix=f"List its models with: curl {self._url.rstrip('/')}/models",
            )
        if isinstance(fault, openai.APIConnectionError):
            return ModelProblem(
                "endpoint_silent",
                f"{self._url} does not answer.",
                why=str(fault.__cause__ or fault),
                fix="Start the model server, or correct its address in tuneworthy.yaml.",
            )
        return ModelProblem(
            "endpoint_failed",
            f"{self._url} could not answer.",
            why=str(fault),
            fix="Look at the endpoint's log.",
        )


def _count(usage: Any, name: str) -> int:
    """A token count that the endpoint gave, or 0 where it gave none that can be one."""
    count = getattr(usage, name, None)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
