"""A model behind an OpenAI-compatible endpoint."""

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import httpx
import openai
from openai.types.chat import ChatCompletion

from tuneworthy.adapters.endpoint_faults import (
    empty,
    is_limit,
    named,
    nonsense,
    problem_of,
    tries,
)
from tuneworthy.adapters.outgoing import http_client
from tuneworthy.adapters.pacing import Pace, retry_after
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import Heard
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.methods.canonical import digest

AT_ONCE = 8
TIMEOUT_SECONDS = 120.0
HOPELESS = ("endpoint_refused_key", "unknown_model", "endpoint_inside")
"""Problems that every other request would meet too."""
FIRST_FAILURES = 32
"""So many requests that failed before any was answered end the asking, whatever else may fail."""


class OpenAiClient:
    """Answers chats by HTTP, ``at_once`` at a time, always at temperature 0.

    The weights cannot be seen from here: ``digest`` is of the address and the model's name, so
    another model served under the same name is taken for the same one. ``api_key`` may be empty
    for endpoints that ask for none. Hosts with addresses inside must stand in ``internal``
    (``outgoing``). Failures that may pass are tried again (``endpoint_faults``),
    and limits that the endpoint tells are kept by all threads.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        timeout: float = TIMEOUT_SECONDS,
        at_once: int = AT_ONCE,
        internal: Collection[str] = (),
    ) -> None:
        self.name = model
        self.digest = endpoint_digest(base_url, model)
        self._url = base_url
        self._at_once = at_once
        self._timeout = timeout
        self._clock = SystemClock()
        # The library refuses an empty key even where the endpoint needs none. Its own retries know
        # of one request only; ours hold back every thread.
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            timeout=timeout,
            max_retries=0,
            http_client=http_client(base_url, internal, timeout),
        )

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given. One that fails ends the whole."""
        replies: dict[int, ChatReply] = {}
        self.answer_each(requests, replies.update, progress)
        return [replies[number] for number in range(len(requests))]

    def answer_each(
        self,
        requests: Sequence[ChatRequest],
        heard: Heard,
        progress: Progress | None = None,
        *,
        may_fail: int = 0,
    ) -> None:
        """Answer every request, telling each reply; see ``TellingClient``."""
        pace, done, failed = Pace(), 0, 0
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="openai") as pool:
            left = {
                pool.submit(self._answer, request, pace): number
                for number, request in enumerate(requests)
            }
            try:
                while left:
                    ready, _ = wait(left, return_when=FIRST_COMPLETED)
                    fresh, problem = _sort({left.pop(one): one for one in ready})
                    heard(fresh)
                    done += len(fresh)
                    failed += sum(bool(reply.error) for reply in fresh.values())
                    none_yet = failed == done and failed >= self._enough(problem)
                    if problem and (failed > may_fail or none_yet or problem.code in HOPELESS):
                        pace.stop()
                        # What is under way is waited for in any case, so it is not thrown away.
                        rest = {one: number for one, number in left.items() if not one.cancel()}
                        heard(_sort({number: one for one, number in rest.items()})[0])
                        raise _counted(problem, failed, done)
                    if progress:
                        progress("answer", done, len(requests))
            except BaseException:
                # Work that is stopped must not wait for answers that nobody will read.
                pace.stop()
                for future in left:
                    future.cancel()
                raise

    def _enough(self, problem: ModelProblem | None) -> int:
        """How many failures without any answer show that there will be none."""
        silent = problem is not None and problem.code == "endpoint_silent"
        return self._at_once if silent else max(FIRST_FAILURES, 2 * self._at_once)

    def _answer(self, request: ChatRequest, pace: Pace) -> ChatReply:
        """One reply, after as many tries as the kind of failure is worth. Raises ModelProblem."""
        attempt = 0
        while True:
            attempt += 1
            pace.wait()
            try:
                return self._one(request, pace)
            except openai.OpenAIError as fault:
                if attempt >= tries(fault):
                    raise problem_of(fault, self._url, self.name, self._timeout) from fault
                asked = None
                if isinstance(fault, openai.APIStatusError):
                    asked = retry_after(fault.response.headers, self._clock.now())
                if asked is not None and is_limit(fault):
                    pace.pause(asked)
                pace.back_off(attempt)

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
            raise problem_of(fault, self._url, self.name, self._timeout) from fault
        except (httpx.HTTPError, ValueError) as fault:  # in the middle of an answer
            raise nonsense(self._url, f"Its stream breaks off: {fault}.") from fault

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _one(self, request: ChatRequest, pace: Pace) -> ChatReply:
        started = time.perf_counter()
        try:
            raw = self._client.chat.completions.with_raw_response.create(**self._body(request))
            pace.heard(raw.headers)
            answer: object = raw.parse()
        except openai.APIResponseValidationError as fault:
            raise nonsense(self._url, str(fault)) from fault
        except ValueError as fault:
            raise nonsense(self._url, f"It is not JSON: {fault}.") from fault
        # The library checks nothing: a page of HTML comes through as text, a list as a list.
        if not isinstance(answer, ChatCompletion) or not isinstance(answer.choices, list):
            raise nonsense(self._url, "It is no chat completion.")
        if not answer.choices:
            raise empty(self._url)
        choice: Any = answer.choices[0]
        text = getattr(getattr(choice, "message", None), "content", 0)
        if not isinstance(text, str | None):
            raise nonsense(self._url, "Its first choice holds no message with text.")
        return ChatReply(
            # Half a surrogate pair can stand in JSON, but in no text that is written down.
            text=request.prefill + (text or "").encode("utf-8", "replace").decode(),
            prompt_tokens=_count(answer.usage, "prompt_tokens"),
            completion_tokens=_count(answer.usage, "completion_tokens"),
            finish_reason="length" if choice.finish_reason == "length" else "stop",
            seconds=time.perf_counter() - started,
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


def endpoint_digest(base_url: str, model: str) -> str:
    """Digest of an address and the name of a model there."""
    return digest([base_url, model])


def _sort(
    ready: dict[int, "Future[ChatReply]"],
) -> tuple[dict[int, ChatReply], ModelProblem | None]:
    """The replies, with an error for each request that failed, and the worst of the problems."""
    found: dict[int, ChatReply] = {}
    worst: ModelProblem | None = None
    for number, future in ready.items():
        try:
            found[number] = future.result()
        except ModelProblem as problem:
            found[number] = ChatReply(
                text="",
                prompt_tokens=0,
                completion_tokens=0,
                finish_reason="error",
                error=named(problem),
            )
            if worst is None or problem.code in HOPELESS:
                worst = problem
    return found, worst


def _counted(problem: ModelProblem, failed: int, done: int) -> ModelProblem:
    """The problem with how often it was met, where more than one request was sent."""
    if done < 2:
        return problem
    why = f"{failed} of the first {done} requests could not be answered. {problem.why}".strip()
    return ModelProblem(problem.code, problem.message, why=why, fix=problem.fix)


def _count(usage: Any, name: str) -> int:
    """A token count that the endpoint gave, or 0 where it gave none that can be one."""
    count = getattr(usage, name, None)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
