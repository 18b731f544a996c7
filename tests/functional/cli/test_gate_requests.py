"""Who asks for a gate's decision does not give it: by people, and past them."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_project import (
    PEOPLE,
    approve,
    make_small,
    open_small,
    prepared,
    say,
    tick,
    write_rows,
)
from tests.functional.cli.test_gate_words_cli import without
from tests.functional.cli.test_gates_cli import insert
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.words import GateRequest
from tuneworthy.govern import make_word, requests_about, verifier
from tuneworthy.lifecycle import (
    datasets,
    gates,
    packing,
    people,
    requesting,
    training,
)
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.signing import generate

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROOF, RELEASE = GateName.PROOF, GateName.RELEASE
STAFF = {**PEOPLE, "gus": ["model_owner"]}
"""Two model owners, so that one may ask and the other decide."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version that Proof can be decided on, trained by its technical owner."""
    home = make_small(tmp_path_factory.mktemp("requests") / "shop")
    with closing(open_small(home, FixedClock(BEGIN))) as runtime:
        staff(runtime)
        prepared(runtime)
    return home


def staff(runtime: Runtime) -> None:
    for person, roles in STAFF.items():
        people.add(runtime, person, person.title(), roles)


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "shop"))


@pytest.fixture
def runtime(home: Path) -> Iterator[Runtime]:
    with closing(open_small(home, FixedClock(BEGIN))) as opened:
        tick(opened, hours=1)
        yield opened


def request(runtime: Runtime, gate: GateName, by: str, reason: str = "it is due") -> GateRequest:
    tick(runtime)
    return requesting.request(runtime, gate, gates.subject(runtime, gate), by, reason)


def decide(runtime: Runtime, gate: GateName, person: str, **more: Any) -> Approval:
    tick(runtime)
    return gates.decide(runtime, gate, person, reason="seen", **more)


# -- requests --------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_who_asks_for_a_decision_neither_approves_nor_rejects(
    runtime: Runtime, decision: Any
) -> None:
    request(runtime, PROOF, "ed")
    assert gates.state(runtime, PROOF).requests == ("ed: it is due",)
    with pytest.raises(BlockedProblem, match="Ed may not") as caught:
        decide(runtime, PROOF, "ed", decision=decision)
    assert caught.value.why == "Ed asked for this decision."
    decide(runtime, PROOF, "gus")
    decide(runtime, PROOF, "fa")
    assert gates.state(runtime, PROOF).approvers == {"model_owner": "gus", "review_lead": "fa"}


def test_an_approval_from_before_the_request_counts_no_more(runtime: Runtime) -> None:
    approve(runtime, PROOF)
    before = gates.state(runtime, PROOF)
    assert (before.independence, before.reduced_because) == ("full", ())
    request(runtime, PROOF, "ed")
    state = gates.state(runtime, PROOF)
    assert (state.open, state.missing_roles) == (False, (Role.MODEL_OWNER,))
    assert state.void == ("ed as model owner: ed asked for this decision",)


def test_a_request_is_about_one_gate_and_one_subject(runtime: Runtime) -> None:
    request(runtime, GateName.START, "ana")
    assert "ana asked for this decision" in " ".join(gates.state(runtime, GateName.START).void)
    assert gates.state(runtime, GateName.BUILD).open
    old = gates.subject(runtime, GateName.START)
    write_rows(runtime.folder, "search")
    data = datasets.build(runtime)
    assert data.id != old
    say(runtime, "decision.verdict", [data.id], allows_tuning=True)
    assert gates.state(runtime, GateName.START).requests == ()
    assert decide(runtime, GateName.START, "ana").person == "ana"
    assert requesting.askers(runtime, GateName.START, old) == {"ana"}


def test_what_a_version_was_released_with_falls_too_when_its_approver_asks(
    runtime: Runtime,
) -> None:
    approve(runtime, PROOF)
    version = training.current_version(runtime)
    ids = [approval.id for approval in runtime.store.list(Approval)]
    assert gates.release_fault(runtime, PROOF, version, ids) == ""
    request(runtime, PROOF, "fa")
    fault = gates.release_fault(runtime, PROOF, version, ids)
    assert fault == "no approval that verifies of the review lead"


def test_a_request_takes_a_name_a_reason_and_something_to_decide_on(
    runtime: Runtime, tmp_path: Path
) -> None:
    with pytest.raises(UsageProblem) as caught:
        request(runtime, PROOF, "ed", " ")
    assert caught.value.code == "no_reason"
    with closing(open_small(make_small(tmp_path / "new"), FixedClock(BEGIN))) as empty:
        staff(empty)
        with pytest.raises(BlockedProblem) as nothing:
            request(empty, PROOF, "ed")
    assert nothing.value.code == "no_subject"


def test_a_request_put_in_by_hand_bars_nobody(runtime: Runtime, home: Path) -> None:
    facts = {
        "project": runtime.project.id, "by": "ed", "reason": "r", "gate": PROOF,
        "subject": gates.subject(runtime, PROOF), "created_at": BEGIN.isoformat(),
    }  # fmt: skip
    genuine = make_word(GateRequest, facts, (home / "keys" / "ed.pem").read_bytes())
    forged = make_word(GateRequest, facts, generate()[0])
    insert(home, genuine)
    insert(home, forged)
    known = {person.id: person for person in people.everyone(runtime)}
    asked = requests_about([genuine, forged], known, subject=str(facts["subject"]))
    assert asked == (genuine,), "the signature is looked at beside the audit event"
    assert requests_about([genuine], known, subject="sha256:other") == ()
    approve(runtime, PROOF)


def test_a_request_that_is_taken_out_of_the_database_stops_every_decision(
    runtime: Runtime, home: Path
) -> None:
    request(runtime, PROOF, "ed")
    with closing(sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")) as db, db:
        db.execute("DELETE FROM documents WHERE kind = 'gate_request'")
    with pytest.raises(IntegrityProblem) as caught:
        decide(runtime, PROOF, "ed")
    assert caught.value.code == "word_missing"


def test_a_pack_without_the_request_does_not_verify(runtime: Runtime, tmp_path: Path) -> None:
    request(runtime, PROOF, "ed")
    pack = tmp_path / "pack.zip"
    packing.export(runtime, pack)
    assert verifier.check(pack.read_bytes())["signed_words"] == 1
    with pytest.raises(verifier.Fault, match="the gate request "):
        verifier.check(without(pack, b"gate_request"))


def test_a_request_at_the_command_line(run: Any, home: Path) -> None:
    at = ("-C", str(home), "gate")
    words = (*at, "request", "release", "--reason", "due\non friday")
    made = run(*words, "--by", "cy")
    assert made.code == 0, made.err
    assert "Nobody else is business owner" in made.out
    shown = run(*at, "show", "release")
    assert "decision asked for: cy: due\\non friday" in shown.out
    refused = run("--json", *at, "approve", "release", "--by", "cy", "--reason", "r")
    assert refused.error["code"] == "not_allowed"
    assert run("--json", *words, "--by", "di").json["nobody_left"] == ["business owner"]
