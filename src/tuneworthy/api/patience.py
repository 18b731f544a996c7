"""HTTP as uvicorn reads it, with an end to what one caller may hold: bytes of a head, and time.

The parser (llhttp) keeps a head, a chunk's extensions and trailers whole, however long they are,
and waits for them however long they take. Bodies have their own limits where they are read.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 65_536
"""Bytes in a row that are no body."""

WHOLE = 60.0
"""Seconds in which a request must be there, from its first byte or from the connection on."""

DEAF = 60.0
"""Seconds in which a caller must take something of an answer that waits for them."""


class PatientHttp(HttpToolsProtocol):
    """One connection."""

    whole = WHOLE
    deaf = DEAF
    _no_body = 0
    _inside = False
    _headed = False
    _timer: asyncio.TimerHandle | None = None
    _hearing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller has come, and must say something."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._rest()
        self._heard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        self._no_body += len(data)
        super().data_received(data)
        if self._no_body > MOST_HEAD:
            if self._answering():
                self.transport.close()
            else:
                self.send_400_response("The head of the request is too long.")
        elif self._timer is None and not self._inside and not self._answering():
            self._wait()  # empty lines between requests, which keep a connection open too

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._inside, self._headed = True, False
        self._wait()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._no_body, self._headed = 0, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._no_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._no_body = 0
        self._inside = self._headed = False
        self._rest()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The caller does not take what they are sent."""
        super().pause_writing()
        self._heard()
        self._hearing = self.loop.call_later(self.deaf, self.transport.abort)

    def resume_writing(self) -> None:
        """They go on."""
        self._heard()
        super().resume_writing()

    def _heard(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            self._hearing = None

    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        self._rest()
        self._timer = self.loop.call_later(self.whole, self._late)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        before = bool(self.pipeline) if self._headed else self._answering()
        if before or self.flow.read_paused:
            self._wait()  # it is this server that keeps it waiting
        else:
            self.transport.close()
