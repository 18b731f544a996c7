"""Suites on base and candidate, and the Proof gate that asks for them; the model is a rule."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.kept_runs import good_proof
from tests.fakes.small_project import make_small, open_small, released, say, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.run import EvaluationRun, WeightsProof
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.lifecycle import evaluation, gates, suite_ledger, suite_runs, suites, training
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, digest_bytes

N = 200


class Speaker:
    """Says the last word of the request; the first ``wrong`` of all cases it gets wrong."""

    name = "speaker"

    def __init__(self, digest_: str, wrong: int, adapter: str = "") -> None:
        self.digest = digest_
        self.asked: list[ChatRequest] = []
        self._wrong = wrong
        self._adapter = adapter

    def chat(self, requests: Sequence[ChatRequest], progress: Any = None) -> list[ChatReply]:
        self.asked += requests
        return [self._reply(request.messages[-1].content.split()[-1]) for request in requests]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield from (reply.text for reply in self.chat([request]))

    def _reply(self, word: str) -> ChatReply:
        text = "?" if int(word) < self._wrong else word
        return ChatReply(text=text, prompt_tokens=1, completion_tokens=1, finish_reason="stop")

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        return good_proof(self._adapter, template)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released version; what people and models would have said before is on record."""
    home = make_small(tmp_path_factory.mktemp("made") / "project")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))) as opened:
        released(opened)
    return home


@pytest.fixture
def runtime(made: Path, tmp_path: Path) -> Iterator[Runtime]:
    """A copy of it for one test."""
    home = shutil.copytree(made, tmp_path / "project")
    with closing(open_small(home, FixedClock(datetime(2026, 3, 2, tzinfo=UTC)))) as opened:
        yield opened


Speak = Callable[[int, int], list[Speaker]]


@pytest.fixture
def speak(runtime: Runtime) -> Speak:
    """Base and candidate, each with so many wrong answers."""

    def speak(base: int, tuned: int) -> list[Speaker]:
        version = training.current_version(runtime)
        made = [
            Speaker("b", base),
            Speaker(digest(["b", version.adapter]), tuned, version.adapter),
        ]
        runtime.__dict__["open_model"] = lambda _, adapter=None: made[adapter is not None]
        return made

    return speak


def write(runtime: Runtime, name: str = "numbers", n: int = N, **settings: Any) -> Path:
    folder = runtime.folder / "suites"
    folder.mkdir(exist_ok=True)
    cases = [
        {"id": f"c{i}", "request": f"Say the number {i}", "expected": str(i)} for i in range(n)
    ]
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({"cases": f"{name}.jsonl", **settings}), encoding="utf-8")
    return path


def proof_missing(runtime: Runtime) -> tuple[str, ...]:
    return gates.state(runtime, GateName.PROOF).missing_evidence


def newest(runtime: Runtime, about: str) -> dict[str, Any]:
    return [e.result for e in runtime.evidence() if e.about == about][-1]


def said_of(score: Interval | None) -> float:
    assert score is not None
    return score.value


def test_a_project_without_suites_is_not_asked_for_any(runtime, speak):
    speak(0, 0)
    assert suite_runs.run(runtime, tuned=True) == []
    assert proof_missing(runtime) == ()
    assert "eval.guards" not in {e.about for e in runtime.evidence()}


def test_a_declared_suite_shuts_the_gate_until_both_were_run_and_passed(runtime, speak):
    base, tuned = speak(10, 11)
    write(runtime, margin=0.05)
    assert proof_missing(runtime) == ("eval.guards: no evidence about the current suites",)
    (alone,) = suite_runs.run(runtime, tuned=False)
    assert (said_of(alone.base), alone.candidate, alone.run) == (0.95, None, False)
    assert proof_missing(runtime)
    (both,) = suite_runs.run(runtime, tuned=True)
    assert both.failed == ()
    assert said_of(both.delta) == pytest.approx(-1 / N)
    assert proof_missing(runtime) == ()
    asked = (len(base.asked), len(tuned.asked))
    assert min(asked) >= N
    said = newest(runtime, "eval.guards")
    assert (said["declared"], said["run"], said["not_run"], said["failed"]) == (1, 1, 0, 0)
    suite_runs.run(runtime, tuned=True)
    assert (len(base.asked), len(tuned.asked)) == asked, "what is finished is not asked again"
    # The same words in front of both: as the candidate was trained.
    assert {r.messages for r in base.asked} == {r.messages for r in tuned.asked}


@pytest.mark.parametrize(
    ("wrong", "n", "settings", "reason"),
    [
        ((0, 40), N, {"margin": 0.05}, "the loss is larger than 0.05"),
        ((0, 12), N, {"margin": 0.05}, "not ruled out"),
        ((0, 0), 20, {"margin": 0.05}, "20 cases are too few"),
        ((0, 40), N, {}, "worse than the base by 0.200"),
        ((40, 40), N, {"target": 0.9}, "scores 0.800, and 0.9 is the least"),
    ],
)
def test_what_is_not_shown_does_not_pass(runtime, speak, wrong, n, settings, reason):
    speak(*wrong)
    write(runtime, n=n, **settings)
    (found,) = suite_runs.run(runtime, tuned=True)
    assert [reason in said for said in found.failed] == [True]
    said = newest(runtime, "eval.guards")
    assert (said["failed"], said["names_failed"]) == (1, ["numbers"])
    (told,) = proof_missing(runtime)
    assert told.startswith("eval.guards: failed == 0 does not hold: failed is 1 (numbers: ")
    assert reason in told


