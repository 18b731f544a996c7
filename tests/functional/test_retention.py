"""Each class of things is kept for its days, then deleted, unless a hold stands."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.marked_people import live, lived, make_marked, subject, word_on
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem, StoreProblem
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.retention import Due
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.lifecycle import auditing, datasets, gates, holds, retention, training
from tuneworthy.lifecycle.label_ledger import read_queue
from tuneworthy.lifecycle.wiring import Runtime

START = datetime(2026, 3, 5, tzinfo=UTC)
N = 12


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built") / "p"
    with closing(open_small(make_marked(home, N), FixedClock(START))) as runtime:
        lived(runtime, N)
    return home


@pytest.fixture
def runtime(built: Path, tmp_path: Path) -> Iterator[Runtime]:
    home = shutil.copytree(built, tmp_path / "p")
    with closing(open_small(home, FixedClock(START + timedelta(hours=1)))) as found:
        yield found


def wait(runtime: Runtime, days: int) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(days=days))


def kinds(found: list[Due]) -> set[str]:
    return {one.kind for one in found}


def test_nothing_goes_before_its_day(runtime: Runtime) -> None:
    events = runtime.store.last_event()
    assert retention.apply(runtime) == []
    assert runtime.store.last_event() == events
    found = {one.kind: one for one in retention.due(runtime)}
    # Recorded on 1 March; 190 days later is 7 September.
    assert (found["interactions"].since, found["interactions"].due) == ("2026-03-01", "2026-09-07")
    assert found["evaluation"].due == "2027-03-05"
    assert found["audit chain"].due == "2036-03-02"
    assert not any(one.over for one in found.values())


def test_traffic_goes_on_its_day_and_not_a_day_earlier(runtime: Runtime) -> None:
    store = runtime.store
    n = len(list(store.interactions()))
    wait(runtime, 185)  # 6 September
    assert retention.apply(runtime) == []
    fresh = live(runtime.project.id, 900).model_copy(
        update={"created_at": "2026-03-20T00:00:00+00:00"}
    )
    store.record([fresh], [word_on(900)])
    wait(runtime, 1)
    # With the last row that it seals a key goes too; the one who came back has theirs.
    assert kinds(retention.apply(runtime)) == {"interactions", "keys"}
    assert [key.used_on for key in runtime.subject_keys.idle("9")] == ["2026-03-20"]
    assert [row.id for row in store.interactions()] == [fresh.id]
    assert n == N // 2
    events = [json.loads(r.body) for r in store.audit()]
    (gone,) = [e for e in events if e["action"] == "retention.delete"]
    assert gone["reason"] == f"retention: {n} rows, the oldest due 2026-09-07"
    assert auditing.verify(runtime).verified


def test_a_held_person_keeps_their_rows(runtime: Runtime) -> None:
    holds.hold(runtime, subject(1), "bo", "case 4")
    wait(runtime, 400)
    gone = retention.apply(runtime)
    assert [row.id for row in runtime.store.interactions()] == ["chatcmpl-000001"]
    assert [word.interaction for word in runtime.store.feedback()] == ["chatcmpl-000001"]
    assert "label queue" not in kinds(gone), "nobody can tell whose item is whose any more"
    assert len(read_queue(runtime, "notes").annotations) == 5
    still = {one.kind: one for one in retention.due(runtime)}
    assert still["interactions"].held
    assert still["interactions"].over
    holds.release(runtime, subject(1), "bo", "over")
    assert {"interactions", "label queue"} <= kinds(retention.apply(runtime))
    assert not list(runtime.store.interactions())
    assert not read_queue(runtime, "notes").annotations
    assert auditing.verify(runtime).verified


def test_answers_go_after_a_year_and_say_so_when_asked_for(runtime: Runtime) -> None:
    run = runtime.store.list(EvaluationRun)[0]
    wait(runtime, 366)
    assert {"evaluation", "answers", "steps", "label queue"} <= kinds(retention.apply(runtime))
    with pytest.raises(StoreProblem) as gone:
        runtime.blobs.get(run.results)
    assert gone.value.code == "blob_erased"
    assert retention.apply(runtime) == []


def test_a_dataset_goes_a_year_after_its_last_model_and_is_held_by_name(runtime: Runtime) -> None:
    old = datasets.current(runtime)
    version = training.current_version(runtime)
    path = runtime.folder / "data" / "train.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"t1"', '"t9"'), encoding="utf-8")
    datasets.build(runtime)
    wait(runtime, 1000)
    assert not {"dataset", "adapter"} & kinds(retention.due(runtime)), "its model may be served"
    version = gates.move(runtime, version, ModelState.QUARANTINED, "old")
    gates.move(runtime, version, ModelState.RETIRED, "old")
    made = holds.hold(runtime, old.id, "bo", "an auditor looks at it", version=True)
    wait(runtime, 366)
    gone = retention.apply(runtime)
    assert "adapter" in kinds(gone)
    assert "dataset" not in kinds(gone)
    assert not runtime.blobs.has(version.adapter)
    assert runtime.blobs.get(old.records["train"])
    holds.release(runtime, made.id, "bo", "done")
    assert kinds(retention.apply(runtime)) == {"dataset"}
    with pytest.raises(StoreProblem):
        runtime.blobs.get(old.records["train"])
    assert datasets.examples(runtime, "train"), "the current version stays"
    assert auditing.verify(runtime).verified


def test_only_those_who_may_place_a_hold(runtime: Runtime) -> None:
    with pytest.raises(BlockedProblem):
        holds.hold(runtime, subject(1), "ana", "I say so")
