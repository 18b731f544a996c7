"""The audit log and packs know people by ids; the name of somebody who left can be taken out."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.small_project import PEOPLE, approve, make_small, open_small, prepared, tick
from tuneworthy.cli.main import cli
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.people import WITHHELD, Person
from tuneworthy.lifecycle import auditing, gates, granting, people, withholding
from tuneworthy.lifecycle.packing import export
from tuneworthy.lifecycle.wiring import Runtime

NAMES = {id_: f"Qw{id_}zel Vanterpool-{id_.upper()}x" for id_ in PEOPLE}


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    home = make_small(tmp_path / "shop")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        for person, roles in PEOPLE.items():
            people.add(opened, person, NAMES[person], roles)
        prepared(opened)
        for gate in (GateName.PROOF, GateName.RELEASE):
            approve(opened, gate)
        yield opened


def leave(runtime: Runtime, person: str) -> None:
    tick(runtime)
    granting.deactivate(runtime, person, "cy", "left")
    runtime.actor = "bo"


def test_no_name_is_in_the_record(runtime: Runtime) -> None:
    leave(runtime, "ana")
    export(runtime, runtime.folder / "pack.zip")
    kept = [record.body for record in runtime.store.audit()]
    kept += [row.model_dump_json().encode() for row in runtime.store.list(Approval)]
    with zipfile.ZipFile(runtime.folder / "pack.zip") as pack:
        kept += [pack.read(name) for name in pack.namelist()]
    for name in NAMES.values():
        assert not [one for one in kept if name.encode() in one]
    assert any(b'"ana"' in one for one in kept), "ids are there"


def test_the_name_of_who_left_is_taken_out_and_all_they_signed_stays(runtime: Runtime) -> None:
    leave(runtime, "ana")
    before = {person.id: person for person in people.everyone(runtime)}
    states = [state.model_dump() for state in gates.states(runtime)]
    after = withholding.withhold(runtime, "ana", "asked to be forgotten")
    assert after == before["ana"].model_copy(update={"name": WITHHELD})
    assert {p.id for p in people.everyone(runtime)} == set(before)
    assert [state.model_dump() for state in gates.states(runtime)] == states
    for path in runtime.state.rglob("*"):
        if path.is_file():
            assert NAMES["ana"].encode() not in path.read_bytes(), path
    summary = auditing.verify(runtime)
    assert summary.verified, summary
    people.register(runtime)  # the people file says the name still
    file = runtime.folder / runtime.project.people
    file.write_text(file.read_text().replace(NAMES["ana"], "gone"), encoding="utf-8")
    people.register(runtime)
    assert people.find(runtime, "ana").name == WITHHELD


def test_who_may_and_who_may_not(runtime: Runtime) -> None:
    runtime.actor = "bo"
    with pytest.raises(BlockedProblem, match="still in duty"):
        withholding.withhold(runtime, "ana", "asked")
    leave(runtime, "ana")
    for reason in (" ", f"{NAMES['ana'].upper()} asked"):
        with pytest.raises(UsageProblem):
            withholding.withhold(runtime, "ana", reason)
    runtime.actor = "di"
    with pytest.raises(BlockedProblem, match="may not withhold name"):
        withholding.withhold(runtime, "ana", "asked")
    assert people.find(runtime, "ana").name == NAMES["ana"]


def test_a_row_without_a_name_put_in_by_hand_gives_nobody_anything(runtime: Runtime) -> None:
    """It counts only out of duty and with the key that was registered."""
    thief = runtime.store.get(Person, "di")
    cy = runtime.store.get(Person, "cy")
    assert thief is not None
    assert cy is not None

    def put(row: Person) -> None:
        with runtime.change("person.withhold", ("person", row.id, row.public_key)) as change:
            change.put(row)

    put(cy.model_copy(update={"name": WITHHELD, "public_key": thief.public_key, "active": False}))
    assert "cy" not in {person.id for person in people.everyone(runtime)}
    put(cy.model_copy(update={"name": WITHHELD}))
    assert "cy" not in {person.id for person in people.everyone(runtime)}
    put(cy.model_copy(update={"name": WITHHELD, "active": False}))
    assert not people.find(runtime, "cy").active
    put(cy)
    assert people.find(runtime, "cy") == cy


def test_the_command(runtime: Runtime) -> None:
    leave(runtime, "ana")
    home = runtime.folder
    done = CliRunner().invoke(
        cli,
        ["-C", str(home), "--as", "bo", "people", "withhold-name", "ana", "--reason", "asked"],
    )
    assert done.exit_code == 0, done.output
    assert "Take it out of people.yaml and backups too" in done.output
    shown = CliRunner().invoke(cli, ["--json", "-C", str(home), "people", "list"])
    (ana,) = [one for one in json.loads(shown.output)["people"] if one["id"] == "ana"]
    assert ana["name"] == WITHHELD
