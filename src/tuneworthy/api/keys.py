"""Which key a path needs, and how a request without it is refused."""

import math

from tuneworthy.api.asgi import RefusedError
from tuneworthy.api.state import GatewayRuntime
from tuneworthy.core.nouns.api_key import Scope
from tuneworthy.methods.here import is_own

_SCOPES = (
    ("/healthz", None),
    ("/v1/chat/completions", Scope.CHAT),
    ("/v1/models", Scope.CHAT),
    ("/v1/feedback", Scope.FEEDBACK),
    ("/v1/trace/", Scope.TRACE),
)

_SAYS = {"unknown": "is none of this gateway's", "revoked": "was revoked", "expired": "has expired"}


def scope_of(path: str) -> Scope | None:
    """The scope that opens a path; None where everybody may look, control for what is not named."""
    return next((scope for start, scope in _SCOPES if path.startswith(start)), Scope.CONTROL)


def check_page(host: str, origin: str) -> None:
    """While no key is needed, go on only for this machine's own programs and pages.

    Raises RefusedError (403).
    """
    if is_own(host, origin):
        return
    raise RefusedError(
        403,
        "foreign_page",
        "A gateway without API keys answers only under this machine's own name, to its own pages.",
        "Use http://127.0.0.1, or make a key: tuneworthy keys create NAME --scope chat",
    )


def check_key(runtime: GatewayRuntime, authorization: str, scope: Scope) -> None:
    """Go on only with a key that opens the scope. Raises RefusedError: 401, or 403 for another."""
    refusal = runtime.refusal(authorization, scope)
    if not refusal:
        return
    if refusal == "scope":
        raise RefusedError(
            403,
            "key_scope",
            f"This key does not open '{scope.value}'.",
            f"Ask for one: tuneworthy keys create NAME --scope {scope.value}",
        )
    said = f"The key {_SAYS[refusal]}." if authorization else "This gateway needs an API key."
    raise RefusedError(
        401,
        "invalid_api_key",
        said,
        "Send a key as `Authorization: Bearer KEY`; make one with: tuneworthy keys create NAME",
        [(b"www-authenticate", b"Bearer")],
    )


def check_allowance(runtime: GatewayRuntime, authorization: str) -> None:
    """Count a request of a key that was found good. Raises RefusedError (429) for one too many."""
    if runtime.allowance is None:
        return
    over = runtime.allowance.admit(runtime.caller(authorization))
    if over is None:
        return
    wait = max(1, math.ceil(over.seconds))
    raise RefusedError(
        429,
        "rate_limit_exceeded",
        f"This key has had its {over.limit} {over.kind} of the last minute.",
        f"Come again in {wait} s. Whoever runs the gateway sets gateway.{over.kind}_per_minute in "
        "tuneworthy.yaml.",
        [(b"retry-after", str(wait).encode())],
    )
