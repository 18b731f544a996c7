"""Whom the gateway connects to: every new connection is checked, a kept one costs nothing.

Names are judged where they are looked up, and the connection goes to what was found there. What a
URL writes out as an address is not looked up, so each one is judged again when its socket is made.
"""

import logging
import socket
from collections.abc import Collection
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from tuneworthy.methods.reach import may_reach, ways_in

log = logging.getLogger("tuneworthy.gateway")

_MOST_TOLD = 100


class Peers(AbstractResolver):
    """Looks names up, and lets a connection be made where it may go."""

    def __init__(self, internal: Collection[str]) -> None:
        self._internal = internal
        self._names = ThreadedResolver()
        self._found: set[str] = set()
        """Addresses of names that may be connected to."""
        self._told: set[str] = set()

    def connector(self, keepalive_timeout: float) -> aiohttp.TCPConnector:
        """A pool without a limit; ``keepalive_timeout`` in seconds."""
        return aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=keepalive_timeout,
            resolver=self,
            socket_factory=self._socket,
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name that may be connected to. Raises OSError: there is none."""
        found = await self._names.resolve(host, port, family)
        addresses = [one["host"] for one in found]
        fine = ways_in(host, addresses, self._internal, beside=True)
        if not fine:
            raise self._refused(host, ", ".join(addresses))
        self._found.update(fine)
        return [one for one in found if one["host"] in fine]

    async def close(self) -> None:
        """Nothing is held."""

    def _socket(self, about: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (address, *_) = about
        if address not in self._found and not may_reach(
            address, address, self._internal, beside=True
        ):
            raise self._refused(address, address)
        return socket.socket(family, kind, protocol)

    def _refused(self, host: str, addresses: str) -> OSError:
        """Clients of the gateway are not told where it may not go; who runs it is, once."""
        if host not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(host)
            log.warning(
                "the backend %s is inside (%s). If it is meant, write in tuneworthy.yaml: "
                'internal_hosts: ["%s"]',
                host,
                addresses,
                host,
            )
        return OSError("not an open address")
