"""Every response is traced to what gave it, and data to every response, over many moves."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.fakes.live_shop import answer
from tests.fakes.traced import History, faults
from tuneworthy.cli.main import cli
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.traced import TracedFacts
from tuneworthy.lifecycle import last_served, lineage, packing, recalling, serving, tracing
from tuneworthy.methods.canonical import canonical, short
from tuneworthy.workspace import Workspace

EACH = 6
"""Responses between two moves; ``bench/govern`` traces ten thousand."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    made = History(tmp_path_factory.mktemp("history") / "p")
    made.live(versions=2, each=EACH)
    return made


def test_every_trace_is_right(history: History) -> None:
    assert history.moves == 6
    wrong = {
        id_: found
        for id_, truth in history.truth.items()
        if (found := list(faults(tracing.walk(history.runtime, id_), truth)))
    }
    assert not wrong


def test_a_wrong_trace_would_be_seen(history: History) -> None:
    """Each response is held against the truth of another manifest."""
    ids = list(history.truth)
    other = {truth.manifest: truth for truth in history.truth.values()}
    for id_ in ids[:: EACH * 2]:
        steps = tracing.walk(history.runtime, id_)
        for manifest, truth in other.items():
            assert bool(list(faults(steps, truth))) == (manifest != history.truth[id_].manifest)


def test_data_lead_to_every_response_of_what_was_trained_on_them(history: History) -> None:
    found = recalling.recall(history.runtime, "current")
    tuned = {id_ for id_, truth in history.truth.items() if truth.version}
    assert found.responses == len(tuned) == sum(w.responses for w in found.windows)
    assert found.versions == ("my-project-1", "my-project-2")
    assert {w.arm for w in found.windows} == {"canary", "production"}
    # Promoted twice, each with a canary before: no window runs over the time between.
    assert [w.version for w in found.windows].count("my-project-1") >= 4
    assert [w.first for w in found.windows] == sorted(w.first for w in found.windows)


def test_a_trained_record_and_its_row_lead_to_the_same(history: History) -> None:
    whole = recalling.recall(history.runtime, "current")
    version = lineage.versions(history.runtime)[-1]
    rows = lineage.members(history.runtime, version)
    place, (record, _) = next(item for item in rows.items() if item[1][1] == "train")
    for name in (place, record, short(record), short(version.id)):
        found = recalling.recall(history.runtime, name)
        assert (found.windows, found.level) == (whole.windows, "version")
    held_out = next(place for place, (_, split) in rows.items() if split == "test")
    for nothing in (held_out, "nowhere:1", "0" * 64, "short"):
        with pytest.raises(ConfigProblem, match="is called"):
            recalling.recall(history.runtime, nothing)


def test_both_ways_at_the_command_line(history: History) -> None:
    def said(*words: str) -> str:
        done = CliRunner().invoke(cli, ["-C", str(history.home), "trace", *words])
        assert done.exit_code == 0, done.output
        return done.output

    one = next(id_ for id_, truth in history.truth.items() if truth.version)
    assert "model version" in said(one)
    told = said("--data", "current")
    assert "my-project-2" in told
    assert "responses in all" in told
    assert "version" in told.splitlines()[-1]
    for words in ([], [one, "--data", "current"]):
        assert CliRunner().invoke(cli, ["-C", str(history.home), "trace", *words]).exception


@pytest.fixture
def work(history: History) -> Iterator[Workspace]:
    with Workspace(history.home, clock=history.runtime.clock) as opened:
        yield opened


def test_facts_of_a_response_are_typed_and_of_this_version_alone(
    history: History, work: Workspace
) -> None:
    for id_ in (next(i for i, t in history.truth.items() if t.version), list(history.truth)[-1]):
        truth, told = history.truth[id_], work.trace_json(id_)
        assert told is not None
        facts = TracedFacts.model_validate(told["facts"])
        assert truth.version is not None
        assert (facts.manifest, facts.version) == (truth.manifest, truth.version.id)
        assert (facts.adapter, facts.base) == (truth.version.adapter, truth.version.base)
        (judged,) = facts.evaluations
        assert f"suite {short(judged.suite)}: {judged.score}" == truth.evaluation
        assert facts.dataset is not None
        assert [one.name for one in facts.dataset.sources] == ["data/train.jsonl"]
        assert facts.dataset.sources[0].digest.startswith("sha256:")
        given = {one.gate: one.person for one in facts.approvals}
        assert set(given) == {gate.value for gate in GateName}
        assert {one.signature for one in facts.approvals} == {"verified"}
        assert "proofs" not in told
    assert work.trace_json("no-such") is None


def test_events_behind_a_response_are_proved_to_be_in_the_signed_log(
    history: History, work: Workspace, tmp_path: Path
) -> None:
    id_ = list(history.truth)[-1]
    assert (work.trace_json(id_, proofs=True) or {})["proofs"] == []
    work.make_audit_key()
    work.checkpoint()
    told = work.trace_json(id_, proofs=True) or {}
    about = set()
    for row in told["proofs"]:
        path = tmp_path / "proof.json"
        path.write_bytes(canonical(row))
        shown = packing.verify_pack(path)
        assert shown.verified, shown.lines
        about.add(json.loads(row["body"])["object"]["id"])
    facts = told["facts"]
    wanted = {facts["manifest"], facts["training_run"], facts["dataset"]["id"]}
    assert about == wanted | {one["id"] for one in facts["approvals"]}


def test_a_response_of_another_project_on_the_same_ledger_is_not_known(
    history: History, work: Workspace
) -> None:
    foreign = answer("foreign", history.runtime, "sha256:m", "production")
    history.runtime.store.record([foreign.model_copy(update={"route": "other"})])
    assert work.trace_json("foreign") is None
    with pytest.raises(UsageProblem, match="No recorded response"):
        tracing.walk(history.runtime, "foreign")


def test_the_chain_says_where_the_route_points(history: History) -> None:
    seats = last_served._Seats(history.runtime)
    moves = sum(seats.move(event) for event in last_served._events(history.runtime))
    route = serving.route_of(history.runtime)
    assert moves > history.moves
    assert (seats.production, seats.canary) == (route.production, route.canary)
    assert seats.previous == route.previous
