"""What is measured without asking: curve, signals, traffic, shape; no real model is run."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tuneworthy
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.errors import ConfigProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import Cost, Environment, TrainingRun, TrainSettings, WeightsProof
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.core.ports import (
    BaseIdentity,
    ChatReply,
    ChatRequest,
    Progress,
    TrainRequest,
    TrainResult,
)
from tuneworthy.evaluate import run_arm
from tuneworthy.lifecycle import advising, assessing, ceiling, curve, datasets, serving, status
from tuneworthy.lifecycle.wiring import Runtime, open_runtime

COST = Cost(cpu_seconds=80, wall_seconds=40, peak_memory_mb=1, tokens=1, flop=1, steps=1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = 60


def rows(count: int = 400) -> list[dict[str, str]]:
    """Requests whose second word alone decides the answer; sixty such words."""
    return [
        {
            "request": f"{n * 7919 % 99991:05} w{n % WORDS} {n * 104729 % 99991:05} {n}",
            "target": f"label {n % WORDS % 12}",
        }
        for n in range(count)
    ]


class WordTrainer:
    """Learns by heart which word has which answer; an adapter is that table."""

    def __init__(self) -> None:
        self.requests: list[TrainRequest] = []
        self.stop_after = 10**6

    def environment(self, settings: TrainSettings) -> Environment:
        return Environment(python="3", platform="p", packages={}, threads=1)

    def estimate(self, request: TrainRequest, progress: Progress | None = None) -> Cost:
        return COST

    def train(self, request: TrainRequest, progress: Progress | None = None) -> TrainResult:
        if len(self.requests) >= self.stop_after:
            raise KeyboardInterrupt
        self.requests.append(request)
        table = {e.request.split()[1]: e.target for e in request.train}
        folder = request.workspace / "adapter"
        folder.mkdir(exist_ok=True)
        (folder / "table.json").write_text(json.dumps(table), encoding="utf-8")
        return TrainResult(
            adapter=folder, actual=COST, losses=(1.0,), label_preview="", resumed=False
        )


class WordModel:
    """Answers by the table of its adapter; the base answers like an assistant."""

    name, digest = "words", "sha256:words"
    base_digest = tokenizer_digest = template_digest = computing_digest = "x"

    def __init__(self, adapter: Path | None, *, honest: bool = True) -> None:
        self._honest = honest
        self._table: dict[str, str] = {}
        if adapter is not None:
            self._table = json.loads((adapter / "table.json").read_text(encoding="utf-8"))

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        return [self._answer(request) for request in requests]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        yield self._answer(request).text

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        return WeightsProof(
            adapter="a", delta_norm=1, logit_difference=1, template=template, base="b",
            passed=self._honest, reason="" if self._honest else "other weights",
        )  # fmt: skip

    def _answer(self, request: ChatRequest) -> ChatReply:
        asked = request.messages[-1].content
        word = re.search(r"w\d+", asked)
        known = self._table.get(word[0] if word else "", "I hope this helps!")
        return ChatReply(
            text=known, prompt_tokens=len(asked), completion_tokens=3, finish_reason="stop"
        )


class Letters:
    """Vectors of letter counts."""

    name = "letters"

    def embed(self, texts: Sequence[str]) -> Any:
        counts = np.array([[1 + text.count(c) for c in "0123456789w"] for text in texts])
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        return (counts / np.maximum(lengths, 1)).astype(np.float32)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def make_project(home: Path, count: int = 400) -> Path:
    tuneworthy.init(home)
    for id_ in ("A2", "A4", "I4", "I5"):  # somebody says no to all that will be measured
        edit(home, "answers.yaml", f"{id_}:        #", f"{id_}: false  #")
    edit(home, "tuneworthy.yaml", 'licence: ""  ', "licence: MIT")
    edit(home, "tuneworthy.yaml", 'legal_basis: ""  ', "legal_basis: contract")
    edit(home, "tuneworthy.yaml", "base_model: embedded", "base_model: base")
    edit(home, "tuneworthy.yaml", "target: 0.80", "target: 0.90")
    (home / "base").mkdir()
    (home / "base" / "config.json").write_text(
        json.dumps({"max_position_embeddings": 2048}), encoding="utf-8"
    )
    text = "\n".join(json.dumps(row) for row in rows(count))
    (home / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


Open = Callable[..., Runtime]


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a project as a new process would, with small models behind the real ports."""
    made: list[Runtime] = []
    monkeypatch.setattr(Runtime, "open_model", lambda _, model, adapter=None: WordModel(adapter))

    def open_(at: Path = folder) -> Runtime:
        runtime = open_runtime(at, actor="di", clock=FixedClock(NOW))
        runtime.__dict__["trainer"] = WordTrainer()
        runtime.__dict__["embedder"] = Letters()
        runtime.__dict__["base_identity"] = BaseIdentity(base="b", tokenizer="t", template="c")
        made.append(runtime)
        return runtime

    yield open_
    for runtime in made:
        runtime.close()


