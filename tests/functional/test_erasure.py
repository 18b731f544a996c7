"""People are erased: nothing of theirs is left in any byte, and each derivative is listed."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.marked_people import (
    is_left,
    lived,
    make_marked,
    mark,
    marks_left,
    preview_of,
    sentence,
    subject,
)
from tests.fakes.small_project import approve, edit, make_small, open_small, say, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, ConflictProblem, UsageProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.erasure import Erasure, ErasureAsked, Tombstone
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.lifecycle import (
    auditing,
    collecting,
    datasets,
    erasure,
    erasure_walk,
    gates,
    granting,
    holds,
    label_results,
    lineage,
    people,
    rollouts,
    taint_decisions,
    taints,
    training,
)
from tuneworthy.lifecycle.erasure_marks import alone
from tuneworthy.lifecycle.label_ledger import read_queue
from tuneworthy.lifecycle.wiring import Runtime

START = datetime(2026, 3, 5, tzinfo=UTC)
SOME = 40


def open_marked(home: Path, n: int) -> Runtime:
    runtime = open_small(make_marked(home, n), FixedClock(START))
    lived(runtime, n)
    preview_of(runtime)
    return runtime


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built") / "p"
    open_marked(home, SOME).close()
    return home


@pytest.fixture
def runtime(built: Path, tmp_path: Path) -> Iterator[Runtime]:
    """A copy of the project for each test, a day later."""
    home = shutil.copytree(built, tmp_path / "p")
    with closing(open_small(home, FixedClock(START + timedelta(days=1)))) as found:
        yield found


def erase(runtime: Runtime, numbers: range, **more: Any) -> Erasure:
    more.setdefault("dry_run", False)
    asked = ErasureAsked(
        subjects=tuple(map(subject, numbers)),
        also=more.pop("also", ()),
        person=more.pop("person", "bo"),
        reason=more.pop("reason", "request 17 of March"),
    )
    return erasure.erase(runtime, asked, **more)


def listed(report: Erasure) -> set[tuple[str, str]]:
    return {(node.kind, node.id) for node in report.nodes}


def test_a_thousand_people_leave_no_byte_behind(tmp_path: Path) -> None:
    n = 1000
    with closing(open_marked(tmp_path / "p", n)) as runtime:
        state, store = runtime.state, runtime.store
        before = marks_left(state, range(n))
        assert len(before) == 2 * n
        kept = {path.name.removesuffix("-wal") for files in before.values() for path in files}
        assert {"tuneworthy.db", "jobs.db", "model.log", "rows.bin"} <= kept
        # Labels and the sources' rows stand there in the clear; recorded traffic does not.
        assert not any(name.endswith(".seg") for name in kept)
        version, run = store.list(ModelVersion)[0], store.list(TrainingRun)[0]
        judged, data = store.list(EvaluationRun)[0], store.list(DatasetVersion)[0]
        made = collecting.collections(runtime)[0]

        report = erase(runtime, range(n))

        assert marks_left(state, range(n)) == {}
        assert (report.state, report.left) == ("done", 0)
        assert report.scanned_bytes > 1_000_000
        assert not erasure.fault_of(runtime, report)
        assert auditing.verify(runtime).verified
        assert {
            ("source", "data/train.jsonl"),
            ("interactions", "my-project"),
            ("feedback", "my-project"),
            ("label queue", "notes"),
            ("step outputs", "my-project"),
            ("remembered answers", "my-project"),
            ("dataset", data.id),
            *((("dataset part", f"{data.id}/{split}")) for split in data.records),
            ("suite", runtime.head.suite or judged.suite),
            ("evaluation", judged.id),
            ("collection", made.id),
            ("training run", run.id),
            ("model version", version.id),
            ("adapter", version.adapter),
            ("exports", version.id),
            ("state file", "log/model.log"),
            ("stopped training", "training/abc"),
            ("job book", "jobs"),
            ("backups", "my-project"),
            ("new dataset", runtime.head.dataset),
        } <= listed(report)
        assert sum(x.found for x in report.nodes if x.kind == "dataset part") == n
        assert next(x.found for x in report.nodes if x.kind == "interactions") == n


def test_a_dry_run_lists_all_that_is_done_and_touches_nothing(runtime: Runtime) -> None:
    events = runtime.store.last_event()
    planned = erase(runtime, range(SOME), dry_run=True)
    assert runtime.store.last_event() == events
    assert len(marks_left(runtime.state, range(SOME))) == 2 * SOME
    done = erase(runtime, range(SOME))
    assert listed(done) - listed(planned) == {("new dataset", runtime.head.dataset)}
    assert listed(planned) <= listed(done)


def test_others_keep_everything(runtime: Runtime) -> None:
    store = runtime.store
    old = datasets.current(runtime)
    others = {e.id for s in old.records for e in datasets.examples(runtime, s)}  # type: ignore[arg-type]
    gone, stay = range(5), range(5, SOME)
    erase(runtime, gone)
    assert not marks_left(runtime.state, gone)
    assert len(marks_left(runtime.state, stay)) == 2 * len(stay)
    assert {row.id for row in store.interactions()} == {f"chatcmpl-{k:06}" for k in stay}
    members = {m for v in (old, datasets.current(runtime)) for m in _records(runtime, v)}
    assert members <= others
    stones = store.list(Tombstone)
    assert sum(len(one.records) for one in stones if one.id in old.records.values()) == 5
    assert others - set(_records(runtime, old)) == {r for one in stones for r in one.records}
    assert lineage.diff(runtime, old.id, "current").removed == 0
    # The queue and the collection still agree with the audit chain.
    assert len(read_queue(runtime, "notes").items) == SOME + 300 - 5
    assert label_results.report(runtime, "notes").items
    assert collecting.held(runtime)
    assert auditing.verify(runtime).verified


def _records(runtime: Runtime, version: DatasetVersion) -> Iterator[str]:
    for blob in version.records.values():
        for line in runtime.blobs.get(blob).splitlines():
            yield json.loads(line)["id"]


def test_they_do_not_come_back_with_the_next_build(runtime: Runtime) -> None:
    erase(runtime, range(3))
    assert is_left(runtime.folder / "data", 1), "the source is the user's own file"
    edit(runtime.folder, "data/train.jsonl", "see ", "look ")
    version = datasets.build(runtime)
    assert next(f.count for f in version.findings if f.code == "erased_rows") == 3
    assert not marks_left(runtime.state, range(3))


def test_a_text_that_is_theirs_is_found_where_nobody_is_named(runtime: Runtime) -> None:
    lonely = sentence(900_001)
    path = runtime.folder / "data" / "train.jsonl"
    row = json.dumps({"request": f"note: {lonely}", "target": "look 1"})
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{row}\n", encoding="utf-8")
    datasets.build(runtime)
    assert is_left(runtime.state, 900_001)
    report = erase(runtime, range(0), also=(mark(900_001),))
    assert not is_left(runtime.state, 900_001)
    assert report.left == 0


def test_an_erasing_undoes_nobody_s_signed_no(runtime: Runtime) -> None:
    """A rejection or a dismissal whose reason names them is kept, as the chain is, and named."""
    for_good = mark(900_002)
    no = gates.decide(runtime, GateName.START, "ana", reason=f"{for_good}!", decision="reject")
    left = granting.deactivate(runtime, "cy", "bo", f"{for_good} complained")
    report = erase(runtime, range(0), also=(for_good,))
    kept = {(node.kind, node.id) for node in report.nodes if node.disposition == "kept"}
    assert {(no.kind, no.id), (left.kind, left.id)} <= kept
    assert any("rejected" in why for why in gates.state(runtime, GateName.START).void)
    assert not people.find(runtime, "cy").active
    assert auditing.verify(runtime).verified


def test_two_at_once_are_one_after_the_other(runtime: Runtime) -> None:
    """The marks of one would be the other's, and what is to be taken out be forgotten."""
    with alone(runtime.state):
        with pytest.raises(ConflictProblem) as refused:
            erase(runtime, range(1))
        assert refused.value.code == "erasing_runs"
        assert erase(runtime, range(1), dry_run=True).state == "begun"
    assert len(marks_left(runtime.state, range(SOME))) == 2 * SOME


