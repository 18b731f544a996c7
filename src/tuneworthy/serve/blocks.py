"""Outcomes of both arms, counted in blocks of requests that arrived together.

Blocks are what the rollout's tests read: within one block both arms met the same hour and the same
users, so a drift of the whole traffic cannot look like a difference between the arms. A block is
closed by arrivals alone, never by outcomes, which keeps the tests valid at any number of looks.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.serving import Interaction

Check = Callable[[str], bool]

_BREAKER_LOOK = 20
_MOST_WAITING = 50_000
CLIENT_GONE = 499
"""Status of an interaction whose client left before the end; it says nothing of the model."""
UNCOUNTED = frozenset({CLIENT_GONE, 403})
"""Statuses that say nothing of a model; 403 is a request that was not let through."""
RESCUED = "-canary"
"""Ends the id of a canary's failure; the id without it is production's answer to the request."""


class Block(Part):
    """Counts of control (production) and canary requests that arrived together."""

    n_control: int = 0
    s_control: int = 0
    n_canary: int = 0
    s_canary: int = 0
    canary_errors: int = 0
    """Canary requests that got no usable answer at all (status 500 and above)."""
    canary_seen: int | None = None
    """Canary requests that came to an end, where that differs from ``n_canary``: an answer that
    waits for a rating is seen long before it is an outcome."""

    @property
    def ended_canary(self) -> int:
        """Canary requests that came to an end, rated or not."""
        return self.n_canary if self.canary_seen is None else self.canary_seen


class BlockCounter:
    """Counts outcomes as they come and closes a block as soon as it holds both arms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: list[Block] = []
        self._now = [0, 0, 0, 0, 0, 0]

    def add(self, arm: Literal["production", "canary"], *, success: bool, error: bool) -> None:
        """Count a request that ended with its outcome known."""
        with self._lock:
            self._now[5] += arm == "canary"
            self._count(arm, success=success, error=error)

    def add_unrated(self) -> None:
        """Count a canary request that was answered and whose outcome is said later, or never."""
        with self._lock:
            self._now[5] += 1

    def add_rating(self, arm: Literal["production", "canary"], *, success: bool) -> None:
        """Count the outcome of an answer that was given before."""
        with self._lock:
            self._count(arm, success=success, error=False)

    def take(self) -> tuple[Block, ...]:
        """The closed blocks since the last call; one that is still open stays."""
        with self._lock:
            taken, self._closed = tuple(self._closed), []
            return taken

    def _count(self, arm: Literal["production", "canary"], *, success: bool, error: bool) -> None:
        now = self._now
        at = 0 if arm == "production" else 2
        now[at] += 1
        now[at + 1] += success
        now[4] += error and at == 2
        # Without control traffic the tests rest, yet the hard breaker must hear of errors.
        full = (now[0] and now[2]) or now[2] >= _BREAKER_LOOK
        if full and len(self._closed) < _MOST_WAITING:
            self._close()

    def _close(self) -> None:
        a, b, c, d, e, seen = self._now
        self._closed.append(
            Block(
                n_control=a,
                s_control=b,
                n_canary=c,
                s_canary=d,
                canary_errors=e,
                canary_seen=None if seen == c else seen,
            )
        )
        self._now = [0, 0, 0, 0, 0, 0]


def succeeded(status: int, text: str, check: Check | None) -> bool:
    """Whether a request counts as a success: status 200 and, if there is a check, it holds."""
    return status == 200 and (check is None or check(text))


def blocks_from(
    interactions: Iterable[Interaction], check: Check | None = None
) -> tuple[Block, ...]:
    """The blocks that recorded interactions of one route make, in the order given."""
    counter = BlockCounter()
    rescued: set[str] = set()
    for seen in interactions:
        if seen.id.endswith(RESCUED):
            rescued.add(seen.id.removesuffix(RESCUED))
        # Production's answer to a canary's request is no sample of production's own requests.
        if seen.arm == "shadow" or seen.status in UNCOUNTED or seen.id in rescued:
            continue
        success = succeeded(seen.status, seen.response, check)
        counter.add(seen.arm, success=success, error=seen.status >= 500)
    return counter.take()
