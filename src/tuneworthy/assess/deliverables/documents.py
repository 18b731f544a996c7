"""Puts the five documents together; each is named by the digest of what it says."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, get_args

from tuneworthy.assess.deliverables import benchmark, dataset, deployment, scorecard, training
from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.core.nouns.deliverable import DeliverableName, Document, Section, Subjects, Tone
from tuneworthy.methods.canonical import digest

NAMES: tuple[DeliverableName, ...] = get_args(DeliverableName)


class _Kind(NamedTuple):
    title: str
    sections: Callable[[Facts], tuple[Section, ...]]
    summary: Callable[[Facts], tuple[str, Tone]]


def documents(facts: Facts, names: Sequence[DeliverableName] = NAMES) -> tuple[Document, ...]:
    """The documents asked for, in their fixed order. The same facts give the same documents."""
    return tuple(_document(facts, name) for name in NAMES if name in names)


def _document(facts: Facts, name: DeliverableName) -> Document:
    made = _made(facts, name, "")
    said = _made(facts.timeless(), name, "")
    return made.model_copy(update={"id": digest(said)})


def _made(facts: Facts, name: DeliverableName, id_: str) -> Document:
    kind = _KINDS[name]
    summary, tone = kind.summary(facts)
    head, report = facts.head, facts.report
    return Document(
        id=id_,
        name=name,
        title=kind.title,
        project=facts.project.id,
        use_case=facts.project.use_case,
        summary=summary,
        tone=tone,
        as_of=facts.as_of,
        tool_version=report.tool_version,
        subjects=Subjects(
            report=report.id,
            dataset=head.dataset,
            suite=head.suite,
            model=head.model,
            rubric=report.scorecard.rubric,
            policy=facts.policy,
        ),
        notes=report.notes,
        sections=kind.sections(facts),
    )


def _verdict(facts: Facts) -> tuple[str, Tone]:
    return facts.report.verdict_sentence, facts.report.tone


def _data(facts: Facts) -> tuple[str, Tone]:
    data = facts.report.dataset
    if data is None:
        return "No dataset version has been built yet.", "warn"
    least = facts.approach.chosen.minimum
    enough = data.rows_out >= least
    said = f"{data.rows_out:,} of {data.rows_in:,} rows are kept; the approach needs {least:,}."
    return said, "ok" if enough else "bad"


def _benchmark(facts: Facts) -> tuple[str, Tone]:
    if facts.ceiling is None or facts.suite is None:
        return "Nothing has been run on frozen cases yet.", "warn"
    return facts.ceiling.sentence, "ok" if facts.ceiling.reached else "warn"


def _training(facts: Facts) -> tuple[str, Tone]:
    decision = facts.report.evidenced
    if decision is None or not facts.runs:
        return "Whether to train is not known: no alternative has been measured.", "warn"
    if not decision.verdict.allows_tuning:
        return f"Not to be carried out now: the verdict is {decision.verdict.value}.", "bad"
    return f"May be carried out as a bounded step: the verdict is {decision.verdict.value}.", "ok"


def _deployment(facts: Facts) -> tuple[str, Tone]:
    shut = [state.gate.value for state in facts.report.gates if not state.open]
    if shut:
        return f"No tuned version may take traffic: shut gates: {', '.join(shut)}.", "warn"
    return "All four gates are open for the current version.", "ok"


_KINDS: dict[DeliverableName, _Kind] = {
    "scorecard-and-gaps": _Kind("Readiness scorecard and gap list", scorecard.sections, _verdict),
    "dataset-specification": _Kind(
        "Dataset specification and quality checklist", dataset.sections, _data
    ),
    "benchmark-and-thresholds": _Kind(
        "Benchmark and acceptance thresholds", benchmark.sections, _benchmark
    ),
    "training-plan": _Kind("Training plan with cost and time", training.sections, _training),
    "deployment-and-monitoring-plan": _Kind(
        "Deployment and monitoring plan with rollback", deployment.sections, _deployment
    ),
}
