"""Runs the gateway: in the foreground, or in a thread beside other work."""

import errno
import socket
import threading
from collections.abc import Sequence
from contextlib import closing
from types import TracebackType
from typing import Any

import orjson
import uvicorn

from tuneworthy.api.asgi import error_shape
from tuneworthy.api.gateway import Gateway, Handler
from tuneworthy.api.room import roomy
from tuneworthy.api.state import GatewayRuntime
from tuneworthy.core.errors import ServeProblem

MOST = 2000
"""Connections at once."""

_GRACE_SECONDS = 10

_BUSY = orjson.dumps(
    error_shape(
        503,
        "overloaded",
        "The gateway answers as many requests as it can.",
        "Try again a little later.",
    )
)


def serve(
    runtime: GatewayRuntime,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    fallback: Handler | None = None,
) -> None:
    """Answer requests until Ctrl+C or a termination signal; then finish what is being answered.

    The runtime is closed on the way out.

    Raises:
        ServeProblem: The port is in use, or the address cannot be bound.
    """
    try:
        with closing(bind(host, port)) as listener:
            _server(runtime, fallback).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the server has finished gracefully before it hands the signal on
    finally:
        runtime.close()


class GatewayServer:
    """The gateway in a thread: ``with GatewayServer(runtime) as server: ... server.url``.

    Port 0 takes any free port. ``most`` connections are held at once. Leaving closes the runtime.
    """

    def __init__(
        self,
        runtime: GatewayRuntime,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        fallback: Handler | None = None,
        most: int = MOST,
    ) -> None:
        self.runtime = runtime
        self.host = host
        self.port = port
        self._fallback = fallback
        self._most = most

    @property
    def url(self) -> str:
        """The address of the API, as the official client's ``base_url``."""
        return f"http://{self.host}:{self.port}/v1"

    def __enter__(self) -> "GatewayServer":
        try:
            self._listener = bind(self.host, self.port)
        except ServeProblem:
            self.runtime.close()
            raise
        self.port = self._listener.getsockname()[1]
        self._server = _server(self.runtime, self._fallback, self._most)
        try:
            self._thread = run_in_thread(self._server, [self._listener], "gateway")
        except ServeProblem:
            self.runtime.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        self.runtime.close()


def _server(runtime: GatewayRuntime, fallback: Handler | None, most: int = MOST) -> uvicorn.Server:
    app: Any = Gateway(runtime, fallback)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="auto",  # uvloop where there is one
            http=roomy(most, _BUSY),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            log_level="error",  # nobody may fill the log with requests that are none
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


def run_in_thread(
    server: uvicorn.Server, listeners: Sequence[socket.socket], name: str
) -> threading.Thread:
    """The thread of a server that answers already. Raises ServeProblem when it does not start."""
    thread = threading.Thread(target=server.run, args=(list(listeners),), name=name, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        if not thread.is_alive():
            for listener in listeners:
                listener.close()
            raise ServeProblem("server_start", f"The {name} stopped while it was starting.")
    return thread


def check_address(host: str, port: int) -> None:
    """Raise the ServeProblem of an address that cannot be had, before anything slow is begun."""
    bind(host, port).close()


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens already. Raises ServeProblem when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Listening now, so that a second gateway on the port is refused here and not later.
        listener.listen(2048)
    except OSError as fault:
        listener.close()
        if fault.errno == errno.EADDRINUSE:
            raise ServeProblem(
                "port_in_use",
                f"Port {port} on {host} is in use.",
                fix=f"Stop the other program or choose another port: --port {port + 1}.",
            ) from fault
        raise ServeProblem(
            "cannot_listen",
            f"The gateway cannot listen on {host}:{port}.",
            why=fault.strerror or str(fault),
            fix="Choose another --host or a --port above 1023.",
        ) from fault
    return listener
