"""The part of a Workspace by which people sign in, and that acts in their name."""

import copy
from contextlib import AbstractContextManager
from typing import Self

from tuneworthy.core.nouns.account import (
    OidcAnswer,
    OidcLink,
    OidcStart,
    Session,
    SessionView,
    SignedIn,
)
from tuneworthy.govern import Action
from tuneworthy.lifecycle import accounts, openid, sessions
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.in_request import in_request
from tuneworthy.lifecycle.wiring import Runtime


class AccountVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def acting_as(self, session: Session) -> Self:
        """The same workspace, in which the session's person acts; it is not closed by itself."""
        other = copy.copy(self)
        vars(other)["_runtime"] = self._runtime.acting_as(session)
        return other

    def in_request(self, name: str) -> AbstractContextManager[None]:
        """While it is open, audit events of this thread carry the name of a request."""
        return in_request(name)

    @needs(Action.OWN_ACCOUNT, inside=True)
    def set_password(self, person: str, password: str) -> None:
        """Give a person another password; all their sessions end."""
        accounts.set_password(self._runtime, person, password)

    @needs(Action.SIGN_IN)
    def sign_in(
        self, person: str, password: str, address: str = "", *, replaces: str = ""
    ) -> SignedIn:
        """A session by name and password; ``address`` is where the try comes from."""
        return accounts.sign_in(self._runtime, person, password, address, replaces=replaces)

    @needs(Action.SIGN_IN)
    def make_sign_in_link(self, person: str = "") -> str:
        """The secret of a one-time link, good for five minutes."""
        return sessions.make_link(self._runtime, person)

    @needs(Action.SIGN_IN)
    def sign_in_by_link(self, secret: str, *, replaces: str = "") -> SignedIn:
        """A session for whoever comes first with the link."""
        return sessions.begin_by_link(self._runtime, secret, replaces=replaces)

    def can_sign_in(self) -> bool:
        """Whether anybody can sign in from another machine."""
        return accounts.has_any(self._runtime) or bool(openid.links(self._runtime))

    @needs(Action.SIGN_IN)
    def start_oidc(self, redirect: str, address: str = "") -> OidcStart:
        """The way to the OpenID provider; ``redirect`` is the page that it sends people back to."""
        return openid.start(self._runtime, redirect, address)

    @needs(Action.SIGN_IN)
    def sign_in_by_oidc(
        self,
        secret: str,
        answer: OidcAnswer,
        redirect: str,
        address: str = "",
        *,
        replaces: str = "",
    ) -> SignedIn:
        """A session for the person whose account the provider's answer shows."""
        return openid.finish(
            self._runtime, secret, answer, redirect=redirect, address=address, replaces=replaces
        )

    @needs(Action.KEEP_ACCOUNTS, inside=True)
    def link_account(self, person: str, account: str, issuer: str = "") -> OidcLink:
        """Say that an account of the OpenID provider is a person's."""
        return openid.link(self._runtime, person, account, issuer)

    @needs(Action.KEEP_ACCOUNTS, inside=True)
    def unlink_account(self, account: str, issuer: str = "") -> OidcLink:
        """An account of the OpenID provider opens nothing any more."""
        return openid.unlink(self._runtime, account, issuer)

    def linked_accounts(self) -> list[OidcLink]:
        """Every account of an OpenID provider that is somebody's."""
        return openid.links(self._runtime)

    def session_of(self, token: str) -> Session | None:
        """The living session of a token, or None."""
        return sessions.look_up(self._runtime, token)

    @needs(Action.SIGN_IN)
    def sign_out(self, session: Session) -> None:
        """End a session."""
        sessions.end(self._runtime, session, "signed out")

    @needs(Action.OWN_ACCOUNT, inside=True)
    def open_sessions(self, *, everybody: bool = False) -> list[SessionView]:
        """One's own open sessions, or everybody's for who keeps the accounts."""
        return sessions.seen_by(self._runtime, everybody=everybody)

    @needs(Action.OWN_ACCOUNT, inside=True)
    def end_session(self, session: str, reason: str = "revoked") -> SessionView:
        """End a session by its id; what it held open is shut at once."""
        return sessions.end_named(self._runtime, session, reason)
