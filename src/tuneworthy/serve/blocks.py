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


class BlockCounter:
    """Counts outcomes as they come and closes a block as soon as it holds both arms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: list[Block] = []
        self._now = [0, 0, 0, 0, 0]

    def add(self, arm: Literal["production", "canary"], *, success: bool, error: bool) -> None:
        """Count one outcome."""
        with self._lock:
            now = self._now
            at = 0 if arm == "production" else 2
            now[at] += 1
            now[at + 1] += success
            now[4] += error and at == 2
            # Without control traffic the tests rest, yet the hard breaker must hear of errors.
            full = (now[0] and now[2]) or now[2] >= _BREAKER_LOOK
            if full and len(self._closed) < _MOST_WAITING:
                self._close()

    def take(self) -> tuple[Block, ...]:
        """The closed blocks since the last call; one that is still open stays."""
        with self._lock:
            taken, self._closed = tuple(self._closed), []
            return taken

    def _close(self) -> None:
        a, b, c, d, e = self._now
        self._closed.append(
            Block(n_control=a, s_control=b, n_canary=c, s_canary=d, canary_errors=e)
        )
        self._now = [0, 0, 0, 0, 0]


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
