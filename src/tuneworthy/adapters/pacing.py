"""When the next request may be sent: an endpoint's own words on its limits, heard by all threads.

``Retry-After`` is RFC 9110, section 10.2.3 (seconds or a date); ``x-ratelimit-remaining-requests``
and ``x-ratelimit-reset-requests`` are what OpenAI and most compatible endpoints send. Waits after a
failure grow by doubling and are drawn between zero and the bound ("full jitter": Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that threads that failed together
do not come back together.
"""

import random
import re
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 120.0
"""Seconds that an endpoint's word is followed for, at most."""

FIRST_WAIT = 0.5
LONGEST_BACKOFF = 16.0

_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


class Pace:
    """One gate for all threads that ask one endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._stopped = threading.Event()

    def wait(self) -> None:
        """Return when a request may be sent, or when all work is stopped."""
        while not self._stopped.is_set():
            with self._lock:
                left = self._until - time.monotonic()
            if left <= 0:
                return
            self._stopped.wait(left)

    def pause(self, seconds: float) -> None:
        """Nobody sends anything for so long, or longer if that was said before."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + min(seconds, LONGEST_WAIT))

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer's headers: with nothing left, wait until there is more."""
        if (headers.get("x-ratelimit-remaining-requests") or "").strip() == "0":
            self.pause(span(headers.get("x-ratelimit-reset-requests") or "") or 0.0)

    def back_off(self, attempt: int) -> None:
        """Wait by oneself after a failure; ``attempt`` counts from 1."""
        bound = min(LONGEST_BACKOFF, FIRST_WAIT * 2 ** (attempt - 1))
        self._stopped.wait(random.uniform(0, bound))  # noqa: S311 - no secret

    def stop(self) -> None:
        """Nobody waits any longer."""
        self._stopped.set()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the endpoint asks to wait; None where it says nothing that can be read."""
    exact = headers.get("retry-after-ms") or ""
    if _PLAIN.fullmatch(exact.strip()):
        return float(exact) / 1000
    said = (headers.get("retry-after") or "").strip()
    if _PLAIN.fullmatch(said):
        return float(said)
    try:
        date = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())


def span(text: str) -> float | None:
    """Seconds of ``20``, ``1.5s``, ``6m0s`` or ``250ms``; None for anything else."""
    text = text.strip().lower()
    if _PLAIN.fullmatch(text):
        return float(text)
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
