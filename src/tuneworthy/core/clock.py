"""The only place that asks what time it is."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock, in UTC."""

    accelerated = False

    def now(self) -> datetime:
        """The present moment, timezone-aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock


class AcceleratedClock:
    """A clock that runs ``factor`` times faster from the moment it is made.

    For demonstrations and drills; whatever is stamped with it must be labelled so.
    """

    accelerated = True

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._start = SystemClock().now()

    def now(self) -> datetime:
        """Start plus ``factor`` times the real time that has passed."""
        return self._start + (SystemClock().now() - self._start) * self.factor


class FixedClock:
    """A clock that stands still until it is moved; for tests and replays."""

    accelerated = False

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by ``by``."""
        self._at += by
