"""How much each caller may ask within a minute, counted exactly: the last sixty seconds, no more.

A bucket that fills steadily would be smaller, and let twice as much through in its first minute.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from tuneworthy.core.nouns.project import GatewaySettings

MINUTE = 60.0

Kind = Literal["requests", "tokens"]


class Over(NamedTuple):
    """What a caller has had enough of: how much a minute, and in how many seconds there is more."""

    kind: Kind
    limit: int
    seconds: float


class Allowance:
    """What every caller has asked of this process within the last minute.

    What a request costs in tokens is known when it is answered: it is let in while anything is
    left, and may overdraw. The next ones wait until that is a minute ago. One thread asks.

    Args:
        settings: The project's numbers, each for one caller over all gateways.
        now: Seconds that only grow.
    """

    def __init__(
        self, settings: GatewaySettings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        said: dict[Kind, int | None] = {
            "requests": settings.requests_per_minute,
            "tokens": settings.tokens_per_minute,
        }
        self._limits: dict[Kind, int] = {
            kind: max(1, limit // settings.processes) for kind, limit in said.items() if limit
        }
        self._spent: dict[tuple[str, Kind], _Window] = {}

    def admit(self, caller: str) -> Over | None:
        """Count a request; where the caller has had enough, nothing is counted."""
        now = self._now()
        for kind, limit in self._limits.items():
            seconds = self._window(caller, kind).full(limit, now)
            if seconds > 0:
                return Over(kind, limit, seconds)
        self._take(caller, "requests", 1, now)
        return None

    def spend(self, caller: str, tokens: int) -> None:
        """Count what a request has cost."""
        self._take(caller, "tokens", tokens, self._now())

    def _take(self, caller: str, kind: Kind, amount: int, now: float) -> None:
        if kind in self._limits:
            self._window(caller, kind).take(amount, now)

    def _window(self, caller: str, kind: Kind) -> "_Window":
        return self._spent.setdefault((caller, kind), _Window())


class _Window:
    """Amounts with their moments, none older than a minute, and their sum."""

    __slots__ = ("_amounts", "_sum")

    def __init__(self) -> None:
        self._amounts: deque[tuple[float, int]] = deque()
        self._sum = 0

    def take(self, amount: int, now: float) -> None:
        self._forget(now)
        self._amounts.append((now, amount))
        self._sum += amount

    def full(self, limit: int, now: float) -> float:
        """Seconds until there is something left of ``limit``; 0 where there is now."""
        self._forget(now)
        over = self._sum - limit
        for at, amount in self._amounts:
            if over < 0:
                break
            over -= amount
            if over < 0:
                return at + MINUTE - now
        return 0.0

    def _forget(self, now: float) -> None:
        while self._amounts and self._amounts[0][0] + MINUTE <= now:
            self._sum -= self._amounts.popleft()[1]
