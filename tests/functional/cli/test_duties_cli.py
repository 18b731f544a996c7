"""Duties and the programme by the front door, over a year of a clock that is moved."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tuneworthy
from tests.fakes.forger import Forger
from tuneworthy.cli.main import cli, hoist_globals
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    IntegrityProblem,
    Problem,
    UsageProblem,
)
from tuneworthy.core.nouns.duties import DutyNote, DutyState, DutyTask, KeptDuties
from tuneworthy.core.nouns.monitoring import Alert, Proposal
from tuneworthy.lifecycle import jobs, monitoring
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.workspace import Workspace

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday
PEOPLE = {
    "ana": ["source_owner", "data_steward"],
    "bo": ["compliance_reviewer", "annotation_owner"],
    "cy": ["business_owner"],
    "di": ["technical_owner"],
    "ed": ["model_owner"],
    "fa": ["review_lead"],
    "gil": ["governance_owner"],
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    tuneworthy.init(folder)
    with tuneworthy.open(folder, clock=FixedClock(NOW)) as work:
        for person, roles in PEOPLE.items():
            work.add_person(person, person.title(), roles)
    with closing(open_runtime(folder, clock=FixedClock(NOW))) as runtime:
        say(runtime, "rollout.finished", state="promoted")
    return folder


@pytest.fixture
def work(home: Path) -> Iterator[Workspace]:
    with tuneworthy.open(home, clock=FixedClock(NOW)) as opened:
        yield opened


def say(runtime: Runtime, about: str, **result: Any) -> None:
    runtime.record(runtime.claim(about, [runtime.project.id], result, stale_after_days=1))


def move(work: Workspace, **span: float) -> None:
    assert isinstance(work.clock, FixedClock)
    work.clock.advance(timedelta(**span))


def of(work: Workspace, duty: str) -> list[DutyState]:
    return [one for one in work.duties() if one.task.duty == duty]


def words(states: list[DutyState]) -> list[str]:
    return [one.state for one in states]


def actions(work: Workspace) -> list[str]:
    return [event["action"] for event in work.audit_log(5000)]


def run(home: Path, *words: str) -> Any:
    """What a command prints with --json, at the machine's own time."""
    result = CliRunner().invoke(cli, hoist_globals(["--json", "-C", str(home), *words]))
    if isinstance(result.exception, Problem):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_duties_are_raised_once_settled_by_evidence_and_escalate_to_a_named_person(
    work: Workspace,
) -> None:
    first = work.raise_duties()
    assert len(first.tasks) == 12
    assert work.raise_duties().tasks == ()
    assert work.verify_audit().verified
    assert words(of(work, "daily-audit")) == ["done"]
    assert of(work, "daily-sample")[0].people == ("fa",)
    move(work, days=2)
    raised = work.raise_duties()
    assert len(raised.tasks) == 6
    assert words(of(work, "daily-sample")) == ["escalated", "assigned", "assigned"]
    alerts = {one.about: one for one in work.alerts()}
    assert set(alerts) == {"duty.daily-sample", "duty.daily-exceptions"}
    assert alerts["duty.daily-sample"].owner == "ed"
    assert "It was for Fa." in alerts["duty.daily-sample"].message
    assert work.raise_duties().alerts == ()
    assert work.status().duties.startswith("1")
    assert work.report().duties == work.duty_summary()
    assert {"duty.take_up", "duty.raise", "alert.raise"} <= set(actions(work))


