"""Two projects on one ledger: what leaves the house of one says nothing of the other."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import small_project
from tests.fakes.live_shop import answer
from tests.fakes.small_project import make_small, open_small, released, tick, write_rows
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.govern import verifier
from tuneworthy.govern.approval import project_of
from tuneworthy.lifecycle import documents, packing, rollouts, training
from tuneworthy.lifecycle.evaluation import weights
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes
from tuneworthy.workspace import Workspace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUPPLIER = {
    "alpha": "{name: Acme Models, licence: Apache-2.0, url: 'https://models.example/tiny'}",
    "zebu": "{}",
}


def on_one_ledger(root: Path, name: str) -> Path:
    home = make_small(root / name)
    if name == "zebu":
        write_rows(home, "find")
    text = (home / "tuneworthy.yaml").read_text("utf-8").splitlines()
    kept = [line for line in text if not line.startswith(("name:", "store:"))]
    kept += [f"name: {name}", f"store: 'sqlite:///{root}/one.db'", f"supplier: {SUPPLIER[name]}"]
    kept += [f"subject_keys: 'sqlite:///{root}/keys.db'"]
    (home / "tuneworthy.yaml").write_text("\n".join(kept) + "\n", "utf-8")
    return home


def judged(runtime: Runtime, id_: str, model: str, value: float) -> None:
    run = EvaluationRun(
        id=id_, project=runtime.project.id, suite=runtime.store.list(Suite)[0].id,
        arm=runtime.tuned_arm, model=model, valid_share=1, results="", cpu_seconds=1,
        score=Interval(value=value, low=value, high=value, n=100), prompt_tokens=1,
        completion_tokens=1, created_at=runtime.now(),
    )  # fmt: skip
    with runtime.change("evaluation.finish", ("evaluation_run", run.id, "")) as change:
        change.put(run)


def other_people(patch: pytest.MonkeyPatch) -> None:
    """Six people with names of their own: ids are the ledger's."""
    genuine = documents.attest
    people = {f"{id_}2": roles for id_, roles in small_project.PEOPLE.items()}
    decide = {gate: [f"{id_}2" for id_ in ids] for gate, ids in small_project.DECIDE.items()}
    patch.setattr(small_project, "PEOPLE", people)
    patch.setattr(small_project, "DECIDE", decide)

    def attest(runtime: Runtime, name: str, path: Path, person: str, **more: Any) -> Any:
        return genuine(runtime, name, path, f"{person}2", **more)

    patch.setattr(documents, "attest", attest)


def lived(home: Path, clock: FixedClock) -> None:
    with closing(open_small(home, clock)) as runtime:
        runtime.actor = next(id_ for id_ in small_project.PEOPLE if id_.startswith("di"))
        released(runtime)
        rollouts.start(runtime)
        tick(runtime, hours=1)
        row = answer(f"of-{runtime.project.id}", runtime, "sha256:m", "canary")
        runtime.store.record([row])