def built(runtime: Runtime) -> Runtime:
    datasets.build(runtime)
    return runtime


def trainer(runtime: Runtime) -> WordTrainer:
    found = runtime.trainer
    assert isinstance(found, WordTrainer)
    return found


def factors(decision: Decision) -> dict[str, tuple[bool | None, bool | None]]:
    return {f.id: (f.declared, f.measured) for f in decision.factors}


# -- the learning curve --------------------


def test_a_curve_that_rises_is_recorded_and_clears_few_examples(opened: Open) -> None:
    runtime = built(opened())
    version = datasets.current(runtime)
    _, before = assessing.decide(runtime)
    assert factors(before)["A4"] == (False, True)
    found = curve.run(runtime)
    assert [point.percent for point in found.points] == [25, 50, 100]
    assert found.points[0].score.value < found.points[-1].score.value
    assert found.rising
    (claim,) = [e for e in runtime.evidence() if e.about == "eval.learning_curve"]
    assert claim.subjects == (version.id, "b")
    assert claim.result["n"] == found.points[-1].score.n >= 100
    assert {"rising", "target_met", "points", "rule"} <= set(claim.result)
    _, after = assessing.decide(runtime)
    assert factors(after)["A4"] == (False, False)
    assert any("learning curve" in f.basis for f in after.factors if f.id == "A4")


def test_a_curve_registers_nothing_and_needs_no_gate(opened: Open) -> None:
    runtime = built(opened())
    head = runtime.head
    curve.run(runtime)
    assert runtime.store.list(ModelVersion) == []
    assert runtime.store.list(TrainingRun) == []
    assert runtime.head == head
    assert not any((runtime.state / "curve").iterdir())


def test_the_held_out_suite_is_neither_learned_nor_asked(opened: Open) -> None:
    runtime = built(opened())
    seen: list[str] = []

    def listening(arm: Any, cases: Any, *more: Any, **named: Any) -> Any:
        seen.extend(case.request for case in cases)
        return run_arm(arm, cases, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curve, "run_arm", listening)
        curve.run(runtime)
    held_out = {example.request for example in datasets.examples(runtime, "test")}
    learned = {e.request for r in trainer(runtime).requests for e in r.train}
    assert not held_out & (set(seen) | learned)
    assert len(set(seen)) >= 100


def test_no_model_is_judged_by_what_it_learned(opened: Open) -> None:
    runtime = built(opened())
    parts = curve._parts(runtime)
    assert [part.name for part in parts][:2] == ["validation", "fold 1"]
    for part in parts:
        assert not {e.request for e in part.pool} & {e.request for e in part.held}


