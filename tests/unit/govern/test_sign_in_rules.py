"""How long sessions live and how long failures wait, over all times."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.account import Session, Tries
from tuneworthy.govern.sign_in import (
    ACCOUNT_FREE,
    ACCOUNT_MOST,
    FRESH,
    IDLE,
    account_wait,
    address_wait,
    is_fresh,
    session_fault,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(days=-2), timedelta(days=2))


def session(made: timedelta, seen: timedelta, ends: timedelta) -> Session:
    stamps = [(NOW + span).isoformat() for span in (made, seen, ends)]
    return Session(
        id="s", project="p", person="ann", method="link", digest="0" * 64,
        made_at=stamps[0], seen_at=stamps[1], ends_at=stamps[2],
    )  # fmt: skip


@given(SPANS, SPANS, SPANS)
def test_a_session_lives_until_its_end_and_not_through_a_rest(
    made: timedelta, seen: timedelta, ends: timedelta
) -> None:
    zero = timedelta()
    fault = session_fault(session(made, seen, ends), NOW)
    assert (fault == "") == (ends > zero and seen + IDLE > zero)
    assert is_fresh(session(made, seen, ends), NOW) == (made + FRESH > zero)


@given(st.text(max_size=30))
def test_stamps_that_are_none_open_nothing(stamp: str) -> None:
    whole = session(timedelta(), timedelta(), timedelta(days=1))
    for name in ("seen_at", "ends_at"):
        assert session_fault(whole.model_copy(update={name: stamp}), NOW)
    assert not is_fresh(whole.model_copy(update={"made_at": stamp}), NOW)


@given(st.integers(0, 500), st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_waits_grow_and_are_bounded(count: int, passed: timedelta) -> None:
    tries = Tries(count=count, last=(NOW - passed).isoformat())
    wait = account_wait(NOW)(tries)
    if count < ACCOUNT_FREE:
        assert wait == 0
    elif count < ACCOUNT_MOST:
        assert 0 <= wait <= 900
        assert wait <= account_wait(NOW)(Tries(count=count + 1, last=tries.last))
        assert (wait == 0) == (passed.total_seconds() >= min(900, 2 ** min(count - 5, 20)))
    else:
        assert wait > 900
    assert address_wait(NOW)(tries) <= 900
