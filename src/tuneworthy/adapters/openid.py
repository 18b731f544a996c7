"""Signing in at an OpenID Connect provider: authorisation code with PKCE, state and nonce.

What is checked is what OpenID Connect Core 1.0 (section 3.1.3.7), RFC 9700 and RFC 9207 ask for.
Only signatures by a key pair are believed: so neither ``none`` nor the provider's public key used
as a shared secret passes for one.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tuneworthy.adapters.webhook import ask
from tuneworthy.core.errors import ServeProblem
from tuneworthy.core.nouns.sign_in_settings import OidcSettings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]

LEEWAY = 60
"""Seconds by which two clocks may differ."""

_LONGEST = 255
"""Characters of ``sub`` (OpenID Connect Core 1.0, section 2)."""


class OidcProvider:
    """One provider as its discovery document describes it."""

    def __init__(self, settings: OidcSettings, secret: str, document: Mapping[str, Any]) -> None:
        self._settings = settings
        self._secret = secret
        self._document = document

    def address(self, *, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in; PKCE by S256 (RFC 7636)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = self._place("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def subject(
        self, *, code: str, issuer: str, redirect: str, nonce: str, verifier: str, now: float
    ) -> str:
        """The account (``sub``) that a code stands for.

        Args:
            code: From the provider's answer.
            issuer: ``iss`` of the same answer, or empty (RFC 9207).
            redirect: As in ``address``.
            nonce: As in ``address``.
            verifier: As in ``address``.
            now: Seconds since 1970.

        Raises:
            ServeProblem: ``provider_answer``: it is not to be believed, and why.
        """
        promised = self._document.get("authorization_response_iss_parameter_supported") is True
        if (issuer or promised) and issuer != self._settings.issuer:
            raise _unbelieved("The answer comes from another provider.")
        token = self._exchange(code, redirect, verifier)
        return self._checked(token, nonce, now)

    def _exchange(self, code: str, redirect: str, verifier: str) -> str:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self._settings.client_id,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._secret:
            methods = self._document.get("token_endpoint_auth_methods_supported")
            if isinstance(methods, list) and "client_secret_basic" not in methods:
                body["client_secret"] = self._secret
            else:  # the default (OpenID Connect Discovery 1.0, section 3)
                pair = f"{quote(self._settings.client_id, '')}:{quote(self._secret, '')}"
                headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        told = self._json("POST", "token_endpoint", urlencode(body).encode(), headers)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise _unbelieved("It gave no ID token.")
        return token

    def _checked(self, token: str, nonce: str, now: float) -> str:
        try:
            keys = KeySet.import_key_set(self._json("GET", "jwks_uri"))  # type: ignore[arg-type]
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, KeyError, TypeError) as fault:
            raise _unbelieved(
                f"Its ID token is not signed by it ({type(fault).__name__})."
            ) from fault
        fault_ = _claims_fault(claims, self._settings, nonce, now)
        if fault_:
            raise _unbelieved(fault_)
        return str(claims["sub"])

    def _json(
        self,
        method: str,
        name: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        return _object(ask(method, self._place(name), self._settings.internal_hosts, data, headers))

    def _place(self, name: str) -> str:
        value = self._document.get(name)
        inside = self._settings.internal_hosts
        if not isinstance(value, str) or not _is_safe(value, inside):
            raise _unbelieved(f"Its discovery document names no safe {name}.")
        return value


def discover(settings: OidcSettings, secret: str) -> OidcProvider:
    """A provider by its discovery document (OpenID Connect Discovery 1.0, section 4).

    Raises OfflineProblem, ServeProblem, BlockedProblem.
    """
    where = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
    document = _object(ask("GET", where, settings.internal_hosts))
    if document.get("issuer") != settings.issuer:
        raise _unbelieved("Its discovery document is another issuer's.")
    return OidcProvider(settings, secret, document)


def _claims_fault(claims: Mapping[str, Any], settings: OidcSettings, nonce: str, now: float) -> str:
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    others = len(meant) > 1 or "azp" in claims
    subject: Any = claims.get("sub")
    issued: Any = claims.get("iat")
    faults = {
        "It was issued by another provider.": claims.get("iss") != settings.issuer,
        "It is meant for another program.": settings.client_id not in meant
        or (others and claims.get("azp") != settings.client_id),
        "It has expired.": not _number(claims.get("exp")) or claims["exp"] + LEEWAY <= now,
        "It is not from now.": not _number(issued) or issued > now + LEEWAY,
        "It is not valid yet.": "nbf" in claims
        and (not _number(claims["nbf"]) or claims["nbf"] > now + LEEWAY),
        "It answers another sign-in.": claims.get("nonce") != nonce,
        "It names nobody.": not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST,
    }
    return next((said for said, wrong in faults.items() if wrong), "")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_safe(url: str, internal: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    inside = parts.scheme == "http" and parts.hostname in internal
    return bool(parts.hostname) and (parts.scheme == "https" or inside)


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _unbelieved("It did not answer with a JSON object.")
    return value


def _unbelieved(why: str) -> ServeProblem:
    return ServeProblem(
        "provider_answer",
        "The provider's answer is not believed.",
        why=why,
        fix="Check sign_in.oidc in tuneworthy.yaml, or sign in with a password.",
    )
