"""A compliance reviewer with a passkey: they sign the order, it is done, they sign the report."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.authenticator import Authenticator
from tests.fakes.marked_people import is_left, lived, make_marked, subject
from tests.fakes.small_project import PEOPLE, open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import (
    BlockedProblem,
    ConflictProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    Problem,
)
from tuneworthy.core.nouns.erasure import Erasure
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.erasure_marks import keep_marks, read_marks
from tuneworthy.workspace import Workspace

START = datetime(2026, 3, 5, tzinfo=UTC)
N = 6
GONE = [subject(0), subject(1)]
SAID: dict[str, Any] = {"subjects": GONE, "person": "zoe", "reason": "request 17"}


@pytest.fixture(scope="module")
def key() -> Authenticator:
    return Authenticator(name=b"zoe's passkey", counts=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, key: Authenticator) -> Path:
    home = make_marked(tmp_path_factory.mktemp("ordered") / "p", N)
    with closing(open_small(home, FixedClock(START))) as runtime:
        for person, roles in PEOPLE.items():
            people.add(runtime, person, person.title(), roles)
        people.add(runtime, "zoe", "Zoe", ["compliance_reviewer"], key.text)
        lived(runtime, N)
    return home


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Iterator[Workspace]:
    home = shutil.copytree(built, tmp_path / "p")
    with Workspace(home, actor="zoe", clock=FixedClock(START + timedelta(days=1))) as opened:
        yield opened


def signed(workspace: Workspace, key: Authenticator, verb: str, **said: Any) -> Any:
    asked = workspace.start_signing(verb, **said)
    return workspace.finish_signing(verb, asked.started_at, key.get(asked.options), **said)


def later(workspace: Workspace, time: timedelta) -> None:
    workspace._runtime.__dict__["clock"] = FixedClock(workspace.clock.now() + time)


def methods(workspace: Workspace, *actions: str) -> list[tuple[str, str]]:
    events = [json.loads(one.body) for one in workspace._runtime.store.audit()]
    return [(e["action"], e["auth_method"]) for e in events if e["action"] in actions]


def test_order_work_and_report(workspace: Workspace, key: Authenticator) -> None:
    made = signed(workspace, key, "order_erasure", **SAID)
    assert (made.person, made.people) == ("zoe", 2)
    assert GONE[0] not in made.model_dump_json()
    assert not workspace.erasures(), "an order takes nothing out"

    report = workspace.erase_as_ordered(person="zoe")
    assert (report.state, report.left, report.envelope) == ("done", 0, {})
    assert workspace.erasure_fault(report)
    for number in (0, 1):
        assert not is_left(workspace.state_folder, number)
    assert read_marks(workspace.state_folder) is None, "the order, which names them, is gone too"

    done = signed(workspace, key, "sign_erasure", name=report.id, person="zoe")
    assert not workspace.erasure_fault(done)
    assert workspace.erasures() == [done]
    assert workspace.verify_audit().verified
    said = ("erasure.order", "erasure.begin", "erasure.finish", "erasure.sign")
    assert methods(workspace, *said) == list(
        zip(said, ("passkey", "local", "local", "passkey"), strict=True)
    )
    with pytest.raises(Problem, match="no report"):
        signed(workspace, key, "sign_erasure", name=report.id, person="zoe")


def test_nothing_is_erased_without_their_order(workspace: Workspace, key: Authenticator) -> None:
    with pytest.raises(NeedsPersonProblem, match="ordered no erasing"):
        workspace.erase(GONE, person="zoe", reason="request 17")
    with pytest.raises(NeedsPersonProblem):
        workspace.erase_as_ordered(person="zoe")
    assert workspace.erase(GONE, person="zoe", reason="x", dry_run=True).nodes
    signed(workspace, key, "order_erasure", **SAID)
    for other in (
        {"subjects": [subject(2)], "person": "zoe", "reason": "request 17"},
        {"subjects": GONE, "person": "zoe", "reason": "another"},
        {"subjects": GONE, "person": "zoe", "reason": "request 17", "also": ["more"]},
    ):
        with pytest.raises(IntegrityProblem, match="does not hold"):
            workspace.erase(**other)  # type: ignore[arg-type]
    with pytest.raises(NeedsPersonProblem):
        workspace.erase_as_ordered(person="bo")
    with pytest.raises(ConflictProblem, match="'zoe' ordered"):
        workspace.erase([subject(2)], person="bo", reason="request 18")
    assert workspace.erase([subject(2)], person="bo", reason="x", dry_run=True).nodes
    with pytest.raises(BlockedProblem):
        signed(workspace, key, "order_erasure", **(SAID | {"person": "cy"}))
    assert not workspace.erasures()


def test_an_order_that_was_written_or_changed_by_hand_does_nothing(
    workspace: Workspace, key: Authenticator
) -> None:
    signed(workspace, key, "order_erasure", **SAID)
    marks = read_marks(workspace.state_folder)
    assert marks is not None
    other = marks.asked.model_copy(update={"subjects": (subject(3),)})
    (entry,) = marks.order["signatures"]
    for forged in (
        marks.model_copy(update={"asked": other}),
        marks.model_copy(update={"order": {**marks.order, "payload": "e30="}}),
        marks.model_copy(
            update={"order": {**marks.order, "signatures": [{**entry, "keyid": "bo"}]}}
        ),
    ):
        keep_marks(workspace.state_folder, forged)
        with pytest.raises(IntegrityProblem):
            workspace.erase_as_ordered(person="zoe")
    keep_marks(workspace.state_folder, marks)
    later(workspace, timedelta(days=31))
    with pytest.raises(IntegrityProblem) as caught:
        workspace.erase_as_ordered(person="zoe")
    assert "30 days" in caught.value.why
    assert not workspace.erasures()


def test_a_new_order_takes_the_place_of_one_that_nobody_began(
    workspace: Workspace, key: Authenticator
) -> None:
    first = signed(workspace, key, "order_erasure", **SAID)
    later(workspace, timedelta(minutes=1))
    second = signed(workspace, key, "order_erasure", **(SAID | {"subjects": [subject(2)]}))
    assert first.erasure != second.erasure
    report: Erasure = workspace.erase_as_ordered(person="zoe")
    assert (report.id, len(report.subjects)) == (second.erasure, 1)
    assert is_left(workspace.state_folder, 0)
    assert not is_left(workspace.state_folder, 2)
