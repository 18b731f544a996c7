"""Runs the control API in a thread: ``with ControlServer(workspace) as server: ... server.url``."""

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import orjson
import uvicorn

from tuneworthy.api.control.app import make_app
from tuneworthy.api.control.place import Place, public_origin
from tuneworthy.api.room import roomy
from tuneworthy.api.server import bind, run_in_thread
from tuneworthy.core.errors import ServeProblem, UsageProblem
from tuneworthy.methods.here import is_loopback
from tuneworthy.workspace import Workspace

MOST = 200
"""Connections at once."""

_GRACE_SECONDS = 5

_TRIES = 20
"""How often another free port is taken, where any will do."""

_BUSY = orjson.dumps(
    {
        "error": {
            "code": "overloaded",
            "message": "The server answers as many requests as it can.",
            "why": "",
            "fix": "Try again a little later.",
        }
    }
)

_HERE = ["127.0.0.1", "::1"]
"""Where the proxy is, unless it is said."""


class ControlServer:
    """The control API of one project.

    Args:
        workspace: The project; its owner closes it.
        host: Address to listen on.
        port: Port, or 0 for any free one.
        public: The ``https://`` origin that people type, where a proxy ends TLS before this server.
        proxies: Its addresses, by default this machine; only they are believed for whom they ask.
        most: Connections at once.

    Raises:
        UsageProblem: The address can be reached from outside, and nobody could sign in safely.
        ServeProblem: The port is in use.
    """

    def __init__(
        self,
        workspace: Workspace,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        public: str = "",
        proxies: Sequence[str] = (),
        most: int = MOST,
    ) -> None:
        self._public = public_origin(public) if public else ""
        if not is_loopback(host) and not self._public:
            raise _not_safe(
                host, "No address with TLS is named, so passwords would go in the open."
            )
        if self._public and not workspace.can_sign_in():
            raise _not_safe(host, "Nobody can sign in yet.", "tuneworthy people password PERSON")
        self._workspace = workspace
        self._bind = (host, port)
        self._most = most
        self._proxies = list(proxies) or (_HERE if self._public else [])

    @property
    def url(self) -> str:
        """The address to type."""
        return self.place.origin

    def __enter__(self) -> "ControlServer":
        self._listeners = [bind(*self._bind)] if self._public else _both(*self._bind)
        self.place = Place(self._listeners[0].getsockname()[1], self._public)
        self._server = self._made()
        self._thread = run_in_thread(self._server, self._listeners, "control API")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        for listener in self._listeners:
            listener.close()

    def _made(self) -> uvicorn.Server:
        app: Any = make_app(self._workspace, self.place)
        return uvicorn.Server(
            uvicorn.Config(
                app,
                http=roomy(self._most, _BUSY),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                log_level="error",  # nobody may fill the log with requests that are none
                # Without a named proxy nobody may say of himself which address he has.
                proxy_headers=bool(self._proxies),
                forwarded_allow_ips=self._proxies or None,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )


def _both(host: str, port: int) -> list[socket.socket]:
    """Sockets on both addresses of this machine's own name, so that no other program answers there.

    A browser takes either of them for ``localhost``, and is sent there with a link that signs in.
    Raises ServeProblem when one of them is another program's; a machine may have no IPv6.
    """
    other = "127.0.0.1" if ":" in host else "::1"
    for left in reversed(range(_TRIES if port == 0 else 1)):
        first = bind(host, port)
        try:
            return [first, bind(other, first.getsockname()[1])]
        except ServeProblem as problem:
            if problem.code != "port_in_use":
                return [first]
            first.close()
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _not_safe(host: str, why: str, fix: str = "") -> UsageProblem:
    return UsageProblem(
        "not_safe",
        f"Sign-in is not offered on {host}.",
        why=why,
        fix=fix
        or "Leave --host out, or put a proxy with TLS before it: "
        "--public-url https://tuneworthy.example.org --proxy ADDRESS",
    )
