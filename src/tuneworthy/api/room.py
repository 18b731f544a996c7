"""How many callers a server holds at once, and who has to go when more come.

Whoever only waits, or has not yet said all of a request, makes room for who comes next, the longest
first: so connections that are opened and held keep nobody out. Where every one is being answered,
the next are told to come again. Those wait too, and are few.
"""

import itertools
import logging
from typing import Any

from tuneworthy.api.asgi import Receive, Scope, Send, send_json
from tuneworthy.api.patience import PatientHttp

log = logging.getLogger("tuneworthy.server")

TURNED_AWAY = 64
"""Connections above the most, which are only told to come again."""

_FILES = 256
"""Open files of a server besides its connections."""

_SAID_AGAIN = 60.0

_numbers = itertools.count()


class RoomyHttp(PatientHttp):
    """One connection among at most ``most``; ``busy`` is the JSON that others are told."""

    most = 1000
    busy = b"{}"
    number = 0
    """The higher, the later it came."""
    away = False
    """Told to come again, whatever it asks."""
    said = float("-inf")

    def connection_made(self, transport: Any) -> None:
        """A caller has come: another one may have to go."""
        super().connection_made(transport)
        self.number = next(_numbers)
        if len(self.connections) > self.most:
            self._make_room()

    @property
    def waits(self) -> bool:
        """Whether it is the caller who keeps this connection open."""
        return self._inside or not self._answering()

    def _make_room(self) -> None:
        all_: set[Any] = self.connections
        others = [one for one in all_ if one is not self and one.waits]
        idle = [one for one in others if not one.away]
        if idle:
            _end(min(idle, key=_age))
            return
        self.away = True
        self.app = self._come_again
        self._say_so()
        if len(all_) > self.most + TURNED_AWAY:
            _end(min(others, key=_age, default=self))

    def _say_so(self) -> None:
        now = self.loop.time()
        if now > type(self).said + _SAID_AGAIN:
            type(self).said = now
            log.warning("%d requests are being answered; more are turned away", self.most)

    async def _come_again(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send_json(send, 503, self.busy, [(b"retry-after", b"1"), (b"connection", b"close")])


def roomy(most: int, busy: bytes) -> type[RoomyHttp]:
    """The protocol of a server that holds so many connections, as far as it may open files."""
    return type("RoomyHttp", (RoomyHttp,), {"most": fitting(most), "busy": busy})


def fitting(most: int) -> int:
    """So many connections, or fewer where the system lets this process open fewer files.

    Each may need a second one, to a backend. The limit is raised as far as it may be.
    """
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return most
    needed = 2 * most + _FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return most
    return min(most, max(16, (soft - _FILES) // 2))


def _age(one: RoomyHttp) -> int:
    return one.number


def _end(one: RoomyHttp) -> None:
    one.connections.discard(one)
    one.transport.abort()
