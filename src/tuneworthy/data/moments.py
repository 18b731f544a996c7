"""Times of rows as numbers."""

from datetime import UTC, datetime


def seconds_of(stamp: str) -> float | None:
    """Seconds since 1970 of a stamp in ISO 8601; None where it is none.

    A stamp without a zone is in UTC, whatever the machine's own zone.
    """
    try:
        moment = datetime.fromisoformat(stamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
