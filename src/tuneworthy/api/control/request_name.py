"""The name of one request: the audit events that come of it carry it, and so does its answer."""

import re
from uuid import uuid4

from starlette.requests import Request

REQUEST_ID = "x-request-id"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


def request_name(request: Request) -> str:
    """The one that the caller gave in ``x-request-id``, or a new one where it is no plain name."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _NAME.fullmatch(given) else uuid4().hex