def test_a_signed_note_settles_closes_the_alert_and_stands(work: Workspace) -> None:
    work.raise_duties()
    move(work, days=2)
    work.raise_duties()
    with pytest.raises(BlockedProblem, match="Cy may not say"):
        work.duty_done("daily-sample", "cy", "read 20", period="2026-01-05")
    with pytest.raises(BlockedProblem, match="Fa may not say"):
        work.duty_skipped("daily-sample", "fa", "no time", period="2026-01-05")
    note = work.duty_done("daily-sample", "fa", "read 20, sent 2 on", period="2026-01-05")
    assert note.created_at == work.clock.now().isoformat(timespec="milliseconds")
    assert words(of(work, "daily-sample")) == ["done", "assigned", "assigned"]
    assert of(work, "daily-sample")[0].late
    work.duty_done("daily-sample", "fa", "read 20")
    assert words(of(work, "daily-sample")) == ["done", "assigned", "done"]
    with pytest.raises(UsageProblem, match="No task 'daily-sample 2026-01-05' is open"):
        work.duty_done("daily-sample", "fa", "again", period="2026-01-05")
    assert len(work.raise_duties().closed) == 1
    assert {a.about: a.state for a in work.alerts()} == {
        "duty.daily-sample": "closed",
        "duty.daily-exceptions": "open",
        "duty.daily-audit": "open",
    }
    assert {"duty.done", "alert.close", "access.refuse"} <= set(actions(work))
    assert work.verify_audit().verified


def test_what_only_evidence_settles_takes_no_mere_note(work: Workspace) -> None:
    work.raise_duties()
    move(work, days=1)
    with pytest.raises(UsageProblem, match="A note alone does not settle daily-audit 2026-01-05"):
        work.duty_done("daily-audit", "gil", "looked", period="2026-01-05")
    work.verify_audit()
    move(work, hours=1)
    work.verify_audit()
    newest = [e.id for e in work.evidence() if e.about == "audit.verified"][-1]
    work.duty_done("daily-audit", "gil", "a day late", period="2026-01-05", evidence=newest[7:20])
    work.duty_skipped("weekly-drift", "cy", "no traffic this week")
    found = of(work, "daily-audit")
    assert words(found) == ["done", "done"]
    assert len({one.settled_by for one in found}) == 2
    assert words(of(work, "weekly-drift")) == ["skipped"]


def test_a_note_put_into_the_database_by_hand_settles_nothing(work: Workspace, home: Path) -> None:
    work.raise_duties()
    task = of(work, "daily-sample")[0].task
    with closing(open_runtime(home, clock=FixedClock(NOW))) as runtime:
        forged = DutyNote(
            id="sha256:1",
            project=runtime.project.id,
            by="fa",
            reason="done, really",
            created_at=runtime.now(),
            envelope={},
            task=task.id,
            outcome="done",
        )
        with runtime.change("duty.done", (forged.kind, forged.id, forged.id)) as change:
            change.put(forged)
    assert words(of(work, "daily-sample")) == ["assigned"]


