"""Where the control API stands: its addresses, and the cookie that fits them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from tuneworthy.core.errors import UsageProblem


@dataclass(frozen=True)
class Place:
    """The address people type. ``public``: an ``https://`` origin before which TLS ends, or empty.

    Without a public origin the server is for this machine alone.
    """

    port: int
    public: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser names them."""
        return self.public or f"http://127.0.0.1:{self.port}"

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
    """An origin as a browser writes it. Raises UsageProblem for what is none."""
    parts = urlsplit(url.rstrip("/").casefold())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or port == -1:
        raise UsageProblem(
            "public_url",
            f"'{url[:100]}' is not an address that people can sign in at.",
            why="Passwords and cookies go over TLS alone.",
            fix="--public-url https://tuneworthy.example.org",
        )
    return f"https://{parts.netloc.removesuffix(':443')}"