def test_the_ids_in_the_record_are_opaque(runtime: Runtime) -> None:
    report = erase(runtime, range(2))
    assert all(subject(k) not in report.model_dump_json() for k in range(2))
    # The key of these ids is gone: the same people give other ids the next time.
    assert not set(erase(runtime, range(2)).subjects) & set(report.subjects)


def test_a_changed_report_is_noticed(runtime: Runtime) -> None:
    report = erase(runtime, range(2))
    forged = report.model_copy(update={"nodes": report.nodes[1:]})
    assert erasure.fault_of(runtime, forged) == "its fields are not what was signed"


@pytest.mark.parametrize(
    ("more", "problem", "code"),
    [
        ({"person": "cy"}, BlockedProblem, "not_the_reviewer"),
        ({"reason": " "}, UsageProblem, "no_reason"),
        ({"reason": f"{subject(0)} asked"}, UsageProblem, "reason_names_them"),
        ({"also": ("",)}, UsageProblem, "nobody_named"),
    ],
)
def test_what_is_refused_changes_nothing(
    runtime: Runtime, more: dict[str, Any], problem: type[Exception], code: str
) -> None:
    with pytest.raises(problem) as refused:
        erase(runtime, range(1), **more)
    assert getattr(refused.value, "code", "") == code
    assert len(marks_left(runtime.state, range(SOME))) == 2 * SOME