def test_a_finished_curve_costs_nothing_and_a_killed_one_goes_on(opened: Open) -> None:
    runtime = built(opened())
    plan = curve.plan(runtime)
    assert (plan.trainings, plan.trainings_left) == (9, 9)
    assert plan.cpu_seconds == pytest.approx(80 * plan.training_rows / 280, rel=0.05)
    trainer(runtime).stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        curve.run(runtime)
    again = opened()
    assert curve.plan(again).trainings_left == 5
    found = curve.run(again)
    assert len(trainer(again).requests) == 5
    once_more = opened()
    assert curve.plan(once_more).trainings_left == 0
    assert curve.run(once_more) == found
    assert trainer(once_more).requests == []


def test_a_curve_of_other_settings_clears_nothing(opened: Open, folder: Path) -> None:
    curve.run(built(opened()))
    edit(folder, "tuneworthy.yaml", "num_train_epochs: 3", "num_train_epochs: 2")
    _, evidenced = assessing.decide(opened())
    assert factors(evidenced)["A4"] == (False, True)


def test_a_curve_of_other_data_clears_nothing(opened: Open, folder: Path) -> None:
    curve.run(built(opened()))
    text = "\n".join(json.dumps({**row, "target": row["target"] + "!"}) for row in rows())
    (folder / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    _, evidenced = assessing.decide(built(opened()))
    assert factors(evidenced)["A4"] == (False, True)


def test_weights_that_are_not_the_trained_ones_are_not_judged(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = built(opened())
    monkeypatch.setattr(
        Runtime, "open_model", lambda _, model, adapter=None: WordModel(adapter, honest=False)
    )
    with pytest.raises(IntegrityProblem, match="not those that were trained"):
        curve.run(runtime)
    assert not [e for e in runtime.evidence() if e.about == "eval.learning_curve"]


def test_too_few_groups_are_refused_before_anything_is_trained(
    opened: Open, tmp_path: Path
) -> None:
    small = make_project(tmp_path / "small", 5)
    runtime = built(opened(small))
    with pytest.raises(ConfigProblem, match="needs 5 groups"):
        curve.plan(runtime)
    assert trainer(runtime).requests == []


# -- signals --------------------


def test_signals_come_from_the_best_prompts_own_outputs(opened: Open) -> None:
    runtime = built(opened())
    _, before = assessing.decide(runtime)
    assert before.signals == ()
    ceiling.run_alternatives(runtime)
    _, evidenced = assessing.decide(runtime)
    found = {item.id: item for item in evidenced.signals}
    assert {id_: item.answer for id_, item in found.items()} == {
        "S1": "no",
        "S2": "yes",
        "S3": "yes",
        "S4": "yes",
        "S5": "no",
        "S6": "unknown",
    }
    assert found["S3"].value == 1.0
    assert "2,048" in found["S5"].detail
    (claim,) = [e for e in runtime.evidence() if e.about == "ceiling.signals"]
    assert claim.subjects == (runtime.head.suite,)
    assert claim.grade.value == "measured"
    assessing.decide(opened())
    assert len([e for e in runtime.evidence() if e.about == "ceiling.signals"]) == 1


@pytest.mark.parametrize("days", [-30, -1 / 24])
def test_evidence_from_the_future_decides_no_factor_and_no_ceiling(
    opened: Open, days: float
) -> None:
    runtime = built(opened())
    ceiling.run_alternatives(runtime)
    _, before = assessing.decide(runtime)
    measured = {f.id for f in before.factors if f.measured is not None}
    assert {"C1", "C2", "C3", "C4", "C5", "A4", "A5"} <= measured
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(days=days))
    _, after = assessing.decide(runtime)
    assert [f.id for f in after.factors if f.measured is not None] == []
    assert after.signals == ()
    refused = {u.about for u in assessing.scorecard(runtime).uncounted}
    assert {"ceiling.arm", "ceiling.summary", "data.profile", "suite.frozen"} <= refused
    # What is measured again by today's clock counts, though it finds the same.
    datasets.build(runtime)
    ceiling.run_alternatives(runtime)
    _, again = assessing.decide(runtime)
    assert {f.id for f in again.factors if f.measured is not None} == measured


def test_new_limits_and_terms_are_measured_anew(opened: Open, folder: Path) -> None:
    ceiling.run_alternatives(built(opened()))
    assessing.decide(opened())
    with (folder / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("terms: [{preferred: done, forbidden: [hope]}]\n")
    runtime = opened()
    _, evidenced = assessing.decide(runtime)
    assert "'hope'" in next(s.detail for s in evidenced.signals if s.id == "S2")


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("limits: {p95_seconds: 0}", "limits.p95_seconds"),
        ("limits: {p95_seconds: .inf}", "limits.p95_seconds"),
        ("prices: {prompt_per_million: -1}", "prices.prompt_per_million"),
        ("low_volume: 0", "low_volume"),
        ("terms: [{preferred: a}]", "terms"),
        ("terms: [{preferred: a, forbidden: []}]", "terms"),
        ('style: {forbidden: [""]}', "style.forbidden"),
        ("limits: {p99_seconds: 1}", "p99_seconds"),
    ],
)
def test_wrong_limits_are_named_with_their_place(folder: Path, lines: str, place: str) -> None:
    with (folder / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{lines}\n")
    with pytest.raises((ConfigProblem, UsageProblem)) as caught:
        open_runtime(folder)
    assert place in caught.value.message
    assert "tuneworthy.yaml:" in caught.value.message


# -- traffic --------------------


def asked(number: int, days_ago: float, seconds: float = 1.0, manifest: str = "m") -> Interaction:
    return Interaction(
        id=f"r{number:05}",
        route="my-project",
        manifest=manifest,
        arm="production",
        sticky_key="",
        sticky=False,
        created_at=(NOW - timedelta(days=days_ago)).isoformat(),
        status=200,
        stream=False,
        seconds=seconds,
        request="{}",
        response="",
    )


def test_volume_is_measured_from_the_log_and_scaled(opened: Open) -> None:
    runtime = built(opened())
    runtime.store.record([asked(n, 15 * (n + 1) / 200) for n in range(200)])
    _, evidenced = assessing.decide(runtime)
    assert factors(evidenced)["A2"] == (False, True)
    assert factors(evidenced)["I4"] == (False, False)
    basis = next(f.basis for f in evidenced.factors if f.id == "A2")
    assert basis.startswith("200 requests recorded in 15 days, scaled by 30/15: 400 [")
    assert any("You said no to A2" in text for text in evidenced.contradictions)


def test_a_young_log_and_no_log_leave_the_declared_answer(opened: Open) -> None:
    runtime = built(opened())
    assert factors(assessing.decide(runtime)[1])["A2"] == (False, None)
    assert not [e for e in runtime.evidence() if e.about == "traffic.volume"]
    runtime.store.record([asked(n, 2) for n in range(50)])
    assert factors(assessing.decide(runtime)[1])["A2"] == (False, None)


def test_a_log_is_read_again_only_when_it_has_grown_or_the_day_is_over(opened: Open) -> None:
    runtime = built(opened())

    def claims() -> int:
        assessing.decide(runtime)
        return len([e for e in runtime.evidence() if e.about == "traffic.volume"])

    runtime.store.record([asked(n, 10) for n in range(100)])
    assert claims() == 1
    runtime.store.record([asked(100, 1)])
    assert claims() == 1
    runtime.store.record([asked(n, 1) for n in range(101, 120)])
    assert claims() == 2
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(days=1))
    assert claims() == 3


