"""Sign-in at an OpenID provider: to it, and back."""

from tuneworthy.api.control.session_routes import told
from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.nouns.account import OidcAnswer


def ways(visit: Visit) -> Made:
    """Which ways there are to sign in."""
    return Made({"password": True, "oidc": visit.workspace.project.sign_in.oidc is not None})


def start(visit: Visit) -> Made:
    """The address of the provider to go to."""
    begun = visit.workspace.start_oidc(_page(visit), visit.address)
    return Made({"url": begun.url}, away=begun.secret)


def answer(visit: Visit) -> Made:
    """``{"state", "code", "iss"}`` as the provider sent them: a new session."""
    said = OidcAnswer(
        state=visit.text("state"), code=visit.text("code", ""), iss=visit.text("iss", "")
    )
    begun = visit.workspace.sign_in_by_oidc(
        visit.away, said, _page(visit), visit.address, replaces=visit.token
    )
    return Made(told(begun.session, begun.token, visit), 201, begun=begun, away="")


def _page(visit: Visit) -> str:
    return f"{visit.origin}/sign-in"


ROUTES = (
    Endpoint("GET", "/control/ways", ways, open=True),
    Endpoint("POST", "/control/oidc", start, open=True, waits=True),
    Endpoint("POST", "/control/oidc/answer", answer, open=True, waits=True),
)
