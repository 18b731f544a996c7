"""Backends: one pooled client for all of them."""

from collections.abc import Collection, Mapping
from typing import Any

import aiohttp
import orjson

from tuneworthy.api.peers import Peers
from tuneworthy.api.state import Backend
from tuneworthy.core.errors import Problem

MOST_READ = 32 * 2**20
"""Longest answer in bytes that is not streamed."""
UPSTREAM_FIX = "Check that the model's server runs and that its URL is right."


class UpstreamError(Exception):
    """A backend gave no usable answer; ``status`` is what the client is told."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Upstream:
    """Sends chat requests to backends; one per event loop.

    ``internal`` are the hosts behind this machine that backends may be at.
    """

    def __init__(self, silence_seconds: float, internal: Collection[str] = ()) -> None:
        self._session = aiohttp.ClientSession(
            # Uvicorn, and so most backends, lets idle connections go after 5 s: be sooner.
            connector=Peers(internal).connector(keepalive_timeout=4),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=min(5.0, silence_seconds), sock_read=silence_seconds
            ),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, backend: Backend, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        """Send a chat request under the backend's own model name.

        Raises:
            UpstreamError: The backend cannot be reached or answers in a way we cannot pass on.
        """
        url = backend.url.rstrip("/") + "/chat/completions"
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if backend.api_key:
            headers["authorization"] = f"Bearer {backend.api_key}"
        try:
            asked = backend.prepare(body) if backend.prepare is not None else body
            data = orjson.dumps({**asked, "model": backend.model})
            response = await self._send(url, data, headers)
        except Problem as problem:
            raise UpstreamError(400, problem.code, problem.message) from problem
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise from_fault(fault) from fault
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise UpstreamError(502, "upstream_answer", "The backend sent a compressed answer.")
        return response

    async def _send(
        self, url: str, data: bytes, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        try:
            return await self._session.post(url, data=data, headers=headers, allow_redirects=False)
        except aiohttp.ServerDisconnectedError:
            # An idle connection was closed under us; no byte of an answer had come.
            return await self._session.post(url, data=data, headers=headers, allow_redirects=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


async def read_whole(response: aiohttp.ClientResponse) -> bytes:
    """The response's body. Raises UpstreamError."""
    try:
        async with response:
            parts, size = [], 0
            async for chunk in response.content.iter_any():
                parts.append(chunk)
                size += len(chunk)
                if size > MOST_READ:
                    response.close()
                    raise UpstreamError(502, "upstream_answer", "The backend's answer is too long.")
            return b"".join(parts)
    except (aiohttp.ClientError, OSError) as fault:
        raise from_fault(fault) from fault


def from_fault(fault: Exception) -> UpstreamError:
    """A client library's exception in our words, without the backend's address."""
    if isinstance(fault, TimeoutError):
        return UpstreamError(504, "upstream_timeout", "The backend did not answer in time.")
    if isinstance(fault, aiohttp.ClientConnectorError | ConnectionRefusedError):
        return UpstreamError(502, "upstream_down", "The backend cannot be reached.")
    return UpstreamError(
        502, "upstream_lost", f"The connection to the backend broke ({type(fault).__name__})."
    )


def said_error(status: int, body: bytes) -> UpstreamError:
    """What a backend said with a status other than 200."""
    try:
        error = orjson.loads(body)["error"]
        message, code = str(error["message"]), str(error.get("code") or "upstream_error")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message, code = f"The backend answered with status {status}.", "upstream_error"
    # A redirect or an empty success is no answer to a chat; errors keep their status.
    return UpstreamError(status if status >= 400 else 502, code, message)
