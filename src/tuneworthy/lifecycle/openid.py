"""Sign-in at an OpenID provider, and which of its accounts is whose."""

from typing import NoReturn

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem, NeedsPersonProblem
from tuneworthy.core.nouns.account import OidcAnswer, OidcLink, OidcStart, SignedIn, Ticket
from tuneworthy.core.nouns.sign_in_settings import OidcSettings
from tuneworthy.core.secret_ref import read_secret
from tuneworthy.govern import Action
from tuneworthy.govern.sign_in import TICKET
from tuneworthy.lifecycle import access, accounts, people, sessions
from tuneworthy.lifecycle.named_accounts import LINK, UNLINK
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.session_token import derived, new_secret, same, secret_digest

KIND = "oidc"


def start(runtime: Runtime, redirect: str, address: str = "") -> OidcStart:
    """Where the browser goes to sign in, and the secret that it keeps meanwhile.

    State, nonce and the PKCE verifier are made from that secret, so that no row holds them.
    Raises ConfigProblem where no provider is named, BlockedProblem, OfflineProblem, ServeProblem.
    """
    accounts.count_try(runtime, address)
    provider = adapters.oidc_provider(*_settings(runtime))
    secret, now = new_secret(), runtime.clock.now()
    state = derived(secret, "state")
    ticket = Ticket(
        digest=secret_digest(state),
        kind=KIND,
        project=runtime.project.id,
        until=(now + TICKET).isoformat(timespec="milliseconds"),
    )
    runtime.store.accounts.keep_ticket(ticket, runtime.now())
    url = provider.address(
        redirect=redirect,
        state=state,
        nonce=derived(secret, "nonce"),
        verifier=derived(secret, "verifier"),
    )
    return OidcStart(url=url, secret=secret)


def finish(
    runtime: Runtime,
    secret: str,
    answer: OidcAnswer,
    *,
    redirect: str,
    address: str = "",
    replaces: str = "",
) -> SignedIn:
    """A session for the person whose account the provider's answer shows; nobody is made up.

    Raises NeedsPersonProblem (``sign_in_over``, ``account_unknown``), ServeProblem
    (``provider_answer``), OfflineProblem.
    """
    settings, client_secret = _settings(runtime)
    _take(runtime, secret, answer.state)
    if not answer.code:
        raise NeedsPersonProblem(
            "sign_in_refused", "The provider signed nobody in.", fix="Try again, or use a password."
        )
    subject = adapters.oidc_provider(settings, client_secret).subject(
        code=answer.code,
        issuer=answer.iss,
        redirect=redirect,
        nonce=derived(secret, "nonce"),
        verifier=derived(secret, "verifier"),
        now=runtime.clock.now().timestamp(),
    )
    link = _link(runtime, settings.issuer, subject)
    if link is None or not link.active or accounts.holder_of(runtime, link.person) is None:
        _refuse(runtime, link, subject)
    runtime.store.accounts.settle("", [accounts.place_key(address)])
    return sessions.begin(
        runtime,
        link.person,
        KIND,
        replaces=replaces,
        still=lambda: _link(runtime, settings.issuer, subject) == link,
    )


def link(runtime: Runtime, person: str, subject: str, issuer: str = "") -> OidcLink:
    """Say that an account of the provider is a person's; of another one it is so no longer.

    Raises ConfigProblem, BlockedProblem.
    """
    access.require(runtime, access.caller(runtime), Action.KEEP_ACCOUNTS)
    holder = people.find(runtime, person)
    place = issuer or _settings(runtime)[0].issuer
    before = runtime.store.get(OidcLink, _id(runtime, place, subject))
    if before is not None and before.active and before.person != holder.id:
        _put(runtime, UNLINK, before.person, subject, place, False)
    return _put(runtime, LINK, holder.id, subject, place, True)


def unlink(runtime: Runtime, subject: str, issuer: str = "") -> OidcLink:
    """An account opens nothing any more, and its person's sessions end. Raises as ``link``."""
    access.require(runtime, access.caller(runtime), Action.KEEP_ACCOUNTS)
    place = issuer or _settings(runtime)[0].issuer
    found = runtime.store.get(OidcLink, _id(runtime, place, subject))
    if found is None:
        raise ConfigProblem(
            "no_account",
            f"No account '{subject[:80]}' of {place} is linked.",
            fix="tuneworthy people accounts",
        )
    return _put(runtime, UNLINK, found.person, subject, place, False)


def links(runtime: Runtime) -> list[OidcLink]:
    """Every account that opens something, oldest first."""
    rows = [one for one in runtime.store.list(OidcLink) if one.project == runtime.project.id]
    return [one for one in rows if one.active and _is_named(runtime, one)]


def _put(
    runtime: Runtime, action: str, person: str, subject: str, issuer: str, active: bool
) -> OidcLink:
    made = OidcLink(
        id=_id(runtime, issuer, subject),
        project=runtime.project.id,
        person=person,
        issuer=issuer,
        subject=subject,
        active=active,
        set_at=runtime.now(),
        set_by=runtime.actor,
    )
    what = (OidcLink.kind, made.id, "")
    with runtime.change(action, what, on_behalf_of=person) as change:
        change.put(made)
        if not active:
            change.accounts.end_sessions(made.project, person)
    return made


def _take(runtime: Runtime, secret: str, state: str) -> None:
    """Use up the sign-in that this very browser began."""
    begun = bool(secret) and same(state, derived(secret, "state"))
    project, now = runtime.project.id, runtime.now()
    if not begun or not runtime.store.accounts.take_ticket(
        secret_digest(state), KIND, project, now
    ):
        raise NeedsPersonProblem(
            "sign_in_over",
            "This sign-in is over, or was not begun here.",
            why="It is good for five minutes, once, in the browser that began it.",
            fix="Begin anew: POST /control/oidc",
        )


def _link(runtime: Runtime, issuer: str, subject: str) -> OidcLink | None:
    row = runtime.store.get(OidcLink, _id(runtime, issuer, subject))
    return row if row is not None and _is_named(runtime, row) else None


def _is_named(runtime: Runtime, row: OidcLink) -> bool:
    runtime.accounts.read_on(runtime.store)
    return runtime.accounts.credentials.get((OidcLink.kind, row.id)) == digest(row)


def _id(runtime: Runtime, issuer: str, subject: str) -> str:
    return digest({"project": runtime.project.id, "issuer": issuer, "subject": subject})


def _refuse(runtime: Runtime, link: OidcLink | None, subject: str) -> NoReturn:
    who = link.person if link else "unknown"
    what = ("person", who, "")
    runtime.store.note(
        runtime.event("session.refuse", what, actor=who, auth_method=KIND, decision="deny")
    )
    raise NeedsPersonProblem(
        "account_unknown",
        "Nobody here has this account.",
        why=f"The provider knows it as '{subject}'. Nobody is added by signing in.",
        fix="Let who keeps the accounts link it: tuneworthy people link-account PERSON ACCOUNT",
    )


def _settings(runtime: Runtime) -> tuple[OidcSettings, str]:
    """The provider's settings and the client's secret. Raises ConfigProblem."""
    found = runtime.project.sign_in.oidc
    if found is None:
        raise ConfigProblem(
            "no_provider",
            "No OpenID provider is named.",
            fix="sign_in: {oidc: {issuer: https://..., client_id: ..., client_secret: env:NAME}}",
        )
    inside = runtime.project.open_hosts(found.internal_hosts)
    found = found.model_copy(update={"internal_hosts": inside})
    if not found.client_secret:
        return found, ""
    return found, read_secret(found.client_secret, "the client's secret", runtime.folder)