@pytest.fixture(scope="module")
def alpha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Alpha, after alpha and zebu have both released a version and begun its rollout."""
    root, clock = tmp_path_factory.mktemp("ledger"), FixedClock(NOON)
    lived(on_one_ledger(root, "alpha"), clock)
    with pytest.MonkeyPatch.context() as patch:
        other_people(patch)
        lived(on_one_ledger(root, "zebu"), clock)
    with closing(open_small(root / "alpha", clock)) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def files(alpha: Runtime) -> dict[str, bytes]:
    path = alpha.folder / "pack.zip"
    assert packing.export(alpha, path).verified
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_pack_holds_nothing_of_the_other_project(alpha: Runtime, files: dict[str, bytes]) -> None:
    ours = {name: data for name, data in files.items() if name != "audit/events.jsonl"}
    assert not [name for name, data in ours.items() if b"zebu" in data]
    assert [one["id"] for one in json.loads(files["serving/routes.json"])] == ["alpha"]
    assert {one["route"] for one in json.loads(files["serving/manifests.json"])} == {"alpha"}
    assert len(json.loads(files["serving/rollouts.json"])) == 1
    given = [json.loads(line) for line in files["governance/approvals.jsonl"].splitlines()]
    every = alpha.store.list(Approval)
    assert {one["id"] for one in given} == {a.id for a in every if project_of(a) == "alpha"}
    assert len(given) < len(every)


def test_a_decision_left_out_or_given_to_another_project_is_found(
    files: dict[str, bytes],
) -> None:
    def check(**changed: bytes) -> str:
        left = {n: d for n, d in files.items() if not n.startswith("manifest.")} | changed
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {name: digest_bytes(data) for name, data in left.items()}
        with pytest.raises(verifier.Fault) as caught:
            verifier.check(verifier.zip_bytes(left | {"manifest.json": canonical(manifest)}))
        return str(caught.value)

    lines = files["governance/approvals.jsonl"].splitlines(keepends=True)
    assert "no signed approval" in check(**{"governance/approvals.jsonl": b"".join(lines[1:])})
    events = files["audit/events.jsonl"].replace(
        b'\\"on_behalf_of\\":\\"alpha\\"', b'\\"on_behalf_of\\":\\"other\\"', 1
    )
    assert events != files["audit/events.jsonl"]
    assert check(**{"audit/events.jsonl": events})


def test_a_response_of_the_other_project_has_no_trace_here(alpha: Runtime) -> None:
    with Workspace(alpha.folder, clock=alpha.clock) as work:
        assert work.trace_json("of-alpha") is not None
        assert work.trace_json("of-zebu") is None


@pytest.fixture(scope="module")
def later(alpha: Runtime, files: dict[str, bytes]) -> dict[str, Any]:
    """The JSON files of a later pack: the version was judged, watched and rolled back."""
    del files  # made of the state before
    version = training.current_version(alpha)
    judged(alpha, "of-the-version", weights(version), 0.11)
    judged(alpha, "of-another", "sha256:other", 0.99)
    for about in ("eval.failure_analysis", "monitor.drift", "monitor.overrides"):
        alpha.record(alpha.claim(about, [alpha.head.model], {"n": 5}))
    rollouts.end(alpha, rollouts.all_of(alpha)[-1].id, "too slow")
    packing.export(alpha, alpha.folder / "later.zip")
    with zipfile.ZipFile(alpha.folder / "later.zip") as opened:
        names = [name for name in opened.namelist() if name.endswith(".json")]
        return {name: json.loads(opened.read(name)) for name in names}


def test_the_bill_names_the_evaluations_of_its_version_alone(later: dict[str, Any]) -> None:
    bill = later["model/ml-bom.cdx.json"]
    card = bill["metadata"]["component"]["modelCard"]
    shown = [one["value"] for one in card["quantitativeAnalysis"]["performanceMetrics"]]
    assert shown == ["0.11"]


def test_the_base_has_the_supplier_that_the_project_names(
    later: dict[str, Any], files: dict[str, bytes]
) -> None:
    told = later["model/base.json"]
    assert (told["supplier"], told["licence"]) == ("Acme Models", "Apache-2.0")
    assert told["source"] == "https://models.example/tiny"
    base = later["model/ml-bom.cdx.json"]["components"][0]
    assert base["supplier"] == {"name": "Acme Models"}
    assert base["licenses"] == [{"license": {"name": "Apache-2.0"}}]
    assert base["externalReferences"][0]["url"] == "https://models.example/tiny"


def test_what_went_wrong_has_files_of_its_own(
    later: dict[str, Any], files: dict[str, bytes]
) -> None:
    for name, about in (
        ("evaluation/failures.json", "eval.failure_analysis"),
        ("monitoring/drift.json", "monitor.drift"),
        ("monitoring/overrides.json", "monitor.overrides"),
    ):
        assert json.loads(files[name]) == []
        (found,) = later[name]
        assert (found["about"], found["result"]) == (about, {"n": 5})
    assert json.loads(files["monitoring/incidents.json"]) == []
    (incident,) = later["monitoring/incidents.json"]
    assert (incident["action"], incident["reason"]) == ("rollout.roll_back", "too slow")
    assert (incident["by"], incident["drill"]) == ("di", False)
    table = {part["content"]: part["present"] for part in later["mapping.json"]["parts"]}
    assert "evaluation/failures.json" in table["suites, thresholds, baselines, failures, red team"]
    assert {"monitoring/drift.json", "monitoring/overrides.json", "monitoring/incidents.json"} <= {
        *table["monitoring plan, drift, overrides, incidents"]
    }


def test_the_card_in_the_pack_says_how_the_data_came_about(files: dict[str, bytes]) -> None:
    card = json.loads(files["data/croissant.json"])
    assert "http://mlcommons.org/croissant/RAI/1.0" in card["conformsTo"]
    assert "data/train.jsonl" in card["rai:dataCollection"]
    assert "rai:dataAnnotationProtocol" not in card, "nobody labelled anything here"
