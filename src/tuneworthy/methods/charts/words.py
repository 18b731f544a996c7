"""Numbers and words for people: one way to write a share, a difference, a time."""

import math
import re
from datetime import UTC, datetime
from typing import Final

from tuneworthy.core.nouns.base import Interval

NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"
UNKNOWN: Final = "not known"

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Text without control characters and direction overrides, which could hide what it says."""
    return _UNPRINTABLE.sub("\ufffd", text)


def clip(text: str, length: int) -> str:
    """At most ``length`` characters; an ellipsis says that there were more."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def words(name: str) -> str:
    """A code name as words: ``rolled_back`` becomes ``rolled back``."""
    return name.replace("_", " ").strip().lower()


def percent(share: float) -> str:
    """A share of one, as ``59 %``; a decimal where whole numbers would say 0 or 100 wrongly."""
    if not math.isfinite(share):
        return UNKNOWN
    value = share * 100
    if round(value) in (0, 100) and value not in (0, 100):
        value = min(max(value, 0.1), 99.9) if 0 < value < 100 else value
        return f"{value:.1f}{NO_BREAK}%".replace("-", MINUS)
    return f"{value:.0f}{NO_BREAK}%".replace("-", MINUS)


def points(difference: float) -> str:
    """A difference of shares in percentage points, always with its sign: ``+12 pts``."""
    value = round(difference * 100)
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{abs(value)}{NO_BREAK}pts"


def bounds(interval: Interval) -> str:
    """The 95 % interval of a share, as ``53 to 65``."""
    return f"{interval.low * 100:.0f} to {interval.high * 100:.0f}".replace("-", MINUS)


def count(value: float) -> str:
    """A whole number with thousands marked: ``4,210``."""
    return f"{value:,.0f}"


def seconds(value: float) -> str:
    """A length of time in the unit that suits it: ``0.4 s``, ``52 s``, ``7 min``, ``3 h 5 min``."""
    if not math.isfinite(value) or value < 0:
        return UNKNOWN
    if value < 10:
        return f"{value:.1f}{NO_BREAK}s"
    if value < 90:
        return f"{value:.0f}{NO_BREAK}s"
    minutes = round(value / 60)
    if minutes < 90:
        return f"{minutes}{NO_BREAK}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        rest = f" {minutes}{NO_BREAK}min" if minutes else ""
        return f"{hours}{NO_BREAK}h{rest}"
    return f"{hours / 24:.0f}{NO_BREAK}days"


def megabytes(value: float) -> str:
    """Memory in MB, or GB from a thousand on."""
    return f"{value / 1000:.1f}{NO_BREAK}GB" if value >= 1000 else f"{value:.0f}{NO_BREAK}MB"


def probability(value: float) -> str:
    """A p-value: two digits that matter, or ``< 0.001``."""
    return (
        f"<{NO_BREAK}0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    )


def moment(stamp: str) -> datetime | None:
    """The UTC time that an ISO stamp names, or None when it is empty or not one."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day(stamp: str) -> str:
    """The date of an ISO stamp as ``13 April 2026``; the stamp itself when it is not one."""
    at = moment(stamp)
    return f"{at.day} {at:%B} {at.year}" if at else stamp
