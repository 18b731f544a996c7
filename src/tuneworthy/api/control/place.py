"""Where the control API stands: its addresses, and the cookie that fits them."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from starlette.responses import Response

from tuneworthy.core.errors import UsageProblem

_ORIGIN = re.compile(r"https://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?/*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Place:
    """The address people type. ``public``: an ``https://`` origin before which TLS ends, or empty.

    Without a public origin the server is for this machine alone.
    """

    port: int
    public: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser names them.

        On this machine that is ``localhost``: passkeys belong to a name, and a number is none.
        """
        return self.public or f"http://localhost:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in ``Host``. Another name would be another site that points here."""
        here = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset({urlsplit(self.public).netloc} if self.public else here)

    @property
    def local(self) -> bool:
        """Whether only this machine can come in."""
        return not self.public

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an ``Origin`` is the one that the request was sent to."""
        scheme = "https" if self.public else "http"
        return host in self.hosts and origin == f"{scheme}://{host}"

    @property
    def cookie(self) -> str:
        """The cookie's name. Ports share cookies, so that of this machine has the port in it."""
        return "__Host-tuneworthy" if self.public else f"tuneworthy-{self.port}"

    @property
    def away(self) -> str:
        """The name of the cookie for the time at a provider."""
        return f"{self.cookie}-away"

    def keep(self, response: Response, token: str, seconds: int, name: str = "") -> None:
        """Give the browser a token: no script reads it, no other site sends it."""
        response.set_cookie(
            name or self.cookie,
            token,
            max_age=seconds,
            path="/",
            secure=bool(self.public),
            httponly=True,
            samesite="strict",
        )

    def forget(self, response: Response, name: str = "") -> None:
        """Take the token away again."""
        self.keep(response, "", 0, name)


def public_origin(url: str) -> str:
    """An origin as a browser writes it, from which ``Host`` and ``Origin`` are known again.

    Raises UsageProblem for what is none: another scheme, a user, a path, a host that browsers
    would write in another way.
    """
    match = _ORIGIN.fullmatch(url.casefold())
    host = _host(match["host"]) if match else ""
    port = int(match["port"] or 443) if match else 0
    if not host or not 0 < port < 65_536:
        raise UsageProblem(
            "public_url",
            f"'{url[:100]}' is not an address that people can sign in at.",
            why=_fault(url),
            fix="--public-url https://tuneworthy.example.org",
        )
    return f"https://{host}" if port == 443 else f"https://{host}:{port}"


def _host(written: str) -> str:
    """A host as browsers write it; empty for one that they would not go to under that name."""
    try:
        return (
            f"[{IPv6Address(written[1:-1]).compressed}]" if written[0] == "[" else _named(written)
        )
    except ValueError:
        return ""


def _named(host: str) -> str:
    labels = host.removesuffix(".").split(".")
    if not labels[-1].isdecimal() and not labels[-1].startswith("0x"):
        return host if all(map(_LABEL.fullmatch, labels)) else ""
    return str(IPv4Address(host))


def _fault(url: str) -> str:
    if not url.casefold().startswith("https://"):
        return "Passwords and cookies go over TLS alone."
    if "@" in url:
        return "An address to sign in at names no user."
    if not url.isascii():
        return "Browsers send other letters in their xn-- form; write that."
    return "It is https://HOST or https://HOST:PORT, without a path, and as browsers write it."
