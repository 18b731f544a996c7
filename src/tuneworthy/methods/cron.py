"""Cron expressions: five fields (minute, hour, day, month, weekday), in UTC (POSIX crontab)."""

from datetime import UTC, datetime, timedelta

FIELDS = 5


def is_cron(expression: str) -> bool:
    """Whether the text is a cron expression of five fields that comes due at some time."""
    from croniter import croniter  # noqa: PLC0415 - few commands have a schedule to read

    try:
        return len(expression.split()) == FIELDS and bool(
            croniter(expression, datetime(2024, 1, 1, tzinfo=UTC)).get_next(datetime)
        )
    except (ValueError, KeyError, AttributeError):
        return False


def newest_due(expression: str, after: datetime, now: datetime) -> datetime | None:
    """The newest time in ``(after, now]`` at which the expression came due, or None.

    Those before it that were missed, because nobody was there, are made up for by this one.
    """
    from croniter import croniter  # noqa: PLC0415

    # croniter looks strictly before its start: a time that comes due just now must be seen.
    start = now.replace(microsecond=0) + timedelta(seconds=1)
    newest: datetime = croniter(expression, start).get_prev(datetime)
    return newest if after < newest <= now else None
