"""Who may come in: the host, the key or the session, the page that asks, and how fresh they are."""

from starlette.requests import Request

from tuneworthy.api.control.place import Place
from tuneworthy.api.control.visit import Endpoint
from tuneworthy.core.errors import BlockedProblem, NeedsPersonProblem, UsageProblem
from tuneworthy.core.nouns.account import Session
from tuneworthy.core.nouns.api_key import Scope
from tuneworthy.govern.sign_in import is_fresh
from tuneworthy.methods.session_token import derived, same
from tuneworthy.serve.key_ring import ring_of
from tuneworthy.workspace import Workspace

CSRF = "x-csrf-token"

SIGN_IN = 'POST /control/session {"person": "...", "password": "..."}, or: tuneworthy ui'


def csrf_of(token: str) -> str:
    """What a page of ours must send beside the cookie; another site cannot read it."""
    return derived(token, "csrf")


def check_host(request: Request, place: Place) -> None:
    """Refuse a request under another name: that is how a foreign page reaches a local server."""
    if request.headers.get("host", "").casefold() not in place.hosts:
        raise UsageProblem(
            "wrong_host",
            "This server does not answer under that name.",
            fix=f"Use {place.origin}",
        )


def enter(
    request: Request, endpoint: Endpoint, place: Place, workspace: Workspace
) -> Session | None:
    """The session of who may come in; None for a program with its key, or at an open route.

    Raises NeedsPersonProblem (not signed in), BlockedProblem.
    """
    if endpoint.open:
        if endpoint.method != "GET":
            _check_page(request, place, strict=False)
        return None
    if (bearer := request.headers.get("authorization")) is not None:
        # A program is not a browser: what cookies it sends counts for nothing.
        _check_key(bearer, endpoint, workspace)
        return None
    token = request.cookies.get(place.cookie, "")
    session = workspace.session_of(token) if token else None
    if session is None:
        raise not_signed_in()
    if endpoint.method != "GET":
        _check_page(request, place, strict=True)
        if not same(request.headers.get(CSRF, ""), csrf_of(token)):
            raise BlockedProblem(
                "csrf",
                "The request does not carry this session's token.",
                fix=f"Send {CSRF} as GET /control/session gives it.",
            )
    if endpoint.needs_fresh and not is_fresh(session, workspace.clock.now()):
        raise BlockedProblem(
            "stale_sign_in",
            "Show once more that it is you.",
            why="This takes a sign-in that is at most ten minutes old.",
            fix=SIGN_IN,
        )
    return session


def not_signed_in() -> NeedsPersonProblem:
    """Nobody is signed in, or the session is over."""
    return NeedsPersonProblem("not_signed_in", "Nobody is signed in.", fix=SIGN_IN)


def _check_page(request: Request, place: Place, *, strict: bool) -> None:
    """The page that asks must be one of ours. Only browsers send ``Origin``, and they always do."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    host = request.headers.get("host", "").casefold()
    own = not strict if origin is None else place.is_own(origin, host)
    if not own or site not in ("same-origin", "none"):
        raise BlockedProblem(
            "foreign_page",
            "The request does not come from a page of this server.",
            why="Its Origin is missing or another one.",
            fix=f"Send it from {place.origin}; a program sends that as Origin, or uses a key.",
        )


def _check_key(bearer: str, endpoint: Endpoint, workspace: Workspace) -> None:
    ring = ring_of(workspace.api_keys())
    token = bearer.removeprefix("Bearer ")
    why = "unknown" if ring.open else ring.refusal(token, Scope.CONTROL, workspace.clock.now())
    if why and why != "scope":
        raise NeedsPersonProblem(
            "not_signed_in",
            "The key opens nothing here.",
            fix="tuneworthy keys create NAME --scope control",
        )
    if why or not endpoint.programs:
        raise BlockedProblem(
            "key_scope",
            "A key does not open this.",
            why="Keys with the scope 'control' read; what changes something takes a person.",
            fix=SIGN_IN,
        )
