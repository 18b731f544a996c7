"""Responses over many promotions and rollbacks, with what is true of each one kept beside."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from tests.fakes.live_shop import answer
from tests.fakes.racing import BEGIN
from tests.fakes.small_project import DECIDE, GOOD, edit, make_small, open_small, released, tick
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.report import TraceStep
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.lifecycle import rollouts, serving
from tuneworthy.lifecycle.evaluation import weights
from tuneworthy.methods.canonical import digest, short


class Truth(NamedTuple):
    """What stood behind a response when it was given; no version is the bare base."""

    manifest: str
    version: ModelVersion | None
    evaluation: str = ""
    """What the version was found to do on the suite, and no other version."""


class History:
    """A project that releases one version after another, while people ask."""

    def __init__(self, home: Path) -> None:
        self.home = make_small(home)
        self.runtime = open_small(self.home, FixedClock(BEGIN))
        self.truth: dict[str, Truth] = {}
        self.moves = 0
        self._now: dict[str, Truth] = {}
        self._count = itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    def live(self, versions: int, each: int) -> None:
        """Each version is promoted, rolled back and promoted again, the last one stays.

        Every promotion has a canary before it; ``each`` responses are given between two moves.
        """
        for number in range(versions):
            if number:
                self._train_anew(number)
            version = released(self.runtime)
            judged = self._judge(version, number)
            self._promote(version, each, judged)
            self._roll_back(each)
            self._promote(version, each, judged)

    def _judge(self, version: ModelVersion, number: int) -> str:
        """An evaluation of the version on the one suite of all; what a trace says of it."""
        value = (number + 1) / 100
        suite = self.runtime.store.list(Suite)[0]
        run = EvaluationRun(
            id=digest([version.id, "judged"]), project=version.project, suite=suite.id,
            arm=self.runtime.tuned_arm, model=weights(version), valid_share=1, results="",
            score=Interval(value=value, low=value, high=value, n=100), cpu_seconds=1,
            prompt_tokens=1, completion_tokens=1, created_at=self.runtime.now(),
        )  # fmt: skip
        with self.runtime.change("evaluation.finish", ("evaluation_run", run.id, "")) as change:
            change.put(run)
        return f"suite {short(suite.id)}: {run.score}"

    def _train_anew(self, number: int) -> None:
        self.runtime.close()
        old, new = f"{number}.0e-3", f"{number + 1}.0e-3"
        edit(self.home, "tuneworthy.yaml", f"learning_rate: {old}", f"learning_rate: {new}")
        tick(self.runtime)
        self.runtime = open_small(self.home, FixedClock(self.runtime.clock.now()))

    def _promote(self, version: ModelVersion, each: int, judged: str = "") -> None:
        tick(self.runtime)
        before = self._production()
        rollout = rollouts.start(self.runtime)
        self._answers(each // 2, before, "production")
        truth = Truth(rollout.candidate, version, judged)
        self._answers(each - each // 2, truth, "canary")
        while rollout.results[-1].percent < rollout.stages[-1]:
            rollout = rollouts.look(self.runtime, rollout.id, [GOOD] * 60)
        rollouts.end(self.runtime, rollout.id, "good", promoted=True)
        self.moves += 1
        self._now[rollout.candidate] = truth
        self._answers(each, truth, "production")

    def _roll_back(self, each: int) -> None:
        tick(self.runtime)
        rollouts.retire_production(self.runtime, "not sure")
        self.moves += 1
        self._answers(each, self._production(), "production")

    def _production(self) -> Truth:
        manifest = serving.open_route(self.runtime).production
        return self._now.get(manifest, Truth(manifest, None))

    def _answers(self, count: int, truth: Truth, arm: str) -> None:
        tick(self.runtime)
        rows = [
            answer(f"r{next(self._count)}", self.runtime, truth.manifest, arm) for _ in range(count)
        ]
        self.runtime.store.record(rows)
        self.truth |= {row.id: truth for row in rows}


def faults(steps: Sequence[TraceStep], truth: Truth) -> Iterator[str]:
    """Everything that a trace says otherwise than it was."""
    said = {step.label: step for step in steps}
    yield from (f"{s.label} is {s.status}" for s in steps if s.status == "broken")
    wanted = {"serving manifest": (short(truth.manifest), "verified")}
    if truth.version is None:
        wanted["model version"] = ("bare base model, not tuned", "recorded")
    else:
        wanted |= {
            "model version": (f"{truth.version.id}, now ", "verified"),
            "adapter": (short(truth.version.adapter), "recorded"),
            "training run": (short(truth.version.training_run), "verified"),
            "dataset": (short(truth.version.dataset), "verified"),
        }
        judged = {s.value for s in steps if s.label == "evaluation"}
        if judged != {truth.evaluation or "unknown"}:
            yield f"evaluations are {judged}"
        for gate in GateName:
            given = {s.value.split(" ")[2] for s in steps if s.label == f"{gate.value} gate"}
            if given != set(DECIDE[gate]):
                yield f"{gate.value} gate names {given}"
            if any(s.status != "verified" for s in steps if s.label == f"{gate.value} gate"):
                yield f"{gate.value} gate is not verified"
    for label, (value, status) in wanted.items():
        step = said.get(label)
        if step is None or not step.value.startswith(value) or step.status != status:
            yield f"{label} is {step}"