def test_tasks_taken_out_of_the_database_come_back(work: Workspace, home: Path) -> None:
    import sqlite3  # noqa: PLC0415 - only this test goes past the program

    ids = work.raise_duties().tasks
    work.close()
    with closing(sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")) as database:
        database.execute("delete from documents where kind = ?", (DutyTask.kind,))
        database.commit()
    with tuneworthy.open(home, clock=FixedClock(NOW)) as again:
        assert {one.task.id for one in again.duties()} == set(ids)
        assert set(again.raise_duties().tasks) == set(ids)


def test_a_clock_that_went_ahead_and_back_escalates_again_in_its_time(work: Workspace) -> None:
    work.raise_duties()
    move(work, days=10)
    early = work.raise_duties()
    assert early.alerts
    move(work, days=-9.5)
    back = work.raise_duties()
    assert set(back.closed) == set(early.alerts)
    assert back.tasks == ()
    assert words(of(work, "daily-sample"))[:2] == ["assigned", "ahead"]
    move(work, days=9.5)
    again = work.raise_duties()
    assert again.tasks == ()
    assert len(again.alerts) == len(early.alerts)
    assert not set(again.alerts) & set(early.alerts)


def test_a_year_with_a_gateway_that_looks_now_and_then(work: Workspace, home: Path) -> None:
    """Looks at odd times over 365 days: every period has its task, once, and nothing is lost."""
    with closing(open_runtime(home, clock=work.clock)) as runtime:
        looks = 0
        while work.clock.now() < NOW + timedelta(days=365):
            say(runtime, "monitor.drift", drifted=False)
            if looks % 3 == 0:
                work.raise_duties()
            looks += 1
            move(work, days=5)
        work.raise_duties()
        seen = work.duties()
        counted: dict[str, int] = {}
        for one in seen:
            counted[one.task.duty] = counted.get(one.task.duty, 0) + 1
        assert len({one.task.id for one in seen}) == len(seen)
        assert counted["daily-sample"] == 366
        assert counted["weekly-drift"] == 53
        assert counted["monthly-guide"] == 13
        assert counted["quarterly-review"] == 5
        drift = [one for one in seen if one.task.duty == "weekly-drift"]
        assert {one.state for one in drift[:-1]} == {"done"}
        assert len({one.settled_by for one in drift[:-1]}) == 52
        assert [one.state for one in seen if one.task.duty == "quarterly-review"] == [
            *["escalated"] * 3,
            *["assigned"] * 2,
        ]
    summary = work.duty_summary()
    assert summary is not None
    assert summary.due == 90 * 3 + 13 * 3 + 3 * 4 + 1 * 2
    assert 12 <= summary.kept <= 13


def test_the_gateway_s_job_raises_them(work: Workspace, home: Path) -> None:
    with closing(open_runtime(home, clock=work.clock)) as runtime:
        assert len(jobs.run(runtime, "duties", {})["tasks"]) == 12
        assert jobs.run(runtime, "duties", {})["tasks"] == []
    assert len(work.duties()) == 12


MORE = """
[[duty]]
id = "morning-look"
every = "daily"
role = "review_lead"
what = "Walk around."
begins = { about = "rollout.finished" }
evidence = [{ about = "document.walk" }]
escalate_after_hours = 24
escalate_to = "model_owner"
"""


def test_a_project_may_have_more_duties_of_its_own(work: Workspace, home: Path) -> None:
    plan = home / "duties.toml"
    work.raise_duties()
    text = work.duty_plan_text()
    with pytest.raises(UsageProblem, match="Nothing asks for a document 'walk'"):
        work.attest("walk", home / "tuneworthy.yaml", "di")
    plan.write_text(text + MORE, encoding="utf-8")
    move(work, days=1)
    raised = work.raise_duties()
    assert len(of(work, "morning-look")) == 1, "a new duty begins when it is taken up"
    assert any("morning-look/2026-01-06" in id_ for id_ in raised.tasks)
    work.attest("walk", plan, "di")
    assert words(of(work, "morning-look")) == ["done"]
    plan.write_text("version = 1\n[[duty]]\nid = 'x'", encoding="utf-8")
    with pytest.raises(ConfigProblem, match="is no plan of duties"):
        work.raise_duties()
    plan.unlink()
    move(work, days=1)
    work.raise_duties()
    assert len(of(work, "morning-look")) == 2, "what was taken up stands without its file"
    assert work.duty_plan().source == "kept"
    assert actions(work).count("duty.take_up") == 2


def test_a_plan_that_asks_for_less_takes_two_signatures(work: Workspace, home: Path) -> None:
    """One of them may be anybody's who may confirm; neither alone is enough, nor a row by hand."""
    plan = home / "duties.toml"
    work.raise_duties()
    before = work.duty_plan()
    less = work.duty_plan_text().replace('id = "daily-sample"', 'id = "morning-look"')
    plan.write_text(less, encoding="utf-8")
    state = work.duty_plan()
    assert (state.digest, state.source) == (before.digest, "product")
    assert state.laxer == ("daily-sample is no duty any more",)
    move(work, days=1)
    work.raise_duties()
    assert len(of(work, "daily-sample")) == 2
    assert not of(work, "morning-look")

    with pytest.raises(UsageProblem, match="No proposal waits"):
        work.confirm_duties("cy", "fine")
    with pytest.raises(BlockedProblem, match="may not change policy"):
        work.propose_duties("di", "too much work")
    work.propose_duties("gil", "a sample a week is enough")
    assert work.duty_plan().proposed_by == "gil"
    for person, said in (("gil", "may not confirm"), ("di", "may not confirm")):
        with pytest.raises(BlockedProblem, match=said):
            work.confirm_duties(person, "fine")
    assert work.duty_plan().digest == before.digest
    after = work.confirm_duties("cy", "fine")
    assert (after.source, after.laxer) == ("project", ())
    move(work, days=1)
    work.raise_duties()
    assert len(of(work, "daily-sample")) == 2, "an old task stays, and no new one comes"
    periods = [one.task.period for one in of(work, "morning-look")]
    assert periods == ["2026-01-06", "2026-01-07"], "it begins with the day it was confirmed on"
    # Signed is the step from one plan to this one, and no other.
    plan.write_text(less.replace("hours = 24", "hours = 25", 1), encoding="utf-8")
    assert work.duty_plan().laxer == ("morning-look escalates after 25 hours, not 24",)
    with pytest.raises(UsageProblem, match="No proposal waits"):
        work.confirm_duties("cy", "fine")


def test_a_laxer_plan_put_into_the_database_counts_for_nothing(work: Workspace, home: Path) -> None:
    work.raise_duties()
    before = work.duty_plan()
    text = work.duty_plan_text()
    text = text[: text.rindex("[[duty]]")]
    with closing(open_runtime(home, clock=work.clock)) as runtime:
        id_ = f"{runtime.project.id}/9/sha256:x"
        row = KeptDuties(
            id=id_, project=runtime.project.id, digest="sha256:x", text=text,
            created_at=runtime.now(),
        )  # fmt: skip
        with runtime.change("duty.take_up", (row.kind, row.id, row.digest)) as change:
            change.put(row)
    assert work.duty_plan() == before


@pytest.mark.parametrize("change", [{"text": ""}, {"project": "other"}, None])
def test_a_stricter_plan_is_not_taken_back_by_a_row(
    work: Workspace, home: Path, change: dict[str, object] | None
) -> None:
    """Without the row, and the file gone, the product's plan would count, which asks for less."""
    own = home / "duties.toml"
    own.write_text(work.duty_plan_text() + MORE, encoding="utf-8")
    work.raise_duties()
    own.unlink()
    assert MORE in work.duty_plan_text(), "deleting the file takes nothing back"
    with closing(open_runtime(home)) as runtime:
        (kept,) = runtime.store.list(KeptDuties)
    with closing(Forger(home)) as forger:
        if change is None:
            forger.delete(kept)
        else:
            forger.put(kept.model_copy(update=change), event=False)
    with tuneworthy.open(home, clock=FixedClock(NOW)) as again:
        for ask in (again.duty_plan, again.duties, again.raise_duties):
            with pytest.raises(IntegrityProblem) as caught:
                ask()
            assert caught.value.code == "row_changed"
            assert "A duty plan is gone" in caught.value.message
        assert not again.verify_audit().verified


def test_the_pack_holds_every_plan_that_was_taken_up(work: Workspace, home: Path) -> None:
    work.raise_duties()
    (home / "duties.toml").write_text(work.duty_plan_text() + MORE, encoding="utf-8")
    work.raise_duties()
    work.export_audit(home / "pack.zip")
    with zipfile.ZipFile(home / "pack.zip") as pack:
        plans = json.loads(pack.read("governance/duty-plans.json"))
    assert [MORE in one["text"] for one in plans] == [False, True]
    shown = CliRunner().invoke(cli, ["-C", str(home), "duties", "plan"])
    assert shown.output.startswith("In force: duties.toml, version 1 (")


def test_the_programme_moves_on_with_the_evidence(work: Workspace, home: Path) -> None:
    state = work.programme()
    assert [one.state for one in state.phases] == ["waiting"] * 4
    assert state.current == "assess"
    (home / "programme.toml").write_text(
        'version = 2\n[[phase]]\nname = "one"\ntitle = "One"\n'
        'exit = [{text = "Roles", roles = ["model_owner"]}]\n'
        '[[phase]]\nname = "two"\ntitle = "Two"\n'
        'entry = [{text = "Promoted", evidence = {about = "rollout.finished"}}]\n'
        'exit = [{text = "Old", evidence = {about = "rollout.finished"}, aged_days = 30},'
        ' {text = "Kept", kept = 0.5}, {text = "Start", gate = "start"}]\n',
        encoding="utf-8",
    )
    state = work.programme()
    assert [one.state for one in state.phases] == ["done", "under way"]
    assert [one.met for one in state.phases[1].exit] == [False, False, False]
    assert "0 of 3 exit criteria hold" in state.text
    work.raise_duties()
    move(work, days=31)
    found = work.programme().phases[1].exit
    assert [one.met for one in found] == [True, False, False]
    assert found[0].found == "31 days"
    (home / "programme.toml").write_text("version = 1\nphase = []", encoding="utf-8")
    with pytest.raises(ConfigProblem, match="is no roll-out programme"):
        work.programme()


def test_an_alert_is_taken_on_once_and_a_proposal_is_decided_on(
    work: Workspace, home: Path
) -> None:
    with closing(open_runtime(home, clock=FixedClock(NOW))) as runtime:
        common = {"project": runtime.project.id, "created_at": runtime.now(), "evidence": ()}
        for n in range(2):
            facts = {**common, "about": "x", "severity": "warning", "message": f"m{n}"}
            one = Alert.model_validate({**facts, "id": digest([n]), "owner": "ed"})
            monitoring.wake(runtime, one)
        made = {**common, "action": "retrain", "reason": "drift", "steps": ()}
        proposal = Proposal.model_validate({**made, "id": digest(["p"])})
        monitoring.suggest(runtime, proposal)
    name = digest([0])[7:15]
    with pytest.raises(ConfigProblem, match="No alert or proposal is called 'ab'"):
        work.acknowledge("ab", "ed", "mine")
    with pytest.raises(UsageProblem, match="needs a reason"):
        work.acknowledge(name, "ed", "  ")
    with pytest.raises(UsageProblem, match="not decided on"):
        work.acknowledge(name, "ed", "mine", "accepted")
    with pytest.raises(UsageProblem, match="accepted or declined"):
        work.acknowledge(proposal.id, "ed", "yes")
    said = run(home, "drift", "ack", name, "--by", "ed", "--reason", "new menu")
    assert (said["state"], said["said_by"], said["said"]) == ("acknowledged", "ed", "new menu")
    with pytest.raises(UsageProblem, match="acknowledged already by ed: new menu"):
        work.acknowledge(name, "cy", "mine")
    decided = work.acknowledge(digest(["p"])[7:], "ed", "not yet", "declined")
    assert decided.state == "declined"
    assert [a.state for a in work.alerts()] == ["acknowledged", "open"]
    event = work.audit_log(1)[0]
    assert (event["action"], event["actor_id"], event["reason"]) == (
        "proposal.declined",
        "ed",
        "not yet",
    )
    assert "[declined by ed: not yet]" in text(home, "drift", "report")


def text(home: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, hoist_globals(["-C", str(home), *words]))
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands(home: Path) -> None:
    before = FixedClock(SystemClock().now() - timedelta(days=40))
    with tuneworthy.open(home, clock=before) as earlier:
        earlier.raise_duties()
    assert run(home, "duties", "due")["raised"]["tasks"]
    listed = run(home, "duties", "list")
    assert len(listed["duties"]) == listed["summary"]["open"] + listed["summary"]["escalated"] > 0
    today = [d["task"]["period"] for d in listed["duties"] if d["task"]["duty"] == "monthly-guide"]
    done = run(
        home, "duties", "done", "monthly-guide", "--by", "bo", "--note", "unchanged",
        "--period", today[-1],
    )  # fmt: skip
    assert done["notes"][0]["outcome"] == "done"
    skipped = run(
        home, "duties", "skip", "monthly-retraining", "--by", "cy", "--reason", "frozen",
        *(word for period in today for word in ("--period", period)),
    )  # fmt: skip
    assert {one["outcome"] for one in skipped["notes"]} == {"skipped"}
    assert "Bo: unchanged" in text(home, "duties", "list", "--all")
    assert "daily-sample" in text(home, "duties", "list", "--plan")
    assert "Duties: " in text(home, "status")
    assert "1. Assess before you train: waiting" in text(home, "programme", "show")
    assert "[[phase]]" in text(home, "programme", "show", "--print")
    with pytest.raises(ConfigProblem, match="No task of a duty 'nothing' is due"):
        run(home, "duties", "done", "nothing", "--by", "bo", "--note", "x")
