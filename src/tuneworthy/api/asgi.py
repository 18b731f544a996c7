"""The little of ASGI that the gateway needs: read a body, send JSON, one shape of error."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from tuneworthy.core.errors import Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_PATIENCE = 8
_JSON = (b"content-type", b"application/json")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


class RefusedError(Exception):
    """An answer in the error shape; raised anywhere before the response has begun."""

    def __init__(
        self, status: int, code: str, message: str, fix: str = "", headers: Headers | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fix = fix
        self.headers: Headers = headers if headers is not None else []

    @property
    def body(self) -> bytes:
        """The error as JSON."""
        return orjson.dumps(error_shape(self.status, self.code, self.message, self.fix))


class ClientGoneError(Exception):
    """The client left before its request was read."""


def error_shape(status: int, code: str, message: str, fix: str = "") -> dict[str, Any]:
    """The one shape of every error; official clients read ``message``, ``type`` and ``code``."""
    kind = _TYPES.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "code": code, "fix": fix, "param": None}}


def from_problem(problem: Problem, status: int) -> RefusedError:
    """A problem's facts as a refusal."""
    text = f"{problem.message} {problem.why}".strip()
    return RefusedError(status, problem.code, text, problem.fix)


def header(scope: Scope, name: bytes) -> str:
    """The first header of that name (lower case), or an empty text."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def read_body(
    scope: Scope, receive: Receive, most: int, keep: Callable[[int], None] = lambda _: None
) -> bytes:
    """The whole body; ``keep`` is told of every piece that is kept, and may refuse it.

    Raises RefusedError (413) over ``most`` bytes, or ClientGoneError.
    """
    declared = header(scope, b"content-length")
    if declared.isdecimal() and int(declared) > most * _PATIENCE:
        raise _too_long(most)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > most * _PATIENCE:
            raise _too_long(most)
        # A little too long is read and dropped: a client cut off while it sends sees no answer.
        if size <= most:
            keep(len(part))
            parts.append(part)
    if size > most:
        raise _too_long(most)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def parse_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises RefusedError (400)."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise RefusedError(
            400, "invalid_json", f"The body is not JSON: {fault}.", "Send a JSON object."
        ) from fault
    if not isinstance(value, dict):
        raise RefusedError(
            400, "invalid_json", "The body is not a JSON object.", "Send a JSON object."
        )
    return value


async def send_bytes(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole response."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def send_json(send: Send, status: int, body: bytes, headers: Headers | None = None) -> None:
    """Send JSON bytes."""
    await send_bytes(send, status, body, [_JSON, *(headers or [])])


def _too_long(most: int) -> RefusedError:
    # The rest of the body is not read, so the connection cannot be used again.
    return RefusedError(
        413,
        "body_too_large",
        f"The body is longer than {most} bytes.",
        "Send a shorter request.",
        [(b"connection", b"close")],
    )
