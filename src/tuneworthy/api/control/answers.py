"""What the control API answers: JSON, one shape of error, and headers that let nothing through."""

from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    ConflictProblem,
    NeedsPersonProblem,
    Problem,
    UsageProblem,
)

_STATUS: dict[type[Problem], int] = {
    BlockedProblem: 403,
    ConflictProblem: 409,
    NeedsPersonProblem: 403,
    UsageProblem: 400,
    ConfigProblem: 404,
}
_CODES = {
    "sign_in_refused": 401,
    "link_used": 401,
    "sign_in_over": 401,
    "account_unknown": 403,
    "provider_answer": 502,
    "not_delivered": 502,
    "not_signed_in": 401,
    "too_many_tries": 429,
    "body_too_large": 413,
    "method_not_allowed": 405,
    "wrong_host": 421,
}

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem; 500 for what is the program's or its database's own."""
    if problem.code in _CODES:
        return _CODES[problem.code]
    return next((status for kind, status in _STATUS.items() if isinstance(problem, kind)), 500)


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer; nouns become objects."""
    data = orjson.dumps(body, default=_plain)
    return Response(data, status, HEADERS, "application/json")


def refusal(problem: Problem) -> Response:
    """A problem as JSON: ``{"error": {"code", "message", "why", "fix"}}``."""
    status = status_of(problem)
    said = answer({"error": problem.to_dict()}, status)
    if status == 401:
        said.headers["www-authenticate"] = "Bearer"
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)
