"""Files of a project's own in the place of the product's, as the commands' own hints make them."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import tuneworthy
from tests.fakes.small_project import PEOPLE, make_small, open_small, released, tick
from tuneworthy.cli.main import cli, hoist_globals
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, Problem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.govern import load_duties
from tuneworthy.lifecycle import gates, rollouts, serving, status, withdrawing
from tuneworthy.lifecycle.wiring import Runtime

NOW = datetime(2026, 9, 1, tzinfo=UTC)
FILES = {
    "gates.toml": ["gate", "policy", "--print"],
    "duties.toml": ["duties", "list", "--plan"],
    "programme.toml": ["programme", "show", "--print"],
}
LOOKS = {
    "gates.toml": ["gate", "list"],
    "duties.toml": ["duties", "list"],
    "programme.toml": ["programme", "show"],
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    tuneworthy.init(folder)
    with tuneworthy.open(folder) as work:
        for person, roles in PEOPLE.items():
            work.add_person(person, person.title(), roles)
    return folder


def typed(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, hoist_globals(["-C", str(home), *words]))
    fault = done.exception
    return done.exit_code, f"{fault.why} {fault.fix}" if isinstance(fault, Problem) else done.output


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_the_shell_has_emptied_is_filled_by_the_command(home: Path, name: str) -> None:
    code, shipped = typed(home, *FILES[name])
    assert code == 0
    (home / name).touch()  # what `> FILE` does before the command runs
    assert typed(home, *FILES[name]) == (0, shipped)
    assert typed(home, *LOOKS[name])[0] == 0
    (home / name).write_text(shipped, encoding="utf-8")
    assert typed(home, *FILES[name]) == (0, shipped)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_told_with_its_faults_and_can_be_printed_anew(
    home: Path, name: str
) -> None:
    _, shipped = typed(home, *FILES[name])
    (home / name).write_text("version = 'new'\n", encoding="utf-8")
    code, said = typed(home, *LOOKS[name])
    assert code == 1
    assert "version: " in said
    assert " ".join(FILES[name]) in said
    assert typed(home, *FILES[name]) == (0, shipped)


def test_a_document_that_only_the_own_policy_asks_for_can_be_signed(home: Path) -> None:
    _, shipped = typed(home, *FILES["gates.toml"])
    guide = '{ about = "document.labelling_guide"'
    more = '{ about = "document.dpia", subject = "project", grade = "attested", signed = true },\n'
    assert guide in shipped
    (home / "gates.toml").write_text(shipped.replace(guide, f"{more}  {guide}"), encoding="utf-8")
    (home / "dpia.md").write_text("What may happen to whom, and what is done.", encoding="utf-8")
    code, said = typed(home, "people", "attest", "dpia", str(home / "dpia.md"), "--by", "bo")
    assert code == 0, said
    with tuneworthy.open(home) as work:
        build = next(state for state in work.gates() if state.gate.value == "build")
    assert not [lack for lack in build.missing_evidence if "dpia" in lack]


def test_the_role_that_has_the_quarterly_review_can_sign_it(home: Path) -> None:
    owner = {duty.id: duty.role for duty in load_duties().duty}["quarterly-review"]
    holder = next(person for person, roles in PEOPLE.items() if owner.value in roles)
    (home / "review.md").write_text("The thresholds stay as they are.", encoding="utf-8")
    words = ["people", "attest", "quarterly_review", str(home / "review.md"), "--by", holder]
    code, said = typed(home, *words)
    assert code == 0, said


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = open_small(make_small(tmp_path / "home"), FixedClock(NOW))
    released(runtime)
    return runtime


def test_a_version_in_quarantine_is_named_wherever_one_looks(runtime: Runtime) -> None:
    version = runtime.head.version
    withdrawing.quarantine(runtime, version, "answers leak names")
    where = status.where(runtime)
    assert version in where.said
    assert "quarantine" in where.said
    assert where.next_command.startswith(f"tuneworthy serve readmit {version}")
    assert serving.state(runtime).quarantined == (version,)
    with pytest.raises(BlockedProblem) as caught:
        rollouts.start(runtime)
    assert "quarantined" in caught.value.why
    assert "readmit" in caught.value.fix
    with closing(runtime):
        code, said = typed(runtime.folder, "serve", "status")
    assert code == 0
    assert f"in quarantine: {version}" in said


def test_an_older_finding_does_not_come_back_when_the_newest_loses_its_bytes(
    runtime: Runtime,
) -> None:
    newest = [e for e in runtime.evidence() if e.about == "document.labelling_guide"][-1]
    tick(runtime)
    other = runtime.folder / "other.md"
    other.write_text("Another guide.", encoding="utf-8")
    with tuneworthy.open(runtime.folder, clock=runtime.clock) as work:
        work.attest("labelling_guide", other, "ana")
    (later,) = [e for e in runtime.evidence() if e.about == newest.about and e.id != newest.id]
    name = str(later.result["sha256"]).removeprefix("sha256:")
    (runtime.state / "blobs" / "sha256" / name[:2] / name[2:]).unlink()
    (lack,) = gates.state(runtime, GateName.BUILD).missing_evidence
    assert lack.startswith("document.labelling_guide: ")
    assert "record it again" in lack
