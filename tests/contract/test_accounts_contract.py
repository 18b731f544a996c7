"""Sessions, tickets and tries: one behaviour on both databases."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.account import Session, Ticket, Tries
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.ports import Store
from tuneworthy.store import open_store

EVENT = AuditDraft(actor="ann", action="session.begin", object_type="session", object_id="s")
LATE, NOW, SOON = "2026-01-01T10:00:00.000", "2026-01-01T11:00:00.000", "2026-01-01T12:00:00.000"


def session(id_: str, person: str = "ann", *, project: str = "p", ends: str = SOON) -> Session:
    return Session(
        id=id_,
        project=project,
        person=person,
        method="link",
        digest=(id_ * 64)[:64],
        made_at=NOW,
        seen_at=NOW,
        ends_at=ends,
    )


def keep(store: Store, *made: Session) -> None:
    with store.change(EVENT) as change:
        for one in made:
            change.accounts.add_session(one)


def ticket(digest: str = "d" * 64, kind: str = "link", until: str = SOON) -> Ticket:
    return Ticket(digest=digest, kind=kind, project="p", person="ann", until=until)


def test_a_session_is_found_by_its_digest_and_in_its_project_alone(store: Store) -> None:
    keep(store, session("a"), session("b", "bo"), session("c", project="q"))
    accounts = store.accounts
    assert accounts.session("p", "a" * 64) == session("a")
    assert accounts.session("q", "a" * 64) is None
    assert accounts.session("p", "") is None
    assert {one.id for one in accounts.sessions("p")} == {"a", "b"}
    accounts.see("a", SOON)
    accounts.see("a", NOW)  # another process wrote a later time
    assert accounts.session("p", "a" * 64) == session("a").model_copy(update={"seen_at": SOON})


def test_sessions_end_one_by_one_by_person_and_by_the_clock(store: Store) -> None:
    keep(store, session("a"), session("b"), session("c", "bo"), session("d", project="q"))
    keep(store, session("e", ends=NOW))
    with store.change(EVENT) as change:
        assert not change.accounts.end_session("q", "a")
        assert change.accounts.end_session("p", "a")
        assert not change.accounts.end_session("p", "a")
        assert change.accounts.end_sessions("p", "ann") == 2
    assert [one.id for one in store.accounts.sessions("p")] == ["c"]
    assert [one.id for one in store.accounts.sessions("q")] == ["d"]
    keep(store, session("f", ends=NOW))
    keep(store, session("g"))  # takes those with it that are over
    assert {one.id for one in store.accounts.sessions("p")} == {"c", "g"}


def test_two_sessions_have_never_one_token(store: Store) -> None:
    keep(store, session("a"))
    twin = session("b").model_copy(update={"digest": "a" * 64})
    with pytest.raises((Problem, SQLAlchemyError)):
        keep(store, twin)
    assert [one.id for one in store.accounts.sessions("p")] == ["a"]


def test_a_ticket_is_used_once_in_time_and_for_what_it_is(store: Store) -> None:
    with store.change(EVENT) as change:
        change.accounts.add_ticket(ticket(), NOW)
    take = store.accounts.take_ticket
    assert take("d" * 64, "oidc", "p", NOW) is None
    assert take("d" * 64, "link", "q", NOW) is None
    assert take("d" * 64, "link", "p", SOON) is None
    assert take("d" * 64, "link", "p", NOW) == ticket()
    assert take("d" * 64, "link", "p", NOW) is None
    store.accounts.keep_ticket(ticket("e" * 64, until=NOW), LATE)
    store.accounts.keep_ticket(ticket("f" * 64), NOW)
    assert take("e" * 64, "link", "p", LATE) is None  # it was forgotten when another one came


def test_a_ticket_comes_back_with_a_change_that_fails(store: Store) -> None:
    store.accounts.keep_ticket(ticket(), NOW)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012, SIM117 - the whole change fails
        with store.change(EVENT) as change:
            taken = change.accounts.take_ticket("d" * 64, "link", "p", NOW)
            1 / (taken is None)
    assert store.accounts.take_ticket("d" * 64, "link", "p", NOW)


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    found: list[Any] = []
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        found.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_many_who_take_one_ticket_one_has_it(store_url: str) -> None:
    with open_store(store_url, SystemClock()) as one, open_store(store_url, SystemClock()) as two:
        for n in range(10):
            one.accounts.keep_ticket(ticket(f"{n:064d}"), NOW)
            got = at_once(8, take_by([one, two], f"{n:064d}"))
            assert sum(found is not None for found in got) == 1


def take_by(stores: list[Store], digest: str) -> Callable[[], Ticket | None]:
    turns = itertools.cycle(stores)
    return lambda: next(turns).accounts.take_ticket(digest, "link", "p", NOW)


def after(limit: int) -> Callable[[Tries], float]:
    return lambda tries: 7.0 if tries.count >= limit else 0.0


def test_tries_are_counted_under_every_key_or_under_none(store: Store) -> None:
    count = store.accounts.count_try
    wait = {"a": after(2), "b": after(3)}
    assert [count(wait, NOW, "", 100) for _ in range(3)] == [0, 0, 7]
    assert [count({"b": after(3)}, NOW, "", 100) for _ in range(2)] == [0, 7]
    store.accounts.settle("a", ["b"])
    assert [count(wait, NOW, "", 100) for _ in range(2)] == [0, 7]  # b had one left


def test_tries_are_forgotten_after_a_rest_unless_they_are_too_many(store: Store) -> None:
    count = store.accounts.count_try
    for _ in range(2):
        count({"few": after(9)}, LATE, "", 3)
    for _ in range(3):
        count({"many": after(9)}, LATE, "", 3)
    assert count({"few": after(2)}, NOW, NOW, 3) == 0
    assert count({"many": after(3)}, NOW, NOW, 3) == 7


def test_tries_at_once_are_all_counted(store: Store) -> None:
    got = at_once(12, lambda: store.accounts.count_try({"a": after(5)}, NOW, "", 100))
    assert sorted(got) == [0] * 5 + [7] * 7


def test_nothing_is_written_beside_a_change_that_is_open(store: Store) -> None:
    accounts = store.accounts
    for write in (
        lambda: accounts.see("a", NOW),
        lambda: accounts.settle("a"),
        lambda: accounts.keep_ticket(ticket(), NOW),
        lambda: accounts.take_ticket("d" * 64, "link", "p", NOW),
        lambda: accounts.count_try({}, NOW, "", 1),
    ):
        with store.change(EVENT), pytest.raises(Problem):
            write()
