"""Two projects on one ledger: each deletes its own traffic by its own days, and no other's."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.marked_people import live, subject, word_on
from tests.fakes.small_project import PEOPLE, make_small, open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.retention import Due
from tuneworthy.lifecycle import auditing, holds, people, retention
from tuneworthy.lifecycle.suppression import subject_id
from tuneworthy.lifecycle.wiring import Runtime

START = datetime(2026, 3, 5, tzinfo=UTC)
ALPHA, ZEBU, ORPHAN = range(3), range(10, 15), 99


def on_one_ledger(root: Path, name: str, days: int) -> Path:
    home = make_small(root / name)
    text = (home / "tuneworthy.yaml").read_text("utf-8").splitlines()
    kept = [line for line in text if not line.startswith("name:")]
    kept += [f"name: {name}", f"store: 'sqlite:///{root}/one.db'"]
    kept += [f"subject_keys: 'sqlite:///{root}/keys.db'", f"retention: {{interactions: {days}}}"]
    (home / "tuneworthy.yaml").write_text("\n".join(kept) + "\n", "utf-8")
    return home


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Runtime, Runtime]]:
    """Alpha keeps traffic for 190 days, zebu for 400; both have some from the same day."""
    clock = FixedClock(START)
    homes = [on_one_ledger(tmp_path, name, days) for name, days in (("alpha", 190), ("zebu", 400))]
    with (
        closing(open_small(homes[0], clock)) as alpha,
        closing(open_small(homes[1], clock)) as zebu,
    ):
        for runtime, numbers in ((alpha, ALPHA), (zebu, ZEBU)):
            with runtime.change("project.dataset", ("project", runtime.project.id, "")) as change:
                change.put(Head(id=runtime.project.id))
            rows = [live(runtime.project.id, n) for n in numbers]
            runtime.store.record(rows, [word_on(n) for n in numbers])
        yield alpha, zebu


def tables(runtime: Runtime) -> dict[str, Due]:
    return {one.kind: one for one in retention.due(runtime)}


def wait(runtime: Runtime, days: int) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(days=days))


def left(runtime: Runtime) -> set[int]:
    """Whose rows are in the ledger, of either project."""
    words = {int(word.interaction[-6:]) for word in runtime.store.feedback()}
    rows = {int(row.id[-6:]) for row in runtime.store.interactions()}
    assert words == rows
    return rows


def test_each_counts_its_own(both: tuple[Runtime, Runtime]) -> None:
    for runtime, numbers in zip(both, (ALPHA, ZEBU), strict=True):
        found = tables(runtime)
        assert found["interactions"].count == found["feedback"].count == len(numbers)
        assert found["interactions"].id == runtime.project.id
    alpha, zebu = both
    early = live("zebu", 20).model_copy(update={"created_at": "2025-12-01T00:00:00+00:00"})
    zebu.store.record([early])
    assert tables(alpha)["interactions"].since == "2026-03-01"
    assert tables(zebu)["interactions"].since == "2025-12-01"


def test_each_deletes_its_own_by_its_own_days(both: tuple[Runtime, Runtime]) -> None:
    alpha, zebu = both
    wait(alpha, 200)
    assert {one.kind: one.count for one in retention.apply(zebu)} == {}
    assert left(zebu) == {*ALPHA, *ZEBU}
    gone = {one.kind: one.count for one in retention.apply(alpha)}
    assert (gone["interactions"], gone["feedback"]) == (len(ALPHA), len(ALPHA))
    assert left(alpha) == set(ZEBU)
    assert "interactions" not in tables(alpha)
    wait(alpha, 300)
    assert retention.apply(alpha) == []
    assert left(zebu) == set(ZEBU)
    gone = {one.kind: one.count for one in retention.apply(zebu)}
    assert gone["interactions"] == len(ZEBU)
    assert left(zebu) == set()
    assert auditing.verify(zebu).verified


def test_a_hold_of_one_keeps_no_row_of_the_other(both: tuple[Runtime, Runtime]) -> None:
    alpha, zebu = both
    people.add(zebu, "bo", "Bo", PEOPLE["bo"])
    holds.hold(zebu, subject(ZEBU[0]), "bo", "case 4")
    wait(alpha, 500)
    retention.apply(alpha)
    assert left(alpha) == set(ZEBU)
    retention.apply(zebu)
    assert left(zebu) == {ZEBU[0]}


def test_a_key_stays_for_as_long_as_either_holds_its_person(both: tuple[Runtime, Runtime]) -> None:
    alpha, zebu = both
    people.add(zebu, "bo", "Bo", PEOPLE["bo"])
    made = holds.hold(zebu, subject(ALPHA[0]), "bo", "case 4")
    wait(alpha, 200)
    retention.apply(alpha)
    assert left(alpha) == set(ZEBU)
    assert made.ref in {key.ref for key in alpha.subject_keys.idle("9")}
    holds.release(zebu, made.id, "bo", "over")
    assert {one.kind for one in retention.apply(alpha)} == {"keys"}
    assert made.ref not in {key.ref for key in alpha.subject_keys.idle("9")}


def test_rows_that_cannot_be_read_are_their_projects(both: tuple[Runtime, Runtime]) -> None:
    alpha, zebu = both
    refs = {subject_id(zebu, subject(n)) for n in ZEBU}
    keys = [key.id for key in zebu.subject_keys.idle("9") if key.ref in refs]
    assert len(keys) == len(ZEBU)
    zebu.subject_keys.destroy(keys)
    assert "unreadable rows" not in tables(alpha)
    assert tables(zebu)["unreadable rows"].count == 2 * len(ZEBU)
    assert retention.apply(alpha) == []
    assert tables(zebu)["unreadable rows"].count == 2 * len(ZEBU)
    assert {one.kind: one.count for one in retention.apply(zebu)} == {
        "unreadable rows": 2 * len(ZEBU)
    }
    assert left(alpha) == set(ALPHA)


def test_what_nobody_can_tell_the_owner_of_is_anybodys(both: tuple[Runtime, Runtime]) -> None:
    """A word without its request, and traffic of a project that was given another name."""
    alpha, zebu = both
    zebu.store.record([live("old-name", ORPHAN - 1)], [word_on(ORPHAN)])
    assert tables(alpha)["interactions"].count == len(ALPHA) + 1
    assert tables(alpha)["feedback"].count == len(ALPHA) + 1
    assert tables(zebu)["feedback"].count == len(ZEBU) + 1
    wait(alpha, 200)
    retention.apply(alpha)
    assert left(zebu) == set(ZEBU)


def test_what_is_remembered_is_the_ledgers(both: tuple[Runtime, Runtime]) -> None:
    _, zebu = both
    zebu.remember("look", {"at": 1}, "seen")
    for runtime in both:
        assert (tables(runtime)["steps"].id, tables(runtime)["steps"].count) == ("ledger", 1)