def test_a_hold_forbids_it_until_it_is_released(runtime: Runtime) -> None:
    made = holds.hold(runtime, subject(2), "bo", "case 4 of 2026")
    assert subject(2) not in made.model_dump_json()
    with pytest.raises(BlockedProblem) as refused:
        erase(runtime, range(4))
    assert refused.value.code == "legal_hold"
    assert is_left(runtime.state, 2)
    with pytest.raises(ConflictProblem):
        holds.hold(runtime, subject(2), "bo", "again")
    holds.release(runtime, subject(2), "bo", "the case has ended")
    assert not erase(runtime, range(4)).left
    actions = [json.loads(r.body)["action"] for r in runtime.store.audit()]
    assert {"hold.place", "erasure.refuse", "hold.release", "erasure.finish"} <= set(actions)


def test_a_tainted_version_goes_no_further_until_its_owner_has_chosen(runtime: Runtime) -> None:
    version = training.current_version(runtime)
    assert version.state == ModelState.APPROVED
    rollout = rollouts.start(runtime)
    erase(runtime, range(5))
    (taint,) = taints.taints(runtime)
    assert (taint.id, taint.owner, taint.decision) == (version.id, "ed", "")
    assert taint.deadline == "2026-04-05"
    ended = rollouts.look(runtime, rollout.id, [])
    assert ended.state == "rolled_back"
    assert "erased" in ended.cause
    claims = [e for e in runtime.store.list(Evidence) if e.about == taints.ABOUT]
    assert taint.model in claims[-1].subjects
    with pytest.raises(BlockedProblem) as refused:
        taints.require_clear(runtime, version.id)
    assert refused.value.code == "version_tainted"
    with pytest.raises(UsageProblem):
        taint_decisions.settle(runtime, version.id, "finding", person="ed", reason="seen")
    with pytest.raises(BlockedProblem):
        taint_decisions.settle(runtime, version.id, "retire", person="bo", reason="seen")
    finding = runtime.folder / "finding.md"
    finding.write_text("No row can be drawn from the weights: see test 5.", encoding="utf-8")
    settled = taint_decisions.settle(
        runtime, version.id, "finding", person="ed", reason="seen", document=finding
    )
    assert runtime.blobs.has(settled.document)
    taints.require_clear(runtime, version.id)
    taint_decisions.settle(runtime, version.id, "retire", person="ed", reason="a newer one is in")
    gone = runtime.store.get(ModelVersion, version.id)
    assert gone is not None
    assert gone.state == ModelState.RETIRED
    with pytest.raises(BlockedProblem):
        taints.require_clear(runtime, version.id)


