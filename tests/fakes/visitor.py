"""A browser at the control API: keeps cookies, sends Origin and the session's token as pages do."""

import http.client
import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import tuneworthy
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.nouns.people import Role
from tuneworthy.workspace import Workspace

WORDS = "four quiet words now"
"""A password that is good enough."""


@dataclass
class Told:
    """An answer."""

    status: int
    body: Any
    headers: dict[str, str]
    cookies: list[str]

    @property
    def code(self) -> str:
        """The error's code; empty when it is none."""
        return str(self.body["error"]["code"]) if "error" in self.body else ""


@dataclass
class Visitor:
    """One browser."""

    server: ControlServer
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    origin: str = ""
    """Another page than the server's own."""

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Told:
        """Send a request; a header that is None is left out."""
        sent = {
            "origin": (self.origin or self._own) if method != "GET" else None,
            "cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()) or None,
            "x-csrf-token": self.csrf or None,
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.place.port, timeout=30)
        try:
            connection.request(method, path, data, {k: v for k, v in sent.items() if v is not None})
            answer = connection.getresponse()
            text = answer.read()
            set_cookies = answer.headers.get_all("set-cookie") or []
        finally:
            connection.close()
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel.value:
                    self.cookies[name] = morsel.value
        html = answer.headers.get_content_type() != "application/json"
        told = text.decode() if html else json.loads(text)
        return Told(answer.status, told, dict(answer.headers.items()), set_cookies)

    @property
    def _own(self) -> str:
        """The page's origin; one who types the number of this machine stays there."""
        return self.server.url.replace("http://localhost:", "http://127.0.0.1:")

    def take(self, told: Told) -> Told:
        """Be signed in by an answer."""
        assert told.status == 201, told.body
        self.csrf = told.body["csrf"]
        return told

    def sign_in(self, person: str, password: str = WORDS) -> Told:
        """By name and password."""
        return self.take(
            self.ask("POST", "/control/session", {"person": person, "password": password})
        )

    def use_link(self, work: Workspace, person: str = "") -> Told:
        """By a one-time link."""
        secret = work.make_sign_in_link(person)
        return self.take(self.ask("POST", "/control/session/link", {"secret": secret}))

    @property
    def token(self) -> str:
        """What the session's cookie holds."""
        return self.cookies.get(self.server.place.cookie, "")


def staffed(home: Path) -> Path:
    """A project with one person for each role, called by it."""
    tuneworthy.init(home)
    with tuneworthy.open(home) as work:
        for role in Role:
            work.add_person(role.value, role.value.replace("_", " ").title(), [role.value])
    return home
