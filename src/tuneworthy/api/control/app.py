"""The control API as a Starlette application: a table of routes behind one door."""

import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext

import orjson
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tuneworthy.api.control import (
    key_routes,
    oidc_routes,
    passkey_routes,
    read_routes,
    session_routes,
    sign_in_page,
)
from tuneworthy.api.control.answers import answer, refusal
from tuneworthy.api.control.door import check_host, enter
from tuneworthy.api.control.place import Place
from tuneworthy.api.control.request_name import REQUEST_ID, request_name
from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.errors import Problem, UsageProblem
from tuneworthy.govern.sign_in import LONGEST, TICKET
from tuneworthy.workspace import Workspace

log = logging.getLogger("tuneworthy.control")

MOST_BODY = 65_536

WAITING = 8
"""Visits at once that wait for other machines; they leave threads to all others."""

ENDPOINTS: tuple[Endpoint, ...] = (
    *session_routes.ROUTES,
    *oidc_routes.ROUTES,
    *key_routes.ROUTES,
    *read_routes.ROUTES,
    *passkey_routes.ROUTES,
)
"""Every route of the API; there is no other way in."""


class Desk:
    """Answers visits over one workspace, one after another.

    A workspace keeps what it has read; visits of persons are few enough to wait for each other.
    """

    def __init__(self, workspace: Workspace, place: Place) -> None:
        self.workspace = workspace
        self.place = place
        self._turn = threading.Lock()
        self._waiting = CapacityLimiter(WAITING)

    def endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """A route's function for Starlette."""

        async def serve(request: Request) -> Response:
            name = request_name(request)
            said = await self._answered(endpoint, request, name)
            said.headers[REQUEST_ID] = name
            return said

        return serve

    async def _answered(self, endpoint: Endpoint, request: Request, name: str) -> Response:
        try:
            check_host(request, self.place)
            body = await _body(request) if endpoint.method in ("POST", "PUT", "DELETE") else b""
            return await to_thread.run_sync(
                self._serve,
                endpoint,
                request,
                name,
                body,
                limiter=self._waiting if endpoint.waits else None,
            )
        except Problem as problem:
            return refusal(problem)
        except ClientDisconnect:  # nobody hears it; it is no mistake of the program's
            return Response(status_code=400)

    def _serve(self, endpoint: Endpoint, request: Request, name: str, body: bytes) -> Response:
        turn = nullcontext() if endpoint.waits else self._turn
        with turn, self.workspace.in_request(name):
            session = enter(request, endpoint, self.place, self.workspace)
            acting = self.workspace.acting_as(session) if session else self.workspace
            visit = Visit(
                workspace=acting,
                session=session,
                token=request.cookies.get(self.place.cookie, ""),
                address=request.client.host if request.client else "",
                origin=_origin(request, self.place),
                local=self.place.local,
                away=request.cookies.get(self.place.away, ""),
                named={name: str(value) for name, value in request.path_params.items()},
                asked=dict(request.query_params),
                body=_object(body),
            )
            return self._told(endpoint.run(visit))

    def _told(self, made: Made) -> Response:
        said = answer(made.body, made.status)
        if made.begun is not None:
            self.place.keep(said, made.begun.token, int(LONGEST.total_seconds()))
        elif made.ended:
            self.place.forget(said)
        if made.away:
            self.place.keep(said, made.away, int(TICKET.total_seconds()), self.place.away)
        elif made.away is not None:
            self.place.forget(said, self.place.away)
        return said


def make_app(
    workspace: Workspace, place: Place, endpoints: Iterable[Endpoint] = ENDPOINTS
) -> Starlette:
    """The application; its owner closes the workspace."""
    desk = Desk(workspace, place)
    routes = [Route(one.path, desk.endpoint(one), methods=[one.method]) for one in endpoints]
    app = Starlette(
        routes=[*routes, *sign_in_page.routes(place)],
        exception_handlers={HTTPException: _not_here, Exception: _broken},
    )
    # Nobody is sent on to whatever name stands in Host, with a password and perhaps without TLS.
    app.router.redirect_slashes = False
    return app


def _origin(request: Request, place: Place) -> str:
    """This server as the browser named it; the host was checked."""
    return place.public or f"http://{request.headers.get('host', '').casefold()}"


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY:
            raise UsageProblem(
                "body_too_large",
                f"The body is longer than {MOST_BODY} bytes.",
                fix="Send a shorter request.",
            )
        parts.append(part)
    return b"".join(parts)


def _object(body: bytes) -> dict[str, object]:
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise UsageProblem("invalid_json", "The body is no JSON object.", fix="Send {...}.")
    return value


async def _not_here(_request: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 404
    codes = {404: "not_found", 405: "method_not_allowed"}
    said = "Nothing is here." if status == 404 else "This route has another method."
    error = {"code": codes.get(status, "not_possible"), "message": said, "why": "", "fix": ""}
    return answer({"error": error}, status)


async def _broken(request: Request, fault: Exception) -> Response:
    # What was sent stays out of the log: a password may be in it.
    log.error("%s %s: %s", request.method, request.scope["path"], type(fault).__name__)
    error = {
        "code": "internal",
        "message": "The program made a mistake.",
        "why": type(fault).__name__,
        "fix": "See the server's log.",
    }
    return answer({"error": error}, 500)
