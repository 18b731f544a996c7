"""Passing a streamed answer on, and what is done when either side breaks off."""

import asyncio
from typing import Any

import aiohttp

from tuneworthy.api.asgi import Receive, RefusedError, Send, error_shape
from tuneworthy.api.calls import Call, record
from tuneworthy.api.sse import DONE, MOST_KEPT, Answer, AnswerStream, error_event
from tuneworthy.api.state import GatewayRuntime
from tuneworthy.api.upstream import UPSTREAM_FIX, from_fault
from tuneworthy.serve.blocks import CLIENT_GONE

_SSE = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


async def relay(
    call: Call,
    runtime: GatewayRuntime,
    response: aiohttp.ClientResponse,
    receive: Receive,
    send: Send,
) -> None:
    """Pass the backend's stream on to its end and record it."""
    gone = asyncio.ensure_future(receive())
    try:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [*_SSE, *call.headers]}
        )
        passing = _Relay(call, response, send, gone)
        try:
            await passing.run()
        except asyncio.CancelledError:
            record(
                call, runtime, CLIENT_GONE, passing.cut("The gateway was stopped."), passing.first
            )
            raise
        last = _close(call, runtime, passing, gone=gone.done())
        await send({"type": "http.response.body", "body": last})
    finally:
        gone.cancel()
        await _let_go(response)


class _Relay:
    """Passes one streamed answer on until it ends, breaks or nobody listens."""

    def __init__(
        self,
        call: Call,
        response: aiohttp.ClientResponse,
        send: Send,
        gone: asyncio.Future[Any],
    ) -> None:
        self.stream = AnswerStream(call.id, call.route.id)
        self.first: float | None = None
        self.fault = ""
        self._call, self._response, self._send, self._gone = call, response, send, gone

    async def run(self) -> None:
        stream = self.stream
        try:
            async for chunk in self._response.content.iter_any():
                ready = stream.feed(chunk)
                if ready:
                    if self.first is None:
                        self.first = self._call.seconds()
                    await self._send(
                        {"type": "http.response.body", "body": ready, "more_body": True}
                    )
                if stream.done or self._gone.done():
                    return
                if stream.size > MOST_KEPT:
                    self.fault = "The backend's answer is too long."
                    return
        except (aiohttp.ClientError, OSError) as fault:
            self.fault = from_fault(fault).message

    def cut(self, why: str) -> Answer:
        """The answer so far, with the reason why there is no more."""
        return self.stream.answer()._replace(error=why)


def _close(call: Call, runtime: GatewayRuntime, relay: _Relay, *, gone: bool) -> bytes:
    """Record the streamed answer and give its last bytes."""
    answer = relay.stream.answer()
    status = 200
    if gone and not relay.stream.done:
        status, answer = CLIENT_GONE, relay.cut("The client left before the end.")
    elif answer.error:
        status = 502
    elif relay.fault or not (relay.stream.done or answer.finished):
        answer = relay.cut(relay.fault or "The backend stopped before the end of the answer.")
        status = 502
    try:
        record(call, runtime, status, answer, relay.first)
    except RefusedError as refused:
        return error_event(error_shape(503, refused.code, refused.message, refused.fix))
    if status == 502:
        return error_event(error_shape(502, "upstream_lost", answer.error, UPSTREAM_FIX))
    return DONE if status == 200 else b""


async def _let_go(response: aiohttp.ClientResponse) -> None:
    """Keep the connection when the backend ends its answer at once, else close it."""
    try:
        async with asyncio.timeout(0.5):
            while not response.content.at_eof() and response.content.exception() is None:
                if not await response.content.readany():
                    break
    except (TimeoutError, aiohttp.ClientError, OSError):
        response.close()
    response.release()
