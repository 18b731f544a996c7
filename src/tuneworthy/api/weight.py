"""How many bytes of requests a gateway keeps at once, over all its callers."""

from collections.abc import Iterator
from contextlib import contextmanager

from tuneworthy.api.asgi import RefusedError


class Weight:
    """Bytes of bodies that are being read or answered; ``most`` may be at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = 0

    @contextmanager
    def load(self) -> Iterator["Load"]:
        """The bytes of one request, from its first to the end of its answer."""
        load = Load(self)
        try:
            yield load
        finally:
            self.now -= load.size

    def take(self, size: int) -> None:
        """Raises RefusedError (503) where it would be too much."""
        if self.now + size > self._most:
            raise RefusedError(
                503,
                "overloaded",
                "The gateway holds as many bytes of requests as it can.",
                "Try again a little later.",
                [(b"retry-after", b"1"), (b"connection", b"close")],
            )
        self.now += size


class Load:
    """What one request weighs so far."""

    def __init__(self, weight: Weight) -> None:
        self._weight = weight
        self.size = 0

    def add(self, size: int) -> None:
        """So many bytes more. Raises RefusedError (503)."""
        self._weight.take(size)
        self.size += size
