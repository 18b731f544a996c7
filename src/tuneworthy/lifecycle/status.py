"""Where a project stands, and the next safe step."""

from typing import Literal

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.report import StageTime
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.lifecycle import (
    assessing,
    ceiling,
    duties,
    evaluation,
    gates,
    monitoring,
    outboxes,
    taints,
)
from tuneworthy.lifecycle.next_try import next_try
from tuneworthy.lifecycle.wiring import Runtime


class Where(Part):
    """One line on where the project stands; ``next_command`` is what to type."""

    project: str
    stage: str
    said: str
    next_command: str
    waits_for: Literal["machine", "person", "nothing"]
    """Whether the next step is work, somebody's decision, or none."""
    not_told: tuple[str, ...] = ()
    """Places of ``notify`` that could not be told at the last try, each with the reason."""
    traffic: tuple[str, ...] = ()
    """What a person should know of recorded traffic and its keys, with what to type."""
    tainted: tuple[str, ...] = ()
    """Versions that were trained on rows erased since, and whose owner has not chosen yet."""
    duties: str = ""
    """All duties in one line; empty while none has begun."""


def where(runtime: Runtime) -> Where:
    """The first thing that is not done yet, in the order of the life of a project."""
    head = runtime.head
    if not head.dataset:
        return _at(runtime, "data", "No dataset yet.", "tuneworthy data build")
    version = runtime.store.get(ModelVersion, head.version)
    # Over new data another version is on its way.
    still = version is not None and version.dataset == head.dataset
    if version is not None and still and version.state is ModelState.QUARANTINED:
        return _quarantined(runtime, version)
    if not head.suite or not ceiling.alternatives(runtime):
        return _at(runtime, "assess", "No alternative measured yet.", "tuneworthy eval run")
    _, decision = assessing.decide(runtime)
    if step := next_try(runtime, decision):
        return _at(runtime, "assess", step.said, step.command, waits_for=step.waits_for)
    if not decision.verdict.allows_tuning:
        reason = decision.reasons[0] if decision.reasons else decision.verdict.value
        return _at(
            runtime, "assess", f"Do not tune. {reason}", "tuneworthy report", waits_for="nothing"
        )
    return _after_decision(runtime)


def _after_decision(runtime: Runtime) -> Where:
    head = runtime.head
    if shut := _shut(runtime, GateName.START):
        return shut
    if not _has(runtime, "train.estimate", head.dataset):
        return _at(runtime, "train", "No estimate yet.", "tuneworthy train plan")
    if shut := _shut(runtime, GateName.BUILD):
        return shut
    if not head.version:
        return _at(runtime, "train", "Not trained yet.", "tuneworthy train start")
    if evaluation.tuned_run(runtime) is None:
        return _at(runtime, "evaluate", "Not judged yet.", "tuneworthy eval run --tuned")
    for gate in (GateName.PROOF, GateName.RELEASE):
        if shut := _shut(runtime, gate):
            return shut
    return _after_release(runtime)


def _quarantined(runtime: Runtime, version: ModelVersion) -> Where:
    said = (
        f"{version.id} is in quarantine: out after Proof was decided anew by two people, or train "
        "another one."
    )
    command = f"tuneworthy serve readmit {version.id} --reason '...'"
    return _at(runtime, "govern", said, command, waits_for="person")


def _after_release(runtime: Runtime) -> Where:
    route = runtime.store.get(Route, runtime.project.id)
    if route is None:
        return _at(runtime, "serve", "Approved, not served yet.", "tuneworthy serve start")
    if route.canary:
        return _at(
            runtime,
            "serve",
            f"A canary takes {route.canary_percent:g} % of the traffic.",
            "tuneworthy serve status",
        )
    serving = runtime.store.get(ServingManifest, route.production)
    if serving is None or not serving.adapter:
        return _at(runtime, "serve", "Approved, not rolled out yet.", "tuneworthy serve canary")
    if serving.version != runtime.head.version:
        said = f"{serving.version} is in production; {runtime.head.version} is approved."
        return _at(runtime, "serve", said, "tuneworthy serve canary")
    if waiting := [p for p in monitoring.proposals(runtime) if p.state == "open"]:
        said = f"In production. A proposal waits: {waiting[-1].reason}"
        return _at(runtime, "improve", said, "tuneworthy drift report", waits_for="person")
    return _at(runtime, "monitor", "In production.", "tuneworthy drift check")


def _shut(runtime: Runtime, gate: GateName) -> Where | None:
    found = gates.state(runtime, gate)
    if found.open:
        return None
    if found.missing_evidence:
        said = f"The {gate.value} gate lacks evidence: {', '.join(found.missing_evidence)}."
    else:
        roles = ", ".join(role.value.replace("_", " ") for role in found.missing_roles)
        said = f"The {gate.value} gate waits for: {roles}."
    return _at(runtime, "govern", said, f"tuneworthy gate show {gate.value}", waits_for="person")


def _at(
    runtime: Runtime,
    stage: str,
    said: str,
    command: str,
    waits_for: Literal["machine", "person", "nothing"] = "machine",
) -> Where:
    return Where(
        project=runtime.project.id,
        stage=stage,
        said=said,
        next_command=command,
        waits_for=waits_for,
        traffic=runtime.store.seal_state().notes,
        not_told=tuple(outboxes.faults(runtime)),
        tainted=tuple(one.told for one in taints.taints(runtime) if not one.decision),
        duties=_duties(runtime),
    )


def _duties(runtime: Runtime) -> str:
    found = duties.summary(runtime)
    return found.text if found else ""


def _has(runtime: Runtime, about: str, subject: str) -> bool:
    return any(e.about == about and subject in e.subjects for e in runtime.evidence())


_STAGES = {
    "data": ("data.",),
    "assess": ("ceiling.", "suite.", "decision."),
    "train": ("train.",),
    "evaluate": ("eval.",),
    "serve": ("rollout.finished", "rollout.rollback_drill"),
    "monitor": ("monitor.",),
}


def timeline(runtime: Runtime) -> tuple[StageTime, ...]:
    """When each stage left its first and its last evidence."""
    evidence = runtime.evidence()
    rows = []
    for name, prefixes in _STAGES.items():
        found = [e for e in evidence if e.about.startswith(prefixes)]
        rows.append(_stage(name, found))
    return tuple(rows)


def _stage(name: str, found: list[Evidence]) -> StageTime:
    if not found:
        return StageTime(name=name, started_at="", ended_at="", state="planned")
    stamps = sorted(item.created_at for item in found)
    return StageTime(name=name, started_at=stamps[0], ended_at=stamps[-1], state="done")