def test_an_owner_whose_day_has_passed_is_woken_once(runtime: Runtime) -> None:
    erase(runtime, range(5))
    assert taints.remind(runtime) == []
    tick(runtime, days=31)
    (alert,) = taints.remind(runtime)
    assert (alert.owner, alert.severity) == ("ed", "critical")
    assert taints.remind(runtime) == []


def test_gates_show_a_taint_beside_the_evidence(runtime: Runtime) -> None:
    head = runtime.head
    erase(runtime, range(5))
    with runtime.change("project.version", ("project", head.id, head.model)) as change:
        change.put(head)
    shown = gates.state(runtime, GateName.RELEASE).beside[taints.ABOUT]
    assert shown is not None
    assert (shown["decision"], shown["rows"] > 0) == ("", True)


def test_the_new_dataset_takes_the_way_of_any_other(runtime: Runtime) -> None:
    erase(runtime, range(5))
    assert not gates.state(runtime, GateName.START).open
    data = datasets.current(runtime)
    say(runtime, "decision.verdict", [data.id], allows_tuning=True)
    tick(runtime)
    approve(runtime, GateName.START)


def test_a_blob_that_an_insider_buried_is_not_believed(runtime: Runtime) -> None:
    """A tombstone that no event names stands for nothing."""
    data = datasets.current(runtime)
    digest = data.records["train"]
    other = runtime.blobs.put(b"")
    stone = Tombstone(
        id=digest, project="p", erasure="x", instead=other, rows=1, created_at=runtime.now()
    )
    with runtime.change("something.else", ("tombstone", "x", "")) as change:
        change.put(stone)
    runtime.blobs.remove(digest)
    with pytest.raises(Exception, match="is not here"):
        runtime.blobs.get(digest)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("blobs: gs://bucket/prefix", "versions of objects"),
        ("blobs: s3://bucket/prefix", ""),
        ("store: postgresql://somebody@db.example.org/shop", "log of the database"),
        ("", ""),
    ],
)
def test_what_a_platform_keeps_is_named_for_a_person(tmp_path: Path, line: str, kind: str) -> None:
    name, _, value = line.partition(": ")
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    with closing(open_small(make_small(tmp_path / "shop"), clock)) as here:
        assert not list(here.store.list(Erasure)), "opened as it stands"
        here.project = here.project.model_copy(update={name: value} if name else {})
        found = {node.kind: node for node in erasure_walk.outside(here, "2026-04-01")}
    assert set(found) - {"backups", "logs of others"} == ({kind} if kind else set())
    assert all(node.deadline == "2026-04-01" for node in found.values())


def test_logs_and_backups_have_no_day_where_all_they_hold_is_sealed(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    with closing(open_small(make_small(tmp_path / "shop"), clock)) as here:
        assert not list(here.store.list(Erasure)), "opened as it stands"
        remote = {"store": "postgresql://somebody@db.example.org/shop", "blobs": "s3://bucket/x"}
        here.project = here.project.model_copy(update=remote)
        found = {n.kind: n for n in erasure_walk.outside(here, "2026-04-01", sealed=True)}
    closed = {kind for kind, node in found.items() if not node.deadline}
    assert closed == {"backups", "log of the database"}
    assert {found[kind].disposition for kind in closed} == {"key destroyed"}
