"""The only place that asks what time it is, and whether a time stamp can be one of the past."""

from datetime import UTC, datetime, timedelta

SLACK = timedelta(minutes=5)
"""How far the clocks of two machines may differ before a time stamp is in doubt."""


def stamped(text: str) -> datetime | None:
    """The moment of an ISO time stamp, in UTC; without a zone it is taken as UTC. None if none."""
    try:
        moment = datetime.fromisoformat(text)
        # An aware time near the ends of the calendar cannot be brought to UTC.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_doubt(text: str, now: datetime) -> str:
    """Why a time stamp cannot be of something that has happened, in words; empty when it can.

    It is no time, or it is later than now by more than the clocks of two machines may differ.
    """
    moment = stamped(text)
    if moment is None:
        return f"its time stamp is no time: {text[:40]!r}"
    if moment > now + SLACK:
        return f"it is dated {text}, after now ({now.isoformat(timespec='seconds')})"
    return ""


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