def test_live_times_of_the_untuned_model_answer_latency(opened: Open, folder: Path) -> None:
    with (folder / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write("limits: {p95_seconds: 2}\n")
    runtime = built(opened())
    ceiling.run_alternatives(runtime)
    base = serving.base_manifest(runtime)
    slow = [asked(n, 3, 5.0, base.id) for n in range(100)]
    quick = [asked(n, 3, 0.1, "tuned") for n in range(100, 900)]
    runtime.store.record([*slow, *quick])
    _, evidenced = assessing.decide(runtime)
    assert next(s for s in evidenced.signals if s.id == "S6").answer == "yes"
    assert factors(evidenced)["I5"] == (False, True)


# -- alternatives and approach --------------------


def test_alternatives_measure_the_search_once(opened: Open) -> None:
    runtime = built(opened())
    assert advising.alternatives(runtime).best is None
    ceiling.run_alternatives(runtime)
    plain = advising.alternatives(runtime)
    assert next(a for a in plain.alternatives if a.id == "reranking").stance == "not measured"
    measured = advising.alternatives(runtime, measure_search=True)
    assert next(a for a in measured.alternatives if a.id == "reranking").stance != "not measured"
    (claim,) = [e for e in runtime.evidence() if e.about == "retrieval.quality"]
    assert claim.subjects == (runtime.head.suite, runtime.head.dataset)
    runtime.__dict__["embedder"] = None
    assert advising.alternatives(runtime, measure_search=True) == measured


def test_the_approach_is_checked_against_the_rows(opened: Open) -> None:
    runtime = opened()
    assert advising.approach(runtime).chosen.fits is None
    built(runtime)
    found = advising.approach(runtime)
    assert found.chosen.approach == "instruction fine-tuning"
    assert any("400 after cleaning, 100 too few" in text for text in found.missing)
    (claim,) = [e for e in runtime.evidence() if e.about == "data.shape"]
    assert claim.subjects == (runtime.head.dataset,)


# -- answers that lie --------------------


def test_an_answers_file_that_lies_changes_nothing_measured(
    opened: Open, folder: Path, tmp_path: Path
) -> None:
    liar = make_project(tmp_path / "liar")
    path = liar / "answers.yaml"
    lies = path.read_text(encoding="utf-8")
    for id_ in ("C1", "C2", "C3", "C4", "C5", "I1", "I2", "I3", "I5", "I6"):
        lies = lies.replace(f"{id_}: false", f"{id_}: true ")
    path.write_text(lies, encoding="utf-8")
    seen = []
    for home in (folder, liar):
        runtime = built(opened(home))
        ceiling.run_alternatives(runtime)
        runtime.store.record([asked(n, 15) for n in range(90)])
        advising.alternatives(runtime, measure_search=True)
        _, evidenced = assessing.decide(runtime)
        facts = {
            e.about: e.result
            for e in runtime.evidence()
            if e.about in ("traffic.volume", "data.shape", "retrieval.quality")
        }
        seen.append(
            (
                evidenced.verdict,
                [(s.id, s.answer) for s in evidenced.signals],
                [s for s in evidenced.signals if s.id != "S6"],  # S6 holds real seconds
                [f.measured for f in evidenced.factors],
                advising.alternatives(runtime),
                facts,
            )
        )
    assert seen[0] == seen[1]


def test_the_next_step_is_the_cheapest_thing_to_try(opened: Open, folder: Path) -> None:
    runtime = built(opened())
    assert status.where(runtime).next_command == "tuneworthy eval run"
    ceiling.run_alternatives(runtime)
    where = status.where(runtime)
    assert (where.next_command, where.waits_for) == (
        "tuneworthy assess ceiling --derive",
        "machine",
    )
    assert where.said.startswith("Do not tune yet.")
    ceiling.run_alternatives(runtime, True)
    where = status.where(runtime)
    assert (where.next_command, where.waits_for) == ("tuneworthy assess ceiling", "person")
    assert "Name a second model" in where.said
    edit(folder, "prompts.yaml", "tuned:", 'added: {arm: zero_shot, user: "{request}"}\ntuned:')
    where = status.where(opened())
    assert (where.next_command, where.waits_for) == ("tuneworthy eval run", "machine")
    assert "has not been run" in where.said
    edit(folder, "tuneworthy.yaml", "target: 0.90", "target: 0.01")
    easier = opened()
    ceiling.run_alternatives(easier)
    assert status.where(easier).next_command == "tuneworthy report"
