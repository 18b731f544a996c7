"""The /v1/chat/completions request and its answers, as the OpenAI API has them."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tuneworthy.adapters.batching import Batcher, Job
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import Problem, UsageProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatReply, ChatRequest

DEFAULT_TOKENS = 256
MAX_TOKENS = 4096
_STATUS = {"unknown_model": 404, "overloaded": 503}


class ChatCompletions:
    """Reads requests, waits for answers, writes them whole or as server-sent events.

    ``models`` maps each name to whether its adapter is on, ``digests`` to its weights. Decoding is
    greedy whatever the sampling settings say. A last assistant message together with
    ``continue_final_message`` is the start of the answer; only what follows it is returned, unless
    ``echo`` asks for all of it.
    """

    def __init__(
        self, batcher: Batcher, models: Mapping[str, bool], digests: Mapping[str, str]
    ) -> None:
        self._batcher = batcher
        self._models = models
        self._digests = digests
        self._clock = SystemClock()

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """Answer one HTTP request."""
        try:
            body = _object(await http.read())
            model = self._model(body)
            request = _request(body)
            streams = bool(body.get("stream"))
            job = self._batcher.submit(request, tuned=self._models[model], streams=streams)
            if streams:
                return await self._stream(http, job, body, model)
            reply = await job.reply
        except Problem as problem:
            return _error(problem)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": reply.text[_hidden(body, request) :]},
            "finish_reason": reply.finish_reason,
        }
        head = self._head("chat.completion", model)
        return web.json_response({**head, "choices": [choice], "usage": _usage(reply)})

    def _model(self, body: dict[str, Any]) -> str:
        name = body.get("model")
        if not isinstance(name, str) or name not in self._models:
            raise UsageProblem(
                "unknown_model",
                f"There is no model {name!r} here.",
                fix=f"Ask for one of: {', '.join(self._models)}.",
            )
        return name

    def _head(self, kind: str, model: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": kind,
            "created": int(self._clock.now().timestamp()),
            "model": model,
            "system_fingerprint": self._digests[model],
        }

    async def _stream(
        self, http: web.Request, job: Job, body: dict[str, Any], model: str
    ) -> web.StreamResponse:
        # Wait for the first piece: a request that cannot be answered still gets its status code.
        first = await job.pieces.get()
        if first is None and job.reply.exception():
            await job.reply
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        await response.prepare(http)
        head = self._head("chat.completion.chunk", model)
        skip = _hidden(body, job.request)
        await _send(response, head, {"role": "assistant", "content": ""}, None)
        piece = first
        while piece is not None:
            piece, skip = piece[skip:], max(0, skip - len(piece))
            if piece:
                await _send(response, head, {"content": piece}, None)
            piece = await job.pieces.get()
        await self._finish(response, head, job, body)
        return response

    async def _finish(
        self, response: web.StreamResponse, head: dict[str, Any], job: Job, body: dict[str, Any]
    ) -> None:
        try:
            reply = await job.reply
        except asyncio.CancelledError:
            raise
        except Exception as fault:  # noqa: BLE001 - told to the client, or it would see a clean end
            # Clients take a stream that just ends for a complete answer; an error event they raise.
            await _event(response, {"error": {"message": str(fault), "type": "server_error"}})
            return
        await _send(response, head, {}, reply.finish_reason)
        options = body.get("stream_options")
        if isinstance(options, dict) and options.get("include_usage"):
            await _event(response, {**head, "choices": [], "usage": _usage(reply)})
        await response.write(b"data: [DONE]\n\n")


def _object(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise UsageProblem("bad_json", f"The body is not JSON: {fault}.") from fault
    if not isinstance(body, dict):
        raise UsageProblem("bad_json", "The body is not a JSON object.")
    return body


def _request(body: dict[str, Any]) -> ChatRequest:
    for name in ("tools", "functions"):
        if body.get(name):
            raise UsageProblem("not_supported", f"{name!r} is not supported: put it in a message.")
    if body.get("n") not in (None, 1):
        raise UsageProblem("not_supported", "One answer a request: leave out n.")
    limit = body.get("max_completion_tokens", body.get("max_tokens")) or DEFAULT_TOKENS
    if not isinstance(limit, int) or not 1 <= limit <= MAX_TOKENS:
        raise UsageProblem("bad_max_tokens", f"max_tokens must be a number from 1 to {MAX_TOKENS}.")
    given = body.get("messages")
    if not isinstance(given, list) or not given:
        raise UsageProblem("bad_messages", "messages must be a list of at least one message.")
    messages = [_message(message, index) for index, message in enumerate(given)]
    prefill = ""
    if body.get("continue_final_message") and messages[-1].role == "assistant":
        prefill = messages.pop().content
    form = body.get("response_format")
    ends = "json" if isinstance(form, dict) and form.get("type") == "json_object" else ""
    return ChatRequest(messages=tuple(messages), prefill=prefill, max_new_tokens=limit, ends=ends)


def _message(message: Any, index: int) -> Message:
    role = message.get("role") if isinstance(message, dict) else None
    if role == "developer":
        role = "system"
    if role not in ("system", "user", "assistant", "tool"):
        raise UsageProblem("bad_messages", f"messages[{index}] has no known role.")
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        texts = [part for part in parts if isinstance(part, str)]
        content = "".join(texts) if len(texts) == len(parts) else None
    # Half a surrogate pair can stand in JSON, but in no text.
    if not isinstance(content, str) or any("\ud800" <= letter <= "\udfff" for letter in content):
        raise UsageProblem("bad_messages", f"messages[{index}].content is not text.")
    return Message(role=role, content=content)


def _hidden(body: dict[str, Any], request: ChatRequest) -> int:
    """How much of the answer the client gave itself; with ``echo`` it wants that back too."""
    return 0 if body.get("echo") else len(request.prefill)


def _usage(reply: ChatReply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }


def _error(problem: Problem) -> web.Response:
    status = _STATUS.get(problem.code, 400)
    kind = "invalid_request_error" if status < 500 else "server_error"
    fact = {"message": problem.message, "type": kind, "code": problem.code, "fix": problem.fix}
    return web.json_response({"error": fact}, status=status)


async def _send(
    response: web.StreamResponse, head: dict[str, Any], delta: dict[str, str], reason: str | None
) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    await _event(response, {**head, "choices": [choice]})


async def _event(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")
