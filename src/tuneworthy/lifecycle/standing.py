"""Gathers what the enterprise questions are judged by: who, which versions served, what traces."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tuneworthy.assess import ServedVersion, Standing, TracedManifest
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import Approval, GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Rollout, Route, ServingManifest
from tuneworthy.govern import signature_fault, version_digest
from tuneworthy.lifecycle import people, policies, tracing
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short

LAST = 100
"""How many of the newest responses are traced."""

_WANTED = (b'"rollout"', b'"evaluation_run"', b'"eval.comparison"')
"""What an audit record must name to say when a version was judged, compared or served."""


def gather(runtime: Runtime, evidence: Sequence[Evidence]) -> Standing:
    """The project's standing. ``evidence`` is what counts, in the order of the ledger."""
    known = people.everyone(runtime)
    policy = policies.in_force(runtime)
    dataset = runtime.store.get(DatasetVersion, runtime.head.dataset)
    return Standing(
        people=tuple(person for person in known if person.active),
        dataset=dataset.id if dataset else "",
        split=dataset.split.sizes if dataset else {},
        version=runtime.head.version,
        lineage_fault=_lineage_fault(runtime),
        traced=tuple(_traced(runtime)),
        served=tuple(_served(runtime, evidence, known)),
        gates=tuple(gate.value for gate in policy.gates),
        policy=policy.digest,
    )


def _lineage_fault(runtime: Runtime) -> str | None:
    """Where the line from the sources to the current version breaks; None without a version."""
    version = runtime.store.get(ModelVersion, runtime.head.version)
    if version is None:
        return None
    run = runtime.store.get(TrainingRun, version.training_run)
    dataset = runtime.store.get(DatasetVersion, version.dataset)
    if run is None:
        return f"the training run of {version.id} is not in the store"
    if dataset is None:
        return f"the dataset of {version.id} is not in the store"
    if run.manifest.dataset != dataset.id or run.adapter != version.adapter:
        return f"the training run of {version.id} names another dataset or adapter"
    return "" if dataset.source_digests else f"the sources of {version.id} have no digests"


def _traced(runtime: Runtime) -> Iterator[TracedManifest]:
    """The newest responses by manifest; what stands behind a manifest is walked once."""
    answered = [
        row
        for row in runtime.store.newest_interactions(runtime.project.id, LAST)
        if row.status < 400
    ]
    examples = {row.manifest: row for row in answered}
    for manifest, count in Counter(row.manifest for row in answered).items():
        steps = tracing.walk(runtime, examples[manifest].id)
        bad = [f"{s.label}: {s.value}" for s in steps if s.status in ("unknown", "broken")]
        yield TracedManifest(manifest=manifest, responses=count, fault=bad[0] if bad else "")


class _Event(NamedTuple):
    """An audit event, reduced to what orders it."""

    seq: int
    action: str
    type: str
    id: str
    digest: str


def _events(runtime: Runtime) -> list[_Event]:
    """What was judged, compared and served, by its place in the chain, which no clock moves."""
    found = []
    for record in runtime.store.audit():
        if any(word in record.body for word in _WANTED):
            body = json.loads(record.body)
            what = body["object"]
            found.append(
                _Event(record.seq, body["action"], what["type"], what["id"], what["digest"])
            )
    return found


