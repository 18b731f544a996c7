"""The HTTP client for models and judges: it goes where the project's word lets it, and no further.

A name is looked up here and the connection goes to the very address that was checked, so a name
that points elsewhere a moment later leads nowhere; redirects are not followed. Connections are kept
and used again. Where the environment names a proxy, the proxy looks names up and is the guard of
what it reaches; addresses that are written out are checked all the same.
"""

import socket
from collections.abc import Collection
from contextlib import suppress
from urllib.request import getproxies, proxy_bypass

import httpx2

from tuneworthy.core.errors import ModelProblem
from tuneworthy.methods.here import is_loopback
from tuneworthy.methods.reach import ways_in


def http_client(url: str, internal: Collection[str], timeout: float) -> httpx2.Client:
    """A client for one address; ``timeout`` in seconds. Raises ModelProblem: it may not be asked.

    A connection that may not be made raises ModelProblem when it is tried.
    """
    refuse_inside(url, internal)
    transport = _Checked(httpx2.URL(url), internal)
    return _Client(transport=transport, follow_redirects=False, timeout=timeout)


def refuse_inside(url: str, internal: Collection[str]) -> None:
    """Refuse an address that can be seen to lead inside; nothing is looked up.

    Raises ModelProblem.
    """
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as fault:
        raise ModelProblem(
            "endpoint_address",
            "A model's address cannot be read.",
            why=str(fault),
            fix="at: http://127.0.0.1:8000/v1",
        ) from fault
    if not parts.host or parts.userinfo:
        raise ModelProblem(
            "endpoint_address",
            "A model's address must name a host, and no user.",
            why="What stands before the @ is a secret, and addresses are recorded and printed.",
            fix="Keep the key elsewhere: api_key_env: NAME",
        )
    try:
        _addresses(parts.host, parts.port or 0, internal, socket.AI_NUMERICHOST)
    except OSError:
        return  # a name; it is looked up when it is connected to


class _Client(httpx2.Client):
    """Closes its connections when nobody holds it any more, as the library's own client does."""

    def __del__(self) -> None:
        with suppress(Exception):  # at the end of the program much is gone already
            self.close()


class _Checked(httpx2.HTTPTransport):
    """Connects to addresses that were looked at before."""

    def __init__(self, url: httpx2.URL, internal: Collection[str]) -> None:
        self._proxy = _proxy(url)
        super().__init__(
            limits=httpx2.Limits(max_connections=1000, max_keepalive_connections=100),
            proxy=self._proxy,
        )
        self._internal = internal
        self._known: tuple[str, int, str] | None = None
        """Host, port and the address that answered last."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises ModelProblem where it would lead inside."""
        host, port = request.url.host, request.url.port or 0
        if self._proxy is not None:
            refuse_inside(str(request.url), self._internal)
            return super().handle_request(request)
        if self._known is not None and self._known[:2] == (host, port):
            ways = [self._known[2]]
        else:
            ways = _found(host, port, self._internal)
        fault: httpx2.TransportError | None = None
        for address in ways:
            try:
                response = super().handle_request(_sent_to(address, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as why:
                self._known, fault = None, why
            else:
                self._known = (host, port, address)
                return response
        raise fault or httpx2.ConnectError(f"{host} has no address.")


def _sent_to(address: str, request: httpx2.Request) -> httpx2.Request:
    """The same request to an address of its host; the certificate is still the host's."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


def _found(host: str, port: int, internal: Collection[str]) -> list[str]:
    try:
        return _addresses(host, port, internal)
    except (OSError, UnicodeError) as fault:
        raise httpx2.ConnectError(str(fault)) from fault


def _addresses(host: str, port: int, internal: Collection[str], flags: int = 0) -> list[str]:
    """The addresses of a host that may be connected to. Raises ModelProblem, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    addresses = [str(one[4][0]) for one in found]
    fine = ways_in(host, addresses, internal, beside=True)
    if not fine:
        opens = addresses[0] if _is_linked(addresses[0]) else host
        where = host if host == addresses[0] else f"{host} ({addresses[0]})"
        raise ModelProblem(
            "endpoint_inside",
            f"{where} is inside the network behind this machine.",
            why="Public addresses, and this machine as 127.0.0.1 or localhost, need no leave.",
            fix=f'If it is meant, write in tuneworthy.yaml: internal_hosts: ["{opens}"]',
        )
    return fine


def _is_linked(address: str) -> bool:
    """Whether no name opens an address."""
    return not ways_in("a", [address], ["a"])


def _proxy(url: httpx2.URL) -> str | None:
    """The proxy that the environment names for an address; none for this machine's own."""
    if is_loopback(url.host) or proxy_bypass(url.host):
        return None
    named = getproxies()
    return named.get(url.scheme) or named.get("all") or None
