"""A project without a model: its people, a trainer that writes a file, and how it is moved on."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import tuneworthy
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.red_team import RedTeam
from tuneworthy.core.nouns.run import Cost, Environment, TrainSettings
from tuneworthy.core.nouns.serving import Rollout
from tuneworthy.core.ports import BaseIdentity, Progress, TrainRequest, TrainResult
from tuneworthy.lifecycle import (
    assessing,
    ceiling,
    datasets,
    documents,
    gates,
    incumbent,
    monitoring,
    people,
    rollouts,
    training,
    withdrawing,
)
from tuneworthy.lifecycle.wiring import Runtime, open_runtime
from tuneworthy.serve import Block

PEOPLE = {
    "ana": ["source_owner", "data_steward"],
    "bo": ["compliance_reviewer", "annotation_owner"],
    "cy": ["business_owner"],
    "di": ["technical_owner"],
    "ed": ["model_owner"],
    "fa": ["review_lead", "governance_owner"],
}
DECIDE = {
    GateName.START: ["ana", "bo", "cy"],
    GateName.BUILD: ["ana", "bo", "di"],
    GateName.PROOF: ["ed", "fa"],
    GateName.RELEASE: ["ed", "cy", "bo", "fa"],
}
SIGNED = {"retention_class": "bo", "labelling_guide": "ana"}
"""The documents that Start and Build ask for, with who signs them."""
COST = Cost(cpu_seconds=1, wall_seconds=1, peak_memory_mb=1, tokens=1, flop=1, steps=1)
GOOD = Block(n_control=1, s_control=1, n_canary=1, s_canary=1)
BETTER: dict[str, Any] = {
    "verdict": "clearly better",
    "low": 0.1,
    "segments_worse": 0,
    "guards_broken": 0,
    "judge_ok": True,
}
"""What every comparison must say before the gates open."""
ATTACKED = RedTeam(
    attacker="fa",
    independent=False,
    tool="a test",
    attempts=80,
    through=0,
    findings=(),
    asked_again=0,
    same=0,
    confirmed=True,
    report="",
    automated=True,
)
"""A red team of which nothing got through."""


class SmallTrainer:
    """Writes a file as an adapter, another one for each learning rate."""

    def __init__(self, cost: Cost = COST) -> None:
        self.trained = 0
        self._cost = cost

    def environment(self, settings: TrainSettings) -> Environment:
        return Environment(python="3", platform="p", packages={}, threads=1)

    def estimate(self, request: TrainRequest, progress: Progress | None = None) -> Cost:
        return self._cost

    def train(self, request: TrainRequest, progress: Progress | None = None) -> TrainResult:
        self.trained += 1
        folder = request.workspace / "adapter"
        folder.mkdir(exist_ok=True)
        (folder / "adapter").write_text(str(request.settings.learning_rate), encoding="utf-8")
        return TrainResult(
            adapter=folder, actual=self._cost, losses=(1.0,), label_preview="", resumed=False
        )


def write_rows(folder: Path, word: str = "look") -> None:
    rows = [
        {"request": f"{word} at {n * 7919 % 991} and {n * 31 % 97}", "target": f"{word} {n % 3}"}
        for n in range(400)
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "data" / "train.jsonl").write_text(text, encoding="utf-8")


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def make_small(home: Path) -> Path:
    """A fresh project with 400 rows and an empty base model."""
    tuneworthy.init(home)
    edit(home, "tuneworthy.yaml", 'licence: ""  ', "licence: MIT")
    edit(home, "tuneworthy.yaml", 'legal_basis: ""  ', "legal_basis: contract")
    edit(home, "tuneworthy.yaml", "base_model: embedded", "base_model: base")
    (home / "base").mkdir()
    (home / "base" / "config.json").write_text("{}", encoding="utf-8")
    write_rows(home)
    return home


def open_small(home: Path, clock: FixedClock, cost: Cost = COST) -> Runtime:
    """The project of a folder, with this trainer in the place of the real one."""
    runtime = open_runtime(home, actor="di", clock=clock)
    runtime.__dict__["trainer"] = SmallTrainer(cost)
    runtime.__dict__["base_identity"] = BaseIdentity(base="b", tokenizer="t", template="c")
    return runtime


def tick(runtime: Runtime, **span: float) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(**(span or {"seconds": 1})))


def say(runtime: Runtime, about: str, subjects: Sequence[str], **result: Any) -> Evidence:
    tick(runtime)
    claim = runtime.claim(about, subjects, result)
    runtime.record(claim)
    return claim


def approve(runtime: Runtime, gate: GateName) -> None:
    for person in DECIDE[gate]:
        tick(runtime)
        gates.decide(runtime, gate, person, reason="seen")
    found = gates.state(runtime, gate)
    assert found.open, found


def ready(runtime: Runtime) -> None:
    """People, data and a frozen suite, with the gates before training open."""
    if not people.everyone(runtime):
        for person, roles in PEOPLE.items():
            people.add(runtime, person, person.title(), roles)
    data = datasets.build(runtime)
    suite, _ = ceiling.freeze(runtime)
    say(runtime, "decision.verdict", [data.id, suite.id], allows_tuning=True)
    say(runtime, "ceiling.summary", [suite.id], prompt_variants=5)
    for name, signer in SIGNED.items():
        documents.attest(runtime, name, runtime.folder / "answers.yaml", signer)
    training.estimate(runtime)
    for gate in gates.DATA_GATES:
        if not gates.state(runtime, gate).open:
            approve(runtime, gate)


def attacked(runtime: Runtime) -> None:
    """The safety suites and the red team that Proof asks for are put on record."""
    model = runtime.head.model
    say(runtime, "safety.suite", [model], n=280, base=0.7, candidate=0.7, significant_loss=False)
    say(runtime, "eval.red_team", [model], **ATTACKED.model_dump(mode="json"))


def watched_and_drilled(runtime: Runtime) -> None:
    """What Release asks for where a version is to follow another one: a drill, and monitors."""
    tick(runtime)
    withdrawing.drill(runtime, "before the next release")
    monitoring.sign_of_life(runtime)


def prepared(runtime: Runtime) -> ModelVersion:
    """A trained version with all that Proof and Release need but the decisions.

    What a model would have measured is put on record.
    """
    ready(runtime)
    suite, _ = ceiling.current_suite(runtime)
    training.train(runtime)
    model = runtime.head.model
    say(runtime, "eval.proof", [model], passed=True)
    for about in ("eval.comparison", "eval.base_comparison"):
        say(runtime, about, [model, suite.id], **BETTER)
    if canaries := len(datasets.current(runtime).canaries):
        out = dict.fromkeys(("extracted", "base_extracted", "rows_extracted"), 0)
        none = {**out, "rows": 0, "base_rows_extracted": 0}
        say(runtime, "safety.extraction", [model], planted=canaries, **none)
    attacked(runtime)
    if live := incumbent.standing(runtime):
        say(runtime, "eval.incumbent_comparison", [model, live], worse=False, segments_worse=0)
    if incumbent.followed(runtime):
        watched_and_drilled(runtime)
    runtime.record(assessing.plan(runtime))
    documents.model_card(runtime)
    return training.current_version(runtime)


def released(runtime: Runtime) -> ModelVersion:
    """A version with four open gates."""
    prepared(runtime)
    for gate in (GateName.PROOF, GateName.RELEASE):
        if not gates.state(runtime, gate).open:
            approve(runtime, gate)
    return training.current_version(runtime)


def promote(runtime: Runtime) -> Rollout:
    rollout = rollouts.start(runtime)
    for _ in range(3):
        rollout = rollouts.look(runtime, rollout.id, [GOOD] * 400)
    assert rollout.state == "promoted", rollout
    return rollout
