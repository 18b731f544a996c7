"""One request at the control API, and what a route is told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.account import Session, SignedIn
from tuneworthy.govern import RULES, Action
from tuneworthy.workspace import Workspace


@dataclass(frozen=True)
class Visit:
    """Who asks for what. ``workspace`` acts in the name of the session's person.

    ``session`` is None at the routes of sign-in, and for a program with a key. ``token`` is what
    the browser's cookie holds, whether it opens anything or not.
    """

    workspace: Workspace
    session: Session | None
    token: str
    address: str
    origin: str
    local: bool = False
    """Whether only this machine can come in."""
    away: str = ""
    """What the browser kept while it was at a provider."""
    named: dict[str, str] = field(default_factory=dict)
    """Parts of the path."""
    asked: dict[str, str] = field(default_factory=dict)
    """What stands behind the ``?``."""
    body: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def person(self) -> Session:
        """The session; a route for persons alone is never reached without one."""
        if self.session is None:
            raise UsageProblem("not_signed_in", "Nobody is signed in.", fix="POST /control/session")
        return self.session

    def text(self, name: str, default: str | None = None) -> str:
        """A text of the body. Raises UsageProblem."""
        value = self.body.get(name, default)
        if not isinstance(value, str):
            raise UsageProblem(
                "invalid_request",
                f"`{name}` (text) is needed.",
                fix=f'Send a JSON object with "{name}": "..."',
            )
        return value


@dataclass(frozen=True)
class Made:
    """What a route answers, and what becomes of the browser's session."""

    body: Any
    status: int = 200
    begun: SignedIn | None = None
    ended: bool = False
    away: str | None = None
    """What the browser keeps while it is at a provider; empty when it is back."""


@dataclass(frozen=True)
class Endpoint:
    """One route. What is not said to be open is for persons who are signed in.

    Args:
        method: Any but GET changes something, and GET never does.
        path: As Starlette writes it.
        run: Answers; called in a worker thread, one visit at a time.
        open: Nobody needs to be signed in.
        programs: A key with the scope ``control`` opens it too; only for GET.
        action: What it is under the rules; a decision takes a fresh sign-in.
        waits: It waits for other machines, and nobody waits for it.
        fresh: It takes a fresh sign-in although it is no decision.
    """

    method: str
    path: str
    run: Callable[[Visit], Made]
    open: bool = False
    programs: bool = False
    action: Action | None = None
    fresh: bool = False
    waits: bool = False

    @property
    def needs_fresh(self) -> bool:
        """Whether the person must have signed in only just now."""
        return self.fresh or (self.action is not None and RULES[self.action].decides)
