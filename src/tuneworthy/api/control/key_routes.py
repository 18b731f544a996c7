"""Keys of programs: listed, made and revoked by persons."""

from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.api_key import KeyState
from tuneworthy.govern import Action


def listed(visit: Visit) -> Made:
    """Every key with its state."""
    return Made({"keys": [_shown(one) for one in visit.workspace.api_keys()]})


def create(visit: Visit) -> Made:
    """``{"name", "scopes", "days"}``: a key, with the only sight of its token."""
    scopes, days = visit.body.get("scopes"), visit.body.get("days", 90)
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise UsageProblem("invalid_request", "`scopes` is a list.", fix='"scopes": ["chat"]')
    if type(days) is not int:
        raise UsageProblem("invalid_request", "`days` is a whole number.", fix='"days": 90')
    made = visit.workspace.create_api_key(visit.text("name"), scopes, days)
    return Made({"key": _shown(KeyState(key=made.key, state="active")), "token": made.token}, 201)


def revoke(visit: Visit) -> Made:
    """``{"reason"}``: end a key for good."""
    ended = visit.workspace.revoke_api_key(visit.named["id"], visit.text("reason"))
    return Made({"key": _shown(ended)})


def _shown(one: KeyState) -> dict[str, object]:
    return {**one.key.model_dump(mode="json", exclude={"digest"}), "state": one.state}


ROUTES = (
    Endpoint("GET", "/control/keys", listed, programs=True),
    Endpoint("POST", "/control/keys", create, action=Action.MAKE_KEY, fresh=True),
    Endpoint("DELETE", "/control/keys/{id}", revoke, action=Action.REVOKE_KEY),
)
