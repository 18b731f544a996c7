"""A drill of the Proof gate: regressions are planted into the candidate, in a copy of the ledger.

Nothing is asked of a model but the proof of its weights: what is planted are other answers, times
and weights in the place of those that were kept. The project itself is not changed.
"""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tuneworthy.core.errors import BlockedProblem, Problem
from tuneworthy.core.nouns.drill import Drill, Planted
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.lifecycle import drill_plants as plants
from tuneworthy.lifecycle import evaluation, gates, suite_runs
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.store import snapshot

ABOUT = "eval.gate_drill"


class Regression(NamedTuple):
    """One way to make a candidate worse."""

    name: str
    about: str
    plant: Callable[[Runtime], str]
    """Does it in the copy; says why the project has nothing to plant it into, if that is so."""


REGRESSIONS = (
    Regression("zero adapter", "The adapter's update is zero.", plants.zero_adapter),
    Regression("changed adapter", "A byte of the kept adapter differs.", plants.changed_adapter),
    Regression("changed answers", "A byte of the kept answers differs.", plants.changed_answers),
    Regression("one segment", "In one segment answers stand at other cases.", plants.one_segment),
    Regression("no answers", "Every answer of the main suite is empty.", plants.no_answers),
    Regression("slower and longer", "Answers take ten times as much.", plants.longer),
    Regression("unsafe", "Every safety suite is answered as it must not be.", plants.unsafe),
    Regression("forgetful", "No question of a general suite is answered.", plants.forgetful),
)


@dataclass
class Scratch(Runtime):
    """The same project over a copy of its ledger and blobs."""

    place: Path = Path()

    @property
    def state(self) -> Path:
        """The copy's folder."""
        return self.place


def run(runtime: Runtime) -> Drill:
    """Plant every regression by itself, look whether the Proof gate stops it, and record that.

    Raises:
        BlockedProblem: The gate's evidence is not whole: a shut gate stops everything. Or the
            ledger is not a local one.
    """
    _require(runtime)
    found = []
    for number, one in enumerate(REGRESSIONS):
        runtime.progress("drill", number, len(REGRESSIONS), one.name)
        found.append(_planted(runtime, one))
    runtime.progress("drill", len(REGRESSIONS), len(REGRESSIONS), "")
    told = Drill(
        planted=len(found),
        blocked=sum(one.blocked for one in found),
        regressions=tuple(found),
    )
    about = [runtime.head.model, runtime.head.suite]
    runtime.record(runtime.claim(ABOUT, about, told.model_dump(mode="json")))
    return told


def _require(runtime: Runtime) -> None:
    if runtime.project.store or runtime.project.blobs:
        raise BlockedProblem(
            "drill_needs_local",
            "A drill works on a copy of the ledger, and this one is not on this machine.",
            why="tuneworthy.yaml names a 'store' or 'blobs' elsewhere.",
            fix="Drill in a project over local files, with the same data and suites.",
        )
    missing = gates.state(runtime, GateName.PROOF).missing_evidence
    if evaluation.tuned_run(runtime) is None or missing:
        raise BlockedProblem(
            "drill_needs_proof",
            "There is no candidate with whole evidence to plant regressions into.",
            why=f"A shut gate stops everything. Missing: {'; '.join(missing) or 'a tuned run'}.",
            fix="tuneworthy eval run --tuned, then: tuneworthy gate show proof",
        )
    # As it stands the candidate must pass in a copy too, or what stops it is not what was planted.
    if said := _in_copy(runtime, lambda _: "")[1]:
        raise BlockedProblem(
            "drill_control",
            "The candidate is stopped in the copy although nothing was planted.",
            why=said,
            fix="tuneworthy eval run --tuned",
        )


def _planted(runtime: Runtime, one: Regression) -> Planted:
    nothing, said = _in_copy(runtime, one.plant)
    told = nothing or said or "The gate's evidence is whole."
    return Planted(name=one.name, about=one.about, blocked=bool(said), said=told)


def _in_copy(runtime: Runtime, plant: Callable[[Runtime], str]) -> tuple[str, str]:
    """Why there is nothing to plant it into, and else what the product says of what was planted."""
    with tempfile.TemporaryDirectory(prefix="drill-", dir=runtime.state) as place:
        snapshot(runtime.state, Path(place))
        copy = Scratch(
            folder=runtime.folder,
            project=runtime.project,
            actor=runtime.actor,
            clock=runtime.clock,
            place=Path(place),
        )
        with closing(copy):
            try:
                nothing = plant(copy)
                return nothing, "" if nothing else _said(copy)
            except Problem as problem:
                return "", f"{problem} {problem.why}".strip()


def _said(copy: Runtime) -> str:
    """What the gate misses when the candidate as planted is judged; empty when it is nothing."""
    evaluation.run_tuned(copy)
    suite_runs.run(copy, tuned=True)
    return "; ".join(gates.state(copy, GateName.PROOF).missing_evidence)
