"""``POST /v1/chat/completions``: choose the arm, ask the backend, record, answer.

An interaction is recorded before the client is told that it is complete: before a whole answer is
sent, and before ``[DONE]`` of a streamed one. What cannot be recorded is answered with 503.
"""

import asyncio
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import Any, TypeVar

import aiohttp
import orjson

from tuneworthy.api.asgi import (
    ClientGoneError,
    Receive,
    RefusedError,
    Scope,
    Send,
    header,
    parse_object,
    read_body,
    send_json,
)
from tuneworthy.api.calls import Call, record, unrecorded
from tuneworthy.api.sse import Answer, whole_answer
from tuneworthy.api.state import GatewayRuntime, Snapshot
from tuneworthy.api.streaming import relay
from tuneworthy.api.upstream import UPSTREAM_FIX, Upstream, UpstreamError, read_whole, said_error
from tuneworthy.api.weight import Load
from tuneworthy.core.errors import Problem
from tuneworthy.methods.subjects import subject_in
from tuneworthy.serve.blocks import RESCUED
from tuneworthy.serve.split import assign, split_key

T = TypeVar("T")


async def chat(
    runtime: GatewayRuntime,
    upstream: Upstream,
    load: Load,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Answer one chat request. Raises RefusedError before the response has begun."""
    call = Call(runtime)
    try:
        if not runtime.writer.healthy:
            raise _not_recorded()
        await _read(call, runtime, load, scope, receive)
        _choose(call, runtime)
        if call.stream:
            await _stream(call, runtime, upstream, receive, send)
        else:
            await _whole(call, runtime, upstream, send)
    except RefusedError as refused:
        refused.headers = [*call.headers, *refused.headers]
        raise
    except ClientGoneError:
        return


async def _read(
    call: Call, runtime: GatewayRuntime, load: Load, scope: Scope, receive: Receive
) -> None:
    call.raw = await read_body(scope, receive, runtime.max_body, load.add)
    call.body = body = parse_object(call.raw)
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not isinstance(messages, list) or not messages:
        raise RefusedError(
            400,
            "invalid_request",
            "`model` (text) and `messages` (a list that is not empty) are needed.",
            "See the OpenAI chat completions format.",
        )
    route = call.snapshot.routes.get(model)
    if route is None:
        raise _no_route(model, call.snapshot)
    call.route = route
    call.stream = body.get("stream") is True
    retries = header(scope, b"x-stainless-retry-count")
    call.attempt = int(retries) if retries.isdecimal() and len(retries) < 4 else 0
    call.key = split_key(header(scope, b"x-session-id"), body, call.id)
    call.subject = subject_in(body)
    call.caller = runtime.caller(header(scope, b"authorization"))
    await _prepare_key(call, runtime)


async def _prepare_key(call: Call, runtime: GatewayRuntime) -> None:
    """Have the key ready, durably, before anything is asked: no answer without a record."""
    sealer = runtime.sealer
    if sealer is None or sealer.prepared(call.subject, call.created_at):
        return
    try:
        # A new key is written through to a disk, or to a server, so this is off the event loop.
        await asyncio.to_thread(sealer.prepare, call.subject, call.created_at)
    except Problem as problem:
        raise unrecorded(problem) from problem


def _choose(call: Call, runtime: GatewayRuntime) -> None:
    route, snapshot = call.route, call.snapshot
    call.arm, call.manifest = assign(route, call.key.value), route.production
    if call.arm == "canary":
        if snapshot.servable(route.canary):
            call.manifest = route.canary
        else:  # an unapproved canary takes no traffic; production answers everybody
            call.arm = "production"
    permit = snapshot.permit(call.manifest)
    if not permit.ok:
        gate = f" The {permit.gate} gate is shut." if permit.gate else ""
        text = f"The version behind {route.id} is not approved.{gate} {permit.message}".strip()
        record(call, runtime, 403, Answer("", False, error=text))
        raise RefusedError(403, "not_approved", text, permit.fix)
    if not snapshot.servable(call.manifest):
        raise RefusedError(
            503, "no_backend", f"{route.id} has no backend.", "Start the gateway again."
        )


async def _whole(call: Call, runtime: GatewayRuntime, upstream: Upstream, send: Send) -> None:
    async def ask() -> dict[str, Any]:
        response = await upstream.post(call.backend, call.body)
        data = await read_whole(response)
        if response.status != 200:
            raise said_error(response.status, data)
        return _completion(data)

    body = await _or_production(call, runtime, ask)
    body["id"], body["model"] = call.id, call.route.id
    record(call, runtime, 200, whole_answer(body))
    await send_json(send, 200, orjson.dumps(body), call.headers)


def _completion(data: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(data)
        if isinstance(body["choices"][0]["message"], dict):
            return dict(body)
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        pass
    raise UpstreamError(502, "upstream_answer", "The backend's answer is not a chat completion.")


async def _or_production(call: Call, runtime: GatewayRuntime, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask the chosen arm; if the canary fails, count that and let production answer."""
    try:
        return await ask()
    except UpstreamError as fault:
        fallback = call.route.production
        if call.arm == "production" or fault.status < 500 or not call.snapshot.servable(fallback):
            raise _failed(call, runtime, fault) from fault
        note = f"{fault.message} Production answered as {call.id}."
        record(call, runtime, fault.status, Answer("", False, error=note), suffix=RESCUED)
        runtime.meters.failovers.labels(call.route.id).inc()
        call.arm, call.manifest, call.rescued = "production", fallback, True
    try:
        return await ask()
    except UpstreamError as fault:
        raise _failed(call, runtime, fault) from fault


def _failed(call: Call, runtime: GatewayRuntime, fault: UpstreamError) -> RefusedError:
    record(call, runtime, fault.status, Answer("", False, error=fault.message))
    return RefusedError(
        fault.status, fault.code, fault.message, UPSTREAM_FIX if fault.status >= 500 else ""
    )


async def _stream(
    call: Call, runtime: GatewayRuntime, upstream: Upstream, receive: Receive, send: Send
) -> None:
    async def ask() -> aiohttp.ClientResponse:
        response = await upstream.post(call.backend, call.body)
        if response.status != 200:
            raise said_error(response.status, await read_whole(response))
        if response.content_type != "text/event-stream":
            response.close()
            raise UpstreamError(502, "upstream_answer", "The backend does not stream.")
        return response

    response = await _or_production(call, runtime, ask)
    await relay(call, runtime, response, receive, send)


def _not_recorded() -> RefusedError:
    return RefusedError(
        503,
        "recording_failed",
        "Interactions cannot be recorded now, so none is answered.",
        "Free space or repair the gateway's disk; it goes on by itself.",
    )


def _no_route(model: str, snapshot: Snapshot) -> RefusedError:
    names = sorted(snapshot.routes)
    near = get_close_matches(model[:100], names, 1)  # a megabyte would take a while
    fix = f"Did you mean `{near[0]}`?" if near else f"Known models: {', '.join(names) or 'none'}."
    return RefusedError(404, "model_not_found", f"There is no model named `{model[:100]}`.", fix)
