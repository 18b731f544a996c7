"""Which request the audit events of this thread come of."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_REQUEST: ContextVar[str] = ContextVar("tuneworthy_request", default="")


@contextmanager
def in_request(name: str) -> Iterator[None]:
    """While it is open, audit events of this thread name the request that they came of."""
    token = _REQUEST.set(name)
    try:
        yield
    finally:
        _REQUEST.reset(token)


def request_of() -> str:
    """The name of the request that is answered; empty at the console."""
    return _REQUEST.get()