def _served(
    runtime: Runtime, evidence: Sequence[Evidence], known: Sequence[Person]
) -> Iterator[ServedVersion]:
    """Every tuned version of this project that took traffic."""
    rollouts = [r for r in runtime.store.list(Rollout) if r.route == runtime.project.id]
    route = runtime.store.get(Route, runtime.project.id)
    pointed = [route.production, route.canary, route.previous] if route else []
    ids = dict.fromkeys([*(r.candidate for r in rollouts), *(id_ for id_ in pointed if id_)])
    manifests = {id_: runtime.store.get(ServingManifest, id_) for id_ in ids}
    for id_, manifest in manifests.items():
        if manifest is None:
            gone = "its serving manifest is not in the store"
            yield ServedVersion(
                version=short(id_), manifest=id_, dataset="", promoted=False, start_fault=gone
            )
    tuned = [m for m in manifests.values() if m is not None and m.adapter]
    if not tuned:
        return
    events = _events(runtime)
    approvals = [a for a in runtime.store.list(Approval) if a.gate is GateName.START]
    needed = policies.in_force(runtime).roles(GateName.START)
    for manifest in tuned:
        own = [r for r in rollouts if r.candidate == manifest.id]
        start = _start(manifest, approvals, known, needed)
        yield _version(runtime, manifest, own, events, evidence, start)


class _Start(NamedTuple):
    """Who approved a served dataset, and why that does not verify (empty when it does)."""

    approvers: tuple[str, ...]
    fault: str


def _version(
    runtime: Runtime,
    manifest: ServingManifest,
    rollouts: Sequence[Rollout],
    events: Sequence[_Event],
    evidence: Sequence[Evidence],
    start: _Start,
) -> ServedVersion:
    version = runtime.store.get(ModelVersion, manifest.version)
    names = {rollout.id for rollout in rollouts}
    mine = [e for e in events if e.type == "rollout" and e.id in names]
    promoted = [e.seq for e in mine if e.action == "rollout.promote"]
    began = [e.seq for e in mine if e.action == "rollout.begin"]
    # Without any event of its serving nothing can be said to have come before it.
    served_at = min(promoted or began, default=0)
    return ServedVersion(
        version=manifest.version,
        manifest=manifest.id,
        dataset=manifest.dataset,
        promoted=bool(promoted),
        approvers=start.approvers,
        start_fault=start.fault,
        suite_run=_suite_run(runtime, version, events, served_at) if version else "",
        comparison=_comparison(version, evidence, events, served_at) if version else "",
    )


def _suite_run(
    runtime: Runtime, version: ModelVersion, events: Sequence[_Event], before: int
) -> str:
    earlier = {e.id for e in events if e.type == "evaluation_run" and e.seq < before}
    weights = digest([version.base, version.adapter])
    runs = [
        run.id
        for run in runtime.store.list(EvaluationRun)
        if run.id in earlier and run.arm.arm == "tuned" and run.model == weights
    ]
    return runs[-1] if runs else ""


def _comparison(
    version: ModelVersion, evidence: Sequence[Evidence], events: Sequence[_Event], before: int
) -> str:
    earlier = {e.digest for e in events if e.id == "eval.comparison" and e.seq < before}
    about = version_digest(version)
    found = [
        item.id
        for item in evidence
        if item.about == "eval.comparison"
        and item.grade is Grade.MEASURED
        and about in item.subjects
        and item.id in earlier
    ]
    return found[-1] if found else ""


def _start(
    manifest: ServingManifest,
    approvals: Sequence[Approval],
    known: Sequence[Person],
    needed: Sequence[Role],
) -> _Start:
    """The Start approvals that the manifest names: genuine, about its dataset, of every role."""
    by_id = {person.id: person for person in known}
    given = [
        a
        for a in approvals
        if a.id in manifest.approvals and a.subject == manifest.dataset and a.decision == "approve"
    ]
    if not given:
        return _Start((), "no Start approval of its dataset is on record")
    faults = [f"{a.person}: {fault}" for a in given if (fault := signature_fault(a, by_id))]
    filled = {a.role for a in given if not signature_fault(a, by_id)}
    missing = [role for role in needed if role not in filled]
    names = tuple(sorted(by_id[a.person].name for a in given if a.person in by_id))
    if missing:
        words = ", ".join(role.value.replace("_", " ") for role in missing)
        said = f"no Start approval that verifies of the {words}"
        return _Start(names, f"{said} ({'; '.join(faults)})" if faults else said)
    return _Start(names, "")
