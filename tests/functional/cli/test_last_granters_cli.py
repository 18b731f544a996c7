"""A role takes two people to give; the last two are not put out of duty unnoticed."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.small_project import make_small, open_small, released
from tuneworthy.core.clock import FixedClock, SystemClock

PEOPLE = {
    "adm": ["platform_admin"],
    "bo": ["compliance_reviewer"],
    "cy": ["business_owner"],
    "gil": ["governance_owner"],
    "di": ["technical_owner"],
}


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "project"
    tuneworthy.init(home)
    with tuneworthy.open(home) as work:
        for person, roles in PEOPLE.items():
            work.add_person(person, person.title(), roles)
    return home


def leave(
    run: Any, home: Path, person: str, *more: str, verb: str = "deactivate", by: str = "gil"
) -> Any:
    return run("-C", str(home), "people", verb, *(person, *more), "--by", by, "--reason", "left")


def test_the_last_who_can_give_a_role_do_not_leave_unnoticed(run, home):
    assert leave(run, home, "cy").code == 0
    # An administrator may propose and not confirm: gil and adm are enough, gil alone is not.
    assert leave(run, home, "bo").code == 0
    for stopped in (
        leave(run, home, "gil"),
        leave(run, home, "adm"),
        leave(run, home, "gil", "governance_owner", verb="revoke"),
    ):
        assert stopped.code == 3
        assert "nobody could give a role or a key any more" in stopped.err
        assert "tuneworthy people grant PERSON ROLE" in stopped.err
        assert "--anyway" in stopped.err
    assert "(not active)" not in run("-C", str(home), "people", "list").out.split("gil")[1]
    # Who gives no roles may go, and whoever must go at once does, by an express word.
    assert leave(run, home, "di").code == 0
    assert leave(run, home, "adm", "--anyway").code == 0
    # There is nothing to keep any more.
    assert leave(run, home, "gil").code == 0


def test_the_reason_told_is_the_leavers_own(run, tmp_path):
    """At Release the countersignature falls too; that is a consequence and not the reason."""
    home = make_small(tmp_path / "p")
    with closing(open_small(home, FixedClock(SystemClock().now() - timedelta(hours=1)))) as runtime:
        released(runtime)
    told = leave(run, home, "cy", by="bo")
    assert told.code == 0
    shut = [line for line in told.out.splitlines() if "is shut now" in line]
    assert shut == [
        f"  The {gate} gate is shut now: cy as business owner: cy is not active"
        for gate in ("start", "release")
    ]
