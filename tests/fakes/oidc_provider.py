"""An OpenID provider of our own that can be told to answer wrongly; its keys are real."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

Spoil = Callable[[dict[str, Any]], Any]


@dataclass
class Provider:
    """A provider under ``issuer``; what is set here it does wrongly."""

    client: str = "tuneworthy"
    secret: str = "s3cret:with/odd+signs"  # noqa: S105
    alg: str = "RS256"
    subject: str = "account-1"
    claims: Spoil = lambda claims: claims
    document: Spoil = lambda document: document
    token: Callable[[str], Any] = lambda token: token
    foreign_key: bool = False
    status: int = 200
    seen: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys: dict[str, RSAKey | ECKey] = {
            "RS256": RSAKey.generate_key(2048, {"kid": "r", "use": "sig"}),
            "PS256": RSAKey.generate_key(2048, {"kid": "p", "use": "sig"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "e", "use": "sig"}),
        }
        self.issuer = ""

    def sign_in(self, address: str) -> dict[str, str]:
        """What the browser brings back, after its user has signed in at an address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.client
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def discovery(self) -> Any:
        return self.document(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
            }
        )

    def jwks(self) -> Any:
        return KeySet(list(self.keys.values())).as_dict(private=False)

    def exchange(self, sent: dict[str, str], authorization: str) -> tuple[int, Any]:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = self._codes.pop(sent.get("code", ""), None)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or pair != urlencode({self.client: self.secret}).replace("=", ":")
            or sent["redirect_uri"] != asked["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        return self.status, {"id_token": self.token(self.signed(asked["nonce"]))}

    def signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = self.claims(
            {
                "iss": self.issuer, "aud": self.client, "sub": self.subject, "nonce": nonce,
                "iat": now, "exp": now + 60,
            }
        )  # fmt: skip
        if self.alg == "none":
            parts = ({"alg": "none", "typ": "JWT"}, claims)
            return ".".join(_b64(json.dumps(part).encode()) for part in parts) + "."
        if self.alg == "HS256":  # the public key, which everybody has, taken for a shared secret
            parts = ({"alg": "HS256", "kid": "r"}, claims)
            said = ".".join(_b64(json.dumps(part).encode()) for part in parts)
            public = self.keys["RS256"].as_pem(private=False)
            return f"{said}.{_b64(hmac.digest(public, said.encode(), 'sha256'))}"
        key = self.keys[self.alg]
        header = {"alg": self.alg, "kid": str(key.kid)}
        if self.foreign_key:
            key = RSAKey.generate_key(2048, {"kid": str(key.kid), "use": "sig"})
        return jwt.encode(header, claims, key, algorithms=[self.alg])


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that listens on this machine."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths = {"/.well-known/openid-configuration": made.discovery, "/jwks": made.jwks}
            found = paths.get(self.path)
            self._say(200 if found else 404, found() if found else {})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            made.seen.append(text)
            sent = {name: values[0] for name, values in parse_qs(text).items()}
            self._say(*made.exchange(sent, self.headers.get("authorization", "")))

        def _say(self, status: int, body: Any) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            if 300 <= status < 400:
                self.send_header("location", made.issuer + "/jwks")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
