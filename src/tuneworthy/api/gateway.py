"""The gateway as a bare ASGI application: routes by path, one shape of error, no middleware."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson

from tuneworthy.api.asgi import (
    ClientGoneError,
    Receive,
    RefusedError,
    Scope,
    Send,
    from_problem,
    header,
    parse_object,
    read_body,
    send_bytes,
    send_json,
)
from tuneworthy.api.calls import unrecorded
from tuneworthy.api.chat import chat
from tuneworthy.api.keys import check_allowance, check_key, check_page, scope_of
from tuneworthy.api.metrics import CONTENT_TYPE
from tuneworthy.api.state import GatewayRuntime
from tuneworthy.api.upstream import Upstream
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.serving import Route
from tuneworthy.serve.intake import FEEDBACK, SEALED_FEEDBACK

log = logging.getLogger("tuneworthy.gateway")

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gateway:
    """Serves the OpenAI chat endpoints over one ``GatewayRuntime``.

    Args:
        runtime: What is served; its owner closes it.
        fallback: Another ASGI application for paths that are not the gateway's (pages).
    """

    def __init__(self, runtime: GatewayRuntime, fallback: Handler | None = None) -> None:
        self.runtime = runtime
        self._fallback = fallback
        self._upstream: Upstream | None = None
        self._paths: dict[str, tuple[str, Handler]] = {
            "/v1/chat/completions": ("POST", self._chat),
            "/v1/models": ("GET", self._models),
            "/v1/feedback": ("POST", self._feedback),
            "/healthz": ("GET", self._health),
            "/metrics": ("GET", self._metrics),
        }
        self._prefixes: dict[str, tuple[str, Handler]] = {
            "/v1/trace/": ("GET", self._trace),
            "/v1/models/": ("GET", self._model),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._dispatch(scope, receive, send)
        except RefusedError as refused:
            self.runtime.meters.refused.labels(_label(refused.code)).inc()
            await send_json(send, refused.status, refused.body, refused.headers)
        except ClientGoneError:
            return

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        found = self._paths.get(path) or self._by_prefix(path)
        if found is None:
            if self._fallback is not None:
                return await self._fallback(scope, receive, send)
            raise RefusedError(404, "not_found", f"Nothing is at {path[:100]}.")
        method, handler = found
        if scope["method"] != method:
            allow = [(b"allow", method.encode())]
            raise RefusedError(405, "method_not_allowed", f"Use {method}.", headers=allow)
        if (needed := scope_of(path)) is not None:
            if self.runtime.open:
                check_page(header(scope, b"host"), header(scope, b"origin"))
            sent = header(scope, b"authorization")
            check_key(self.runtime, sent, needed)
            check_allowance(self.runtime, sent)
        return await handler(scope, receive, send)

    def _by_prefix(self, path: str) -> tuple[str, Handler] | None:
        for prefix, found in self._prefixes.items():
            if path.startswith(prefix) and len(path) > len(prefix):
                return found
        return None

    async def _chat(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime = self.runtime
        if runtime.in_flight >= runtime.max_in_flight:
            raise RefusedError(
                429,
                "too_many_requests",
                f"{runtime.in_flight} requests are being answered already.",
                "Try again a little later.",
                [(b"retry-after", b"1")],
            )
        if self._upstream is None:
            self._upstream = Upstream(runtime.upstream_seconds, runtime.internal_hosts)
        runtime.in_flight += 1
        try:
            with runtime.weight.load() as load:
                await chat(runtime, self._upstream, load, scope, receive, send)
        finally:
            runtime.in_flight -= 1

    async def _models(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        routes = self.runtime.snapshot.routes
        data = [self._describe(routes[name]) for name in sorted(routes)]
        await send_json(send, 200, orjson.dumps({"object": "list", "data": data}))

    async def _model(self, scope: Scope, _receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/v1/models/")
        route = self.runtime.snapshot.routes.get(name)
        if route is None:
            raise RefusedError(404, "model_not_found", f"There is no model named `{name[:100]}`.")
        await send_json(send, 200, orjson.dumps(self._describe(route)))

    def _describe(self, route: Route) -> dict[str, Any]:
        snapshot = self.runtime.snapshot
        manifest = snapshot.manifests.get(route.production)
        made = int(datetime.fromisoformat(manifest.created_at).timestamp()) if manifest else 0
        return {
            "id": route.id,
            "object": "model",
            "created": made,
            "owned_by": "tuneworthy",
            "manifest": route.production,
            "canary": route.canary,
            "canary_percent": route.canary_percent if route.canary else 0.0,
            "servable": snapshot.servable(route.production),
        }

    async def _feedback(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime = self.runtime
        with runtime.weight.load() as load:
            body = parse_object(await read_body(scope, receive, runtime.max_body, load.add))
        row = _feedback_row(body, runtime.clock.now().isoformat())
        try:
            runtime.writer.append(await self._word(row))
        except Problem as problem:
            raise unrecorded(problem) from problem
        runtime.rate(row["interaction"], row["score"])
        runtime.meters.feedback.inc()
        answer = {"id": row["id"], "object": "feedback", "interaction": row["interaction"]}
        await send_json(send, 200, orjson.dumps(answer))

    async def _word(self, row: dict[str, Any]) -> bytes:
        sealer = self.runtime.sealer
        if sealer is None:
            return FEEDBACK + orjson.dumps(row)
        await asyncio.to_thread(sealer.prepare_word, row["interaction"], row["created_at"])
        return SEALED_FEEDBACK + sealer.word(row)

    async def _trace(self, scope: Scope, _receive: Receive, send: Send) -> None:
        response_id = scope["path"].removeprefix("/v1/trace/")
        trace = self.runtime.trace
        if trace is None:
            raise RefusedError(404, "no_trace", "This gateway was started without traces.")
        try:
            # The walk reads the store, so it stays off the event loop.
            proofs = scope["query_string"] == b"proofs=true"
            found = await asyncio.to_thread(trace, response_id, proofs=proofs)
        except Problem as problem:
            raise from_problem(problem, 500) from problem
        if found is None:
            raise RefusedError(
                404,
                "response_not_found",
                f"No response `{response_id[:100]}` is recorded.",
                "Use the `id` of a response; a new one can take a second to appear.",
            )
        await send_json(send, 200, orjson.dumps(dict(found)))

    async def _health(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        recording = self.runtime.writer.healthy
        body = {
            "status": "ok" if recording else "not recording",
            "recording": recording,
            "routes": len(self.runtime.snapshot.routes),
            "in_flight": self.runtime.in_flight,
        }
        await send_json(send, 200 if recording else 503, orjson.dumps(body))

    async def _metrics(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        text = self.runtime.meters.text()
        await send_bytes(send, 200, text, [(b"content-type", CONTENT_TYPE)])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.runtime.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._upstream is not None:
                    await self._upstream.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _feedback_row(body: dict[str, Any], now: str) -> dict[str, Any]:
    interaction, score = body.get("interaction"), body.get("score")
    source, comment = body.get("source", "user"), body.get("comment", "")
    if not isinstance(interaction, str) or not interaction.startswith("chatcmpl-"):
        raise _bad_feedback("`interaction` must be the id of a response.")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise _bad_feedback("`score` must be a number from 0 (bad) to 1 (good).")
    if source not in ("user", "override", "check"):
        raise _bad_feedback("`source` must be `user`, `override` or `check`.")
    if not isinstance(comment, str):
        raise _bad_feedback("`comment` must be text.")
    return {
        "id": "fb-" + uuid4().hex,
        "interaction": interaction,
        "score": float(score),
        "source": source,
        "comment": comment,
        "created_at": now,
    }


def _bad_feedback(message: str) -> RefusedError:
    fix = 'Send {"interaction": "chatcmpl-...", "score": 1, "comment": "why"}.'
    return RefusedError(400, "invalid_feedback", message, fix)


_CODES = frozenset(
    {
        "body_too_large", "foreign_page", "invalid_api_key", "invalid_feedback", "invalid_json",
        "invalid_request", "key_scope",
        "method_not_allowed", "model_not_found", "no_backend", "no_trace", "not_approved",
        "not_found", "overloaded", "rate_limit_exceeded", "recording_failed",
        "response_not_found", "too_many_requests",
        "upstream_answer", "upstream_down", "upstream_lost", "upstream_timeout",
    }
)  # fmt: skip


def _label(code: str) -> str:
    """The code as a metric label; codes that backends made up are one label."""
    return code if code in _CODES else "upstream_error"
