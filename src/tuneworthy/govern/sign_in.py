"""How long a session lives, and how long somebody waits who fails to sign in.

The limits are those of NIST SP 800-63B-4 or tighter: at AAL2 a session ends after 24 hours at the
latest and after an hour of rest (section 2.2.3), and a single account allows no more than 100
failed tries in a row (section 3.2.2).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from tuneworthy.core.nouns.account import Session, Tries
from tuneworthy.govern.moments import moment

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
FRESH = timedelta(minutes=10)
"""A decision takes a sign-in that is no older."""

TICKET = timedelta(minutes=5)
"""A one-time link, and a sign-in at a provider, is good for so long."""

FORGET = timedelta(days=1)
"""Failed tries are forgotten after so long without another one."""

ACCOUNT_FREE, ADDRESS_FREE = 5, 20
"""Tries before the first wait."""

ACCOUNT_MOST = 100
"""After so many failed tries in a row only a new password opens the account."""

_LONGEST_WAIT = 900.0
_FOR_GOOD = 86_400.0


def session_fault(session: Session, now: datetime) -> str:
    """Why a session is over by the clock: ``idle``, ``ended``; empty while it lives."""
    ends, seen = moment(session.ends_at), moment(session.seen_at)
    if ends is None or now >= ends:
        return "ended"
    return "idle" if seen is None or now >= seen + IDLE else ""


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the person showed only just now who they are."""
    made = moment(session.made_at)
    return made is not None and now < made + FRESH


def account_wait(now: datetime) -> Callable[[Tries], float]:
    """Seconds that one account must wait: none after 5 tries, then 1, 2, 4 ... up to 15 minutes."""

    def wait(tries: Tries) -> float:
        if tries.count >= ACCOUNT_MOST:
            return _FOR_GOOD
        return _left(tries, ACCOUNT_FREE, now)

    return wait


def address_wait(now: datetime) -> Callable[[Tries], float]:
    """Seconds that one network address must wait; more people may sit behind it."""
    return lambda tries: _left(tries, ADDRESS_FREE, now)


def _left(tries: Tries, free: int, now: datetime) -> float:
    if tries.count < free:
        return 0.0
    whole = min(_LONGEST_WAIT, 2.0 ** min(tries.count - free, 20))
    last = moment(tries.last)
    passed = (now - last).total_seconds() if last else 0.0
    # A clock that was put back must not shut anybody out for longer than the wait itself.
    return max(0.0, min(whole, whole - passed))
