"""Roles given and taken by signed words: two people, a day, and nothing that was put in by hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.words import Confirmation, PersonChange
from tuneworthy.govern import DELAY, Standing, make_word, people_at, word_fault
from tuneworthy.methods.signing import generate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDS = ("gov", "biz", "com", "adm", "eve", "ned")
ROLES = {
    "gov": (Role.GOVERNANCE_OWNER,),
    "biz": (Role.BUSINESS_OWNER,),
    "com": (Role.COMPLIANCE_REVIEWER,),
    "adm": (Role.PLATFORM_ADMIN,),
    "eve": (Role.TECHNICAL_OWNER,),
    "ned": (),
}
KEYS = {id_: generate() for id_ in IDS}
FOUNDERS = [Person(id=id_, name=id_, roles=ROLES[id_], public_key=KEYS[id_][1]) for id_ in IDS]
WANTED = Role.MODEL_OWNER


def change(by: str, person: str = "ned", what: str = "grant", hours: float = 0, **more: Any) -> Any:
    facts = {"role": WANTED if what in ("grant", "revoke") else None, "public_key": ""} | more
    return make_word(
        PersonChange,
        {
            "project": "p", "by": by, "reason": "r", "what": what, "person": person,
            "created_at": (NOW + timedelta(hours=hours)).isoformat(), **facts,
        },
        KEYS[by][0],
    )  # fmt: skip


def confirm(by: str, of: PersonChange, hours: float = 1) -> Confirmation:
    return make_word(
        Confirmation,
        {
            "project": "p", "by": by, "reason": "r", "of": of.id,
            "created_at": (NOW + timedelta(hours=hours)).isoformat(),
        },
        KEYS[by][0],
    )  # fmt: skip


def at(hours: float, *rows: Any) -> Standing:
    changes = [row for row in rows if isinstance(row, PersonChange)]
    words = [row for row in rows if isinstance(row, Confirmation)]
    return people_at(FOUNDERS, changes, words, NOW + timedelta(hours=hours))


def of(found: Standing, person: str = "ned") -> Person:
    return next(p for p in found.people if p.id == person)


def test_5_a_role_grant_takes_two_people_and_is_not_used_for_24_hours() -> None:
    proposal = change("gov")
    word = confirm("biz", proposal)
    assert of(at(1000, proposal)).roles == ()
    assert at(1000, proposal).pending[0].confirmed_by == ""
    assert of(at(24.99, proposal, word)).roles == ()
    assert (
        at(24.99, proposal, word).pending[0].holds_from == (NOW + timedelta(hours=25)).isoformat()
    )
    after = at(25, proposal, word)
    assert of(after).roles == (WANTED,)
    assert (after.pending, after.void) == ((), ())
    assert timedelta(hours=24) == DELAY


@pytest.mark.parametrize(
    ("proposer", "confirmer", "good"),
    [
        ("gov", "biz", True),
        ("biz", "com", True),
        ("adm", "gov", True),  # the admin may propose, and confirms nothing
        ("gov", "adm", False),
        ("gov", "gov", False),
        ("gov", "ned", False),
        ("eve", "gov", False),
        ("gov", "eve", False),
    ],
)
def test_who_proposes_and_who_confirms(proposer: str, confirmer: str, good: bool) -> None:
    proposal = change(proposer)
    found = at(100, proposal, confirm(confirmer, proposal))
    assert (of(found).roles == (WANTED,)) == good
    assert bool(found.void) != good


def test_nobody_grants_or_confirms_for_themselves() -> None:
    own = change("gov", person="gov")
    assert of(at(100, own, confirm("biz", own)), "gov").roles == ROLES["gov"]
    other = change("biz", person="gov")
    assert of(at(100, other, confirm("gov", other)), "gov").roles == ROLES["gov"]
    assert WANTED in of(at(100, other, confirm("com", other)), "gov").roles


def test_what_takes_away_holds_at_once_and_stops_what_was_on_its_way() -> None:
    proposal = change("gov")
    word = confirm("biz", proposal)
    stop = change("com", what="revoke", hours=2)
    assert of(at(100, proposal, word, stop)).roles == ()
    gone = change("adm", person="eve", what="deactivate", hours=0)
    assert not of(at(0, gone), "eve").active
    late = change("gov", person="eve", hours=1)
    assert at(100, gone, late, confirm("biz", late, 2)).void
    revoked = change("gov", person="com", what="revoke", role=Role.COMPLIANCE_REVIEWER)
    assert of(at(0, revoked), "com").roles == ()


def test_a_new_key_takes_two_people_and_a_day_and_signs_from_then_on() -> None:
    pem, public = generate()
    proposal = change("gov", person="com", what="key", public_key=public)
    word = confirm("biz", proposal)
    assert of(at(24, proposal, word), "com").public_key == KEYS["com"][1]
    assert of(at(25, proposal, word), "com").public_key == public
    # By the old key after the change: not theirs any more; by the new one it counts.
    old = change("com", what="revoke", person="eve", role=Role.TECHNICAL_OWNER, hours=30)
    assert of(at(40, proposal, word, old), "eve").roles == ROLES["eve"]
    facts = old.model_dump(exclude={"id", "envelope"})
    new = make_word(PersonChange, facts, pem)
    assert of(at(40, proposal, word, new), "eve").roles == ()


def test_roles_that_are_not_held_yet_grant_nothing() -> None:
    first = change("gov", role=Role.GOVERNANCE_OWNER)
    word = confirm("biz", first)
    early = change("ned", person="eve", hours=10)
    late = change("ned", person="eve", hours=30)
    found = at(100, first, word, early, confirm("biz", early, 40))
    assert WANTED not in of(found, "eve").roles
    found = at(100, first, word, late, confirm("biz", late, 40))
    assert WANTED in of(found, "eve").roles


FORGERIES: dict[str, Callable[[Any], Any]] = {
    "another key": lambda row: make_word(
        PersonChange, row.model_dump(exclude={"id", "envelope"}), KEYS["eve"][0]
    ),
    "another person": lambda row: row.model_copy(update={"person": "eve"}),
    "another role": lambda row: row.model_copy(update={"role": Role.REVIEW_LEAD}),
    "another signer": lambda row: row.model_copy(update={"by": "com"}),
    "another time": lambda row: row.model_copy(update={"created_at": "2020-01-01T00:00:00+00:00"}),
    "no time": lambda row: row.model_copy(update={"created_at": "yesterday"}),
    "no zone": lambda row: row.model_copy(update={"created_at": "2026-03-01T12:00:00"}),
    "no envelope": lambda row: row.model_copy(update={"envelope": {}}),
    "another id": lambda row: row.model_copy(update={"id": "sha256:0"}),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_6_a_row_put_in_by_hand_changes_nobody(how: str) -> None:
    genuine = change("gov")
    forged = FORGERIES[how](genuine)
    found = at(100, forged, confirm("biz", forged))
    assert {p.id: p.roles for p in found.people} == ROLES
    assert found.void
    unsigned = confirm("biz", genuine).model_copy(update={"envelope": {}})
    assert of(at(100, genuine, unsigned)).roles == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(IDS), st.sampled_from(IDS), st.sampled_from(IDS), st.integers(0, 60)
        ),
        max_size=8,
    ),
    st.integers(0, 100),
)
def test_no_role_without_two_others_a_day_before(
    steps: Sequence[tuple[str, str, str, int]], now: int
) -> None:
    rows: list[Any] = []
    for proposer, confirmer, person, hour in steps:
        proposal = change(proposer, person=person, hours=hour)
        rows += [proposal, confirm(confirmer, proposal, hour + 1)]
    found = at(now, *rows)
    for person_ in found.people:
        if WANTED in person_.roles:
            assert any(
                len({proposer, confirmer, person}) == 3
                and person == person_.id
                and hour + 25 <= now
                and proposer in ("gov", "biz", "com", "adm")
                and confirmer in ("gov", "biz", "com")
                for proposer, confirmer, person, hour in steps
            )
        assert set(person_.roles) - {WANTED} == set(ROLES[person_.id])


def test_the_order_of_rows_in_the_ledger_does_not_matter() -> None:
    proposal = change("gov")
    word = confirm("biz", proposal)
    stop = change("com", what="revoke", hours=30)
    wanted = at(100, proposal, word, stop)
    assert of(wanted).roles == ()
    assert at(100, stop, word, proposal).people == wanted.people


def test_a_word_that_nobody_changed_is_what_was_signed() -> None:
    assert word_fault(change("gov"), FOUNDERS[0]) == ""
    assert "there is no person" in word_fault(change("gov"), FOUNDERS[1])
