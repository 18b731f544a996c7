"""Sign in, sign out, who is signed in, and which sessions are open."""

from typing import Any

from tuneworthy.api.control.door import csrf_of
from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.errors import NeedsPersonProblem
from tuneworthy.core.nouns.account import Session, SessionView
from tuneworthy.govern import Action


def sign_in(visit: Visit) -> Made:
    """``{"person", "password"}``: a new session, also in place of one that is there."""
    begun = visit.workspace.sign_in(
        visit.text("person"), visit.text("password"), visit.address, replaces=visit.token
    )
    return Made(told(begun.session, begun.token, visit), 201, begun=begun)


def take_link(visit: Visit) -> Made:
    """``{"secret"}`` of a one-time link; on this machine alone."""
    if not visit.local:
        raise NeedsPersonProblem(
            "sign_in_refused", "Links are for the machine itself.", fix="Sign in with a password."
        )
    begun = visit.workspace.sign_in_by_link(visit.text("secret"), replaces=visit.token)
    return Made(told(begun.session, begun.token, visit), 201, begun=begun)


def who(visit: Visit) -> Made:
    """The session, its person, and the token that goes with every change."""
    return Made(told(visit.person, visit.token, visit))


def sign_out(visit: Visit) -> Made:
    """End this session."""
    visit.workspace.sign_out(visit.person)
    return Made({"signed_out": True}, ended=True)


def listed(visit: Visit) -> Made:
    """One's own sessions; with ``?all=1`` everybody's, for who keeps the accounts."""
    everybody = visit.asked.get("all") == "1"
    return Made({"sessions": visit.workspace.open_sessions(everybody=everybody)})


def revoke(visit: Visit) -> Made:
    """End a session by its id."""
    ended = visit.workspace.end_session(visit.named["id"])
    return Made({"ended": ended}, ended=ended.id == visit.person.id)


def set_password(visit: Visit) -> Made:
    """``{"person", "password"}``; every session of that person ends."""
    person = visit.text("person", visit.person.person)
    visit.workspace.set_password(person, visit.text("password"))
    return Made({"person": person}, ended=person == visit.person.person)


def told(session: Session, token: str, visit: Visit) -> dict[str, Any]:
    """What a signed-in page needs to know."""
    person = next((p for p in visit.workspace.people() if p.id == session.person), None)
    view = SessionView.model_validate(session.model_dump(include=set(SessionView.model_fields)))
    return {
        "session": view,
        "name": person.name if person else session.person,
        "roles": list(person.roles) if person else [],
        "csrf": csrf_of(token),
    }


ROUTES = (
    Endpoint("POST", "/control/session", sign_in, open=True),
    Endpoint("POST", "/control/session/link", take_link, open=True),
    Endpoint("GET", "/control/session", who),
    Endpoint("DELETE", "/control/session", sign_out),
    Endpoint("GET", "/control/sessions", listed),
    Endpoint("DELETE", "/control/sessions/{id}", revoke),
    Endpoint("PUT", "/control/password", set_password, action=Action.OWN_ACCOUNT, fresh=True),
)
