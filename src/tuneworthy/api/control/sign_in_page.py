"""The one page of sign-in: it hands on what stands in its address, by POST.

A link in a mail or a browser's history is only looked at, never used, by whatever fetches it:
the secret of a one-time link stands behind the ``#``, which no browser sends, and the answer of an
OpenID provider is used by the page's script.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tuneworthy.api.control.answers import HEADERS
from tuneworthy.api.control.place import Place

_FILES = {
    "/sign-in": ("sign_in.html", "text/html"),
    "/sign-in.js": ("sign_in.js", "text/javascript"),
}

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def routes(place: Place) -> list[Route]:
    """The page and its script; they hold nothing of the project."""
    return [Route(path, _page(place, *file), methods=["GET"]) for path, file in _FILES.items()]


def _page(place: Place, name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    text = (files("tuneworthy.api.control") / name).read_text(encoding="utf-8")
    headers = {**HEADERS, "content-security-policy": _POLICY}

    async def serve(request: Request) -> Response:
        if request.headers.get("host", "").casefold() not in place.hosts:
            return PlainTextResponse(f"Use {place.origin}", 421, HEADERS)
        return Response(text, 200, headers, kind)

    return serve
