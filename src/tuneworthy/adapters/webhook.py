"""Sends JSON to an address that a person named, and to no other place.

A name is looked up once and the connection goes to the very address that was checked; redirects
are not followed and proxies are not asked. So neither an odd spelling of an address, nor a name
that points elsewhere a moment later, nor an answer can lead into the network behind this machine.
"""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from tuneworthy.core.errors import BlockedProblem, OfflineProblem, ServeProblem
from tuneworthy.methods.reach import may_reach, ways_in

TIMEOUT = 5.0
"""Seconds for each step of a connection."""

WHOLE = 15.0
"""Seconds from the connection on until the answer must be there, however it trickles."""

_READ = 65_536


def post_json(url: str, body: Mapping[str, Any], internal: Collection[str] = ()) -> None:
    """Post ``body`` as JSON; the rest is ``post``'s."""
    post(url, json.dumps(body).encode(), "application/json", internal)


def post(url: str, data: bytes, content_type: str, internal: Collection[str] = ()) -> bytes:
    """Post ``data``; the answer, when the receiver has said that it took it.

    Args:
        url: ``https://...``; ``http://...`` to an internal host alone.
        data: What is sent.
        content_type: What it is.
        internal: Hosts that may have an address that is not public, or be reached without TLS.

    Raises:
        BlockedProblem: The address is not one that may be sent to.
        OfflineProblem: The host cannot be found or reached.
        ServeProblem: It answered that it did not take it.
    """
    return ask("POST", url, internal, data, {"Content-Type": content_type})


def ask(
    method: str,
    url: str,
    internal: Collection[str] = (),
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Ask an address as ``post`` does; the first 64 KiB of the answer. Raises as ``post``."""
    parts = _allowed(url, internal)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Checked(parts, internal)
    try:
        connection.connect()
        with _no_longer_than(WHOLE, connection.sock):
            connection.shake_hands()
            connection.request(method, path, data, dict(headers or {}))
            # A response keeps the socket open for as long as it is itself.
            with closing(connection.getresponse()) as answer:
                said = answer.read(_READ)
    except ssl.SSLEOFError as fault:
        raise OfflineProblem(
            "not_delivered", f"{host} cannot be reached.", why="It broke the connection off."
        ) from fault
    except ssl.SSLError as fault:
        raise ServeProblem("not_delivered", f"{host} has no valid certificate.") from fault
    except (OSError, http.client.HTTPException, UnicodeError) as fault:
        raise OfflineProblem(
            "not_delivered", f"{host} cannot be reached.", why=str(fault) or type(fault).__name__
        ) from fault
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        why = "Redirects are not followed." if 300 <= answer.status < 400 else ""
        raise ServeProblem("not_delivered", f"{host} answered {answer.status}.", why=why)
    return said


@contextmanager
def _no_longer_than(seconds: float, taken: socket.socket) -> Iterator[None]:
    """End a connection after so long, and raise TimeoutError then, whatever was read of it."""
    late = threading.Event()
    timer = threading.Timer(seconds, _shut, (taken, late))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late.is_set():
            raise TimeoutError(f"the whole answer took longer than {seconds:g} seconds")


def _shut(taken: socket.socket, late: threading.Event) -> None:
    late.set()
    # Not by close: it would free the number for another file while it is being read from.
    with suppress(OSError):
        socket.socket.shutdown(taken, socket.SHUT_RDWR)


def _allowed(url: str, internal: Collection[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as fault:
        raise _blocked("The address cannot be read.", str(fault)) from fault
    if not host or parts.username is not None or parts.password is not None:
        raise _blocked("The address must name a host, and no user.", "")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in internal):
        raise _blocked(f"{host} would be reached without TLS.", "Only internal hosts may be.")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise _blocked("The address has letters that no address has.", "")
    return parts


class _Checked(http.client.HTTPConnection):
    """A connection to an address that was looked at before."""

    def __init__(self, parts: SplitResult, internal: Collection[str]) -> None:
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        super().__init__(parts.hostname or "", port, timeout=TIMEOUT)
        self._internal = internal
        self._secure = secure

    def connect(self) -> None:
        """Look the name up, and connect to the first address that may be sent to."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        open_ = ways_in(self.host, (str(one[4][0]) for one in found), self._internal)
        fine = [one for one in found if one[4][0] in open_]
        if not fine:
            raise _blocked(
                f"{self.host} has no public address.",
                "A message must not reach into the network behind this machine.",
            )
        fault: OSError | None = None
        for family, kind, protocol, _, address in fine:
            plain = socket.socket(family, kind, protocol)
            plain.settimeout(TIMEOUT)
            try:
                plain.connect(address)
                self.sock = self._wrapped(plain)
            except OSError as why:
                plain.close()
                fault = why
            else:
                return
        raise fault or OSError("no address")

    def shake_hands(self) -> None:
        """Check the host's certificate. Raises ssl.SSLError, OSError."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def _wrapped(self, plain: socket.socket) -> socket.socket:
        peer = str(plain.getpeername()[0])
        if not may_reach(self.host, peer, self._internal):
            raise _blocked(f"{self.host} led to {peer}.", "That address is not public.")
        if not self._secure:
            return plain
        context = ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)


def _blocked(message: str, why: str) -> BlockedProblem:
    return BlockedProblem(
        "address_refused",
        message,
        why=why,
        fix="Name an https:// address. An internal host must be listed: "
        'internal_hosts: ["HOST"] in tuneworthy.yaml.',
    )
