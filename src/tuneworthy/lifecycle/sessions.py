"""Sessions: begun at sign-in, looked up at every request, and ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from tuneworthy.core.errors import ConfigProblem, NeedsPersonProblem
from tuneworthy.core.nouns.account import Session, SessionView, SignedIn, Ticket
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.ports import Change
from tuneworthy.govern import Action
from tuneworthy.govern.sign_in import LONGEST, TICKET, session_fault
from tuneworthy.lifecycle import access, people
from tuneworthy.lifecycle.named_accounts import BEGIN, END, OFFER, TAKE
from tuneworthy.lifecycle.wiring import UNNAMED, Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.session_token import new_id, new_secret, secret_digest

SEEN_SECONDS = 30.0
"""How exactly it is written down when a session was used last."""

SESSION = "session"


def begin(
    runtime: Runtime,
    person: str,
    method: str,
    *,
    replaces: str = "",
    still: Callable[[], bool] = lambda: True,
    passkey: str = "",
) -> SignedIn:
    """A new session for somebody who has just shown who they are.

    Args:
        runtime: The project.
        person: Who; the console's user under no name where nobody is named.
        method: How they showed it.
        replaces: Token of the session that the browser had before, which ends: a session that
            somebody else planted in a browser is never taken over.
        still: Whether what they showed holds yet; asked while nobody can change it.
        passkey: The one they showed it with; the session ends when it is not their key any more.

    Raises NeedsPersonProblem (``sign_in_over``) when it does not.
    """
    made, token = _made(runtime, person, method)
    old = look_up(runtime, replaces) if replaces else None
    with _begun(runtime, made, passkey) as change:
        if not still():
            raise NeedsPersonProblem(
                "sign_in_over", "What you signed in with was changed meanwhile.", fix="Try again."
            )
        change.accounts.add_session(made)
    if old is not None:
        end(runtime, old, "signed in anew")
    return SignedIn(session=made, token=token)


def make_link(runtime: Runtime, person: str = "") -> str:
    """The secret of a one-time link by which a person at this machine signs in within minutes.

    Raises ConfigProblem for a name that is nobody's.
    """
    name = person or runtime.actor
    if name != UNNAMED:
        people.find(runtime, name)
    secret = new_secret()
    ticket = Ticket(
        digest=secret_digest(secret),
        kind="link",
        project=runtime.project.id,
        person=name,
        until=_stamp(runtime.clock.now() + TICKET),
    )
    what = ("person", name, digest(ticket))
    with runtime.change(OFFER, what, after=ticket.digest) as change:
        change.accounts.add_ticket(ticket, _stamp(runtime.clock.now()))
    return secret


def begin_by_link(runtime: Runtime, secret: str, *, replaces: str = "") -> SignedIn:
    """A session for whoever comes first with the link.

    Raises NeedsPersonProblem when the link was used, has run out or never was; a row that the audit
    chain does not name is none.
    """
    project, now = runtime.project.id, _stamp(runtime.clock.now())
    kept, ticket = secret_digest(secret), None
    with runtime.change(TAKE, ("project", project, kept)) as change:
        ticket = change.accounts.take_ticket(kept, "link", project, now)
        runtime.accounts.read_on(runtime.store)
        named = runtime.accounts.links.get(kept)
        if ticket is None or named != digest(ticket):
            raise NeedsPersonProblem(
                "link_used",
                "This link opens nothing.",
                why="A link is good for five minutes and for one sign-in.",
                fix="Make a new one: tuneworthy ui",
            )
    return begin(runtime, ticket.person, "link", replaces=replaces)


def look_up(runtime: Runtime, token: str) -> Session | None:
    """The session of a token; None unless it lives and its person may come in.

    It lives when the row stands, the audit chain names it so, the clock has not ended it, and its
    person is active.
    """
    kept = runtime.store.accounts.session(runtime.project.id, secret_digest(token))
    if kept is None or not _lives(runtime, kept):
        return None
    now = runtime.clock.now()
    if (now - datetime.fromisoformat(kept.seen_at)).total_seconds() >= SEEN_SECONDS:
        runtime.store.accounts.see(kept.id, _stamp(now))
    return kept


def all_of(runtime: Runtime) -> list[Session]:
    """Every session that lives, newest first."""
    rows = runtime.store.accounts.sessions(runtime.project.id)
    return [one for one in rows if _lives(runtime, one)]


def view(session: Session) -> SessionView:
    """A session as lists show it."""
    return SessionView.model_validate(session.model_dump(include=set(SessionView.model_fields)))


def end(runtime: Runtime, session: Session, reason: str) -> None:
    """End a session; of an ended one nothing is said twice."""
    if session.id not in _named(runtime):
        return
    what = (SESSION, session.id, "")
    with runtime.change(END, what, on_behalf_of=session.person, reason=reason) as change:
        change.accounts.end_session(session.project, session.id)


def end_named(runtime: Runtime, id_: str, reason: str) -> SessionView:
    """End a session by its id: one's own, or anybody's by who keeps the accounts.

    Raises ConfigProblem when there is none that this person may see, BlockedProblem.
    """
    who = access.caller(runtime)
    found = next((one for one in all_of(runtime) if one.id == id_), None)
    own = found is not None and who is not None and found.person == who.id
    access.require(runtime, who, Action.OWN_ACCOUNT if own else Action.KEEP_ACCOUNTS)
    if found is None:
        raise ConfigProblem(
            "no_session",
            f"There is no session '{id_[:40]}'.",
            why="It may have ended already.",
            fix="tuneworthy people sessions",
        )
    end(runtime, found, reason)
    return view(found)


def seen_by(runtime: Runtime, *, everybody: bool) -> list[SessionView]:
    """One's own sessions, or everybody's for who keeps the accounts. Raises BlockedProblem."""
    who = access.caller(runtime)
    if everybody:
        access.require(runtime, who, Action.KEEP_ACCOUNTS)
    name = who.id if who else runtime.actor
    return [view(one) for one in all_of(runtime) if everybody or one.person == name]


def _made(runtime: Runtime, person: str, method: str) -> tuple[Session, str]:
    token, now = new_secret(), runtime.clock.now()
    made = Session(
        id=new_id(),
        project=runtime.project.id,
        person=person,
        method=method,
        digest=secret_digest(token),
        made_at=_stamp(now),
        seen_at=_stamp(now),
        ends_at=_stamp(now + LONGEST),
    )
    return made, token


def _begun(runtime: Runtime, made: Session, passkey: str) -> AbstractContextManager[Change]:
    return runtime.change(
        BEGIN,
        (SESSION, made.id, _facts(made)),
        actor=made.person,
        auth_method=made.method,
        session_id=made.id,
        after=digest(passkey) if passkey else "",
    )


def _facts(session: Session) -> str:
    """Digest of all that does not change while a session lives."""
    return digest(session.model_dump(exclude={"seen_at"}))


def _named(runtime: Runtime) -> dict[str, tuple[str, str, str]]:
    runtime.accounts.read_on(runtime.store)
    return runtime.accounts.sessions


def _lives(runtime: Runtime, session: Session) -> bool:
    facts, _, passkey = _named(runtime).get(session.id, ("", "", ""))
    if facts != _facts(session):
        return False
    if session_fault(session, runtime.clock.now()):
        return False
    if session.person == UNNAMED:
        return True
    person = _active(runtime, session.person)
    return person is not None and (not passkey or passkey == digest(person.public_key))


def _active(runtime: Runtime, person: str) -> Person | None:
    return next((p for p in people.everyone(runtime) if p.id == person and p.active), None)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
