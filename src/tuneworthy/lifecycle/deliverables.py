"""Gathers what the five documents say from the ledger; makes nothing up and writes no file."""

import json
from collections.abc import Iterator, Sequence

from tuneworthy.assess import ninety_days
from tuneworthy.assess.deliverables import (
    Facts,
    Freezing,
    GatePolicy,
    NamedRun,
    RowTimes,
    Watch,
    documents,
)
from tuneworthy.core.nouns.dataset import DatasetVersion, SplitName
from tuneworthy.core.nouns.deliverable import DeliverableName, Document
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.evaluate import SPECS, ceiling_verdict
from tuneworthy.govern import Policy
from tuneworthy.improve.propose import COOL_DOWN, MOST_ERRORS, MOST_OVERRIDES
from tuneworthy.lifecycle import (
    advising,
    ceiling,
    counted,
    datasets,
    evaluation,
    monitoring,
    people,
    policies,
    reporting,
    rubrics,
)
from tuneworthy.lifecycle.ceiling_record import way_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.charts.words import moment
from tuneworthy.monitor import ACCURACY, RISE, SATISFACTION

TIMES = "data.times"
_SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
_WANTED = (b'"suite.freeze"', b'"evaluation.run"')


def made(runtime: Runtime, names: Sequence[DeliverableName]) -> tuple[Document, ...]:
    """The documents as of now. The same ledger at the same moment gives the same bytes.

    Raises ConfigProblem for answers, costs or a rubric that cannot be used.
    """
    return documents(gather(runtime), names)


def gather(runtime: Runtime) -> Facts:
    """All that the documents are made from."""
    # These may add to the ledger; everything below is read after them.
    approach = advising.approach(runtime)
    times = _times(runtime)
    report = reporting.gather(runtime, keep_audit=False)
    project = runtime.project
    head = runtime.head
    suite = runtime.store.get(Suite, head.suite)
    runs = ceiling.alternatives(runtime)
    tuned = evaluation.tuned_run(runtime)
    known = people.everyone(runtime)
    policy = policies.in_force(runtime)
    metric = suite.metric if suite else project.metric
    return Facts(
        as_of=report.created_at,
        project=project,
        answers=runtime.answers,
        head=head,
        report=report,
        plan=ninety_days(
            report.scorecard,
            rubrics.in_force(runtime),
            known,
            report.evidenced.verdict if report.evidenced else None,
        ),
        policy=policy.digest,
        gates=tuple(_gates(policy)),
        people=tuple(known),
        evidence=tuple(counted.counted(runtime, aged=True)),
        ledger=tuple(runtime.evidence()),
        approach=approach,
        advice=advising.alternatives(runtime),
        money=report.money,
        suite=suite,
        metric_rule=_metric_rule(metric),
        freezing=_freezing(runtime, suite),
        ceiling=ceiling_verdict(runs, suite.target) if suite else None,
        runs=tuple(NamedRun(name=way_of(runtime, run), run=run) for run in runs),
        tuned=NamedRun(name=tuned.arm.id, run=tuned) if tuned else None,
        training=runtime.store.get(TrainingRun, head.training_run),
        times=times,
        route=runtime.store.get(Route, project.id),
        served={m.id: m.version for m in runtime.store.list(ServingManifest)},
        watch=_watch(policy),
    )


def _times(runtime: Runtime) -> RowTimes | None:
    """From when the rows are; read once for each dataset version."""
    version = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if version is None:
        return None

    def work() -> str:
        rows = [example for split in _SPLITS for example in datasets.examples(runtime, split)]
        found = [(at, t) for row in rows if (at := moment(t := row.provenance.timestamp))]
        ends = {"oldest": min(found)[1], "newest": max(found)[1]} if found else {}
        return json.dumps({"rows": len(rows), "dated": len(found), **ends})

    return RowTimes.model_validate_json(runtime.once(TIMES, {"records": version.records}, work))


def _metric_rule(metric: str) -> str:
    return next((spec.scores for name, spec in SPECS.items() if name == metric), "")


def _freezing(runtime: Runtime, suite: Suite | None) -> Freezing:
    """The places of the suite's freezing and of the first candidate's run in the audit chain."""
    if suite is None:
        return Freezing()
    candidates = {
        run.id: run
        for run in runtime.store.list(EvaluationRun)
        if run.suite == suite.id and run.arm.arm == "tuned"
    }
    frozen = judged = 0
    at = ""
    for record in runtime.store.audit():
        if not any(word in record.body for word in _WANTED):
            continue
        body = json.loads(record.body)
        action, id_ = body["action"], body["object"]["id"]
        if action == "suite.freeze" and id_ == suite.id and not frozen:
            frozen = record.seq
        elif action == "evaluation.run" and id_ in candidates and not judged:
            judged, at = record.seq, candidates[id_].created_at
    return Freezing(frozen_event=frozen, candidate_event=judged, candidate_at=at)


def _gates(policy: Policy) -> Iterator[GatePolicy]:
    for name, rule in policy.gates.items():
        yield GatePolicy(
            gate=name.value,
            roles=rule.roles,
            requires=tuple(need.about for need in rule.requires),
            countersigner=rule.countersigner,
        )


def _watch(policy: Policy) -> Watch:
    return Watch(
        window=monitoring.WINDOW,
        least=monitoring.LEAST,
        alpha=monitoring.ALPHA,
        most_errors=MOST_ERRORS,
        most_overrides=MOST_OVERRIDES,
        least_accuracy=ACCURACY,
        least_satisfaction=SATISFACTION,
        override_rise=RISE,
        cool_down_days=COOL_DOWN.total_seconds() / 86_400,
        approval_days=policy.valid_days,
    )