def test_one_of_two_suites_is_not_enough(runtime, speak):
    speak(0, 0)
    write(runtime, "one")
    write(runtime, "two")
    assert [one.name for one in suite_runs.run(runtime, ["one"], tuned=True)] == ["one"]
    assert newest(runtime, "eval.guards")["names_not_run"] == ["two"]
    assert proof_missing(runtime)
    suite_runs.run(runtime, ["two"], tuned=True)
    assert proof_missing(runtime) == ()


def test_taking_a_failed_suite_away_opens_nothing(runtime, speak):
    speak(0, 40)
    path = write(runtime)
    suite_runs.run(runtime, tuned=True)
    path.unlink()
    assert proof_missing(runtime)
    suite_runs.run(runtime, tuned=True)
    assert newest(runtime, "eval.guards")["failed"] == 1
    tick(runtime)
    suites.retire(runtime, "numbers", "It asks for what nobody needs.")
    assert proof_missing(runtime) == ()
    write(runtime, "other")
    suite_runs.run(runtime, tuned=True)
    said = newest(runtime, "eval.guards")
    assert said["retired"] == {"numbers": "It asks for what nobody needs."}


def test_a_threshold_does_not_move_after_the_results_unless_in_the_open(runtime, speak):
    speak(0, 40)
    write(runtime, margin=0.05)
    suites.settle(runtime, "numbers")
    tick(runtime)
    write(runtime, margin=0.06)
    suite_runs.run(runtime, tuned=True)  # nobody had been judged: the file may still change
    assert suite_ledger.look(runtime).newest["numbers"].margin == 0.06
    tick(runtime)
    write(runtime, margin=0.5)
    with pytest.raises(BlockedProblem) as refused:
        suite_runs.run(runtime, tuned=True)
    assert refused.value.code == "suite_changed"
    assert newest(runtime, "eval.guards")["failed"] == 1
    moved = suites.refresh(runtime, "numbers")
    assert (moved.thresholds, moved.after_candidate) == (("margin",), True)
    assert newest(runtime, "suite.refresh")["after_candidate"] is True
    assert newest(runtime, "suite.refresh")["done"] is False  # no case is another one
    suite_runs.run(runtime, tuned=True)
    assert newest(runtime, "eval.guards")["failed"] == 0


def test_safety_and_general_ability_are_put_on_record(runtime, speak):
    speak(10, 60)
    write(runtime, "harm", role="safety")
    write(runtime, "abilities", role="general", margin=0.5, prompt={"user": "Now: {request}"})
    found = {one.name: one for one in suite_runs.run(runtime, tuned=True)}
    assert found["harm"].significant_loss
    safety, general = newest(runtime, "safety.suite"), newest(runtime, "eval.general_ability")
    assert (safety["n"], safety["base"], safety["candidate"]) == (N, 0.95, 0.7)
    assert safety["significant_loss"] is True
    assert (general["base"], general["delta"]) == (0.95, pytest.approx(-0.25))
    assert general["low"] < -0.25
    assert newest(runtime, "eval.guards")["names_failed"] == ["harm"]


def test_the_suites_metrics_and_longest_answer_count(runtime, speak):
    base, _ = speak(0, 0)
    metrics = [{"name": "json_match"}, {"name": "exact_match"}]
    write(runtime, metrics=metrics, max_new_tokens=7)
    (found,) = suite_runs.run(runtime, tuned=True)
    assert (found.metric, said_of(found.base)) == ("json_match", 0)
    assert [(pair.name, pair.base.value) for pair in found.metrics] == [("exact_match", 1)]
    assert {request.max_new_tokens for request in base.asked} == {7}
    assert {request.ends for request in base.asked} == {"json"}


def test_further_suites_leave_the_projects_own_alone(runtime, speak):
    speak(0, 0)
    before = {gate: gates.state(runtime, gate).open for gate in GateName}
    write(runtime)
    suite_runs.run(runtime, tuned=True)
    head = runtime.head
    assert runtime.store.get(Suite, head.suite).name == "main"
    assert evaluation.tuned_run(runtime) is None
    assert {run.suite for run in runtime.store.list(EvaluationRun)}.isdisjoint({head.suite})
    for gate in gates.DATA_GATES:
        assert gates.state(runtime, gate).open is before[gate]
    say(runtime, "eval.proof", [head.model], passed=True)
    assert proof_missing(runtime) == ()


@pytest.mark.parametrize("fitted", [True, False])
def test_an_answer_that_somebody_wrote_is_asked_for_again(runtime, speak, fitted):
    """Nobody without the key in the state folder says what a model has answered."""
    _, tuned = speak(0, 40)
    write(runtime, margin=0.05)
    suite_runs.run(runtime, tuned=True)
    with closing(sqlite3.connect(runtime.state / "tuneworthy.db")) as ledger, ledger:
        told = ledger.execute("select key, body from answers where body like ?", ('%"?"%',))
        for key, body in told.fetchall():
            right = body.replace('"?"', '"0"')
            digest_ = digest_bytes(right.encode()) if fitted else None
            ledger.execute(
                "update answers set body = ?, digest = coalesce(?, digest) where key = ?",
                (right, digest_, key),
            )
        ledger.execute("delete from steps")
    asked = len(tuned.asked)
    (again,) = suite_runs.run(runtime, tuned=True)
    assert said_of(again.candidate) == pytest.approx(0.8)
    assert len(tuned.asked) >= asked + 40
