"""The benchmark and its thresholds: what is judged, by what, against what, and what is not."""

import math
from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import (
    any_value,
    blank,
    bounds,
    code,
    count,
    fixed,
    known,
    number,
    point_bounds,
    points,
    share,
    signed,
    table,
    word,
)
from tuneworthy.core.nouns.deliverable import Cell, EvidenceRef, Item, Row, Section, Tone
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import Comparison, EvaluationRun, SuccessCost
from tuneworthy.core.nouns.suite import Suite

RUN = "tuneworthy eval run"
TUNED = "tuneworthy eval run --tuned"

_Z = 1.959964
"""The normal quantile of a two-sided 95 % interval."""

_SAFETY = "tuneworthy eval run --safety"
_NOT_JUDGED = (
    ("safety", "Safety, base against tuned", "safety.suite", "safety_review", _SAFETY),
    (
        "general",
        "General ability after tuning",
        "eval.general_ability",
        "general_ability_review",
        _SAFETY,
    ),
    ("segments", "Score of every segment", "eval.segments", "segment_review", TUNED),
    (
        "blind",
        "Answers judged blind by people",
        "eval.blind_review",
        "blind_review",
        "tuneworthy eval pairs create NAME --run BASELINE --run CANDIDATE --by PERSON",
    ),
    (
        "red-team",
        "Attack by somebody other than the maker",
        "eval.red_team",
        "red_team_review",
        "tuneworthy eval red-team import REPORT --by PERSON",
    ),
)
_TONES: dict[str, Tone] = {
    "clearly better": "ok",
    "within noise": "warn",
    "too few cases": "warn",
    "clearly worse": "bad",
}


def sections(facts: Facts) -> tuple[Section, ...]:
    """All that the document says, in order."""
    return (
        Section(id="suite", title="The frozen cases", items=tuple(_suite(facts))),
        Section(
            id="thresholds",
            title="Metric and thresholds",
            intro="They are part of the suite's digest: another target is another suite.",
            items=tuple(_thresholds(facts)),
        ),
        Section(id="runs", title="Every way that was run", items=tuple(_runs(facts))),
        Section(id="gap", title="How far prompting goes", items=tuple(_gap(facts))),
        Section(
            id="comparison",
            title="Tuned against the alternatives",
            intro="The same cases for both, paired. Scores of 0 and 1 have Tango's interval and "
            "McNemar's exact test, others a bootstrap and Wilcoxon's; p is two-sided.",
            items=tuple(_comparisons(facts)),
        ),
        Section(id="alternatives", title="What else could help", items=tuple(_advice(facts))),
        Section(
            id="not-measured",
            title="What is not measured",
            intro="A signed review may be kept here. It is somebody's word and lifts no level.",
            items=tuple(_not_measured(facts)),
        ),
    )


def _no_suite(facts: Facts, id_: str, label: str) -> Item:
    missing = "No cases have been frozen."
    return blank(id_, label, missing, facts.owner(Role.REVIEW_LEAD), RUN)


def _suite(facts: Facts) -> Iterator[Item]:
    suite = facts.suite
    if suite is None:
        yield _no_suite(facts, "suite", "Suite")
        yield _no_suite(facts, "frozen", "Frozen before the first candidate")
        return
    refs = facts.ref(facts.of_suite("suite.frozen"))
    yield known("suite", "Suite", code(suite.id), evidence=refs)
    yield known("dataset", "Taken from the test split of", code(suite.dataset), evidence=refs)
    yield known("cases", "Digest of the cases", code(suite.cases))
    widest = _Z * math.sqrt(0.25 / suite.n)
    yield known(
        "n",
        "Cases",
        count(suite.n),
        evidence=refs,
        lines=(
            f"A share is known to within {widest * 100:.1f} points either way at worst (95 %).",
            "385 cases bring that to 5 points.",
        ),
    )
    yield _frozen(facts, suite)


def _frozen(facts: Facts, suite: Suite) -> Item:
    """Whether the thresholds were there before anybody knew how a candidate does."""
    order = facts.freezing
    refs = facts.ref(facts.of_suite("suite.frozen"))
    label = "Frozen before the first candidate"
    if not order.frozen_event:
        return blank(
            "frozen",
            label,
            "The audit chain has no event of the freezing, so its order cannot be shown.",
            facts.owner(Role.REVIEW_LEAD),
            "tuneworthy audit verify",
        )
    said = f"Frozen {suite.created_at}, audit event {order.frozen_event}."
    if not order.candidate_event:
        text = "yes: no candidate has been judged yet"
        return known(
            "frozen", label, Cell(value=True, text=text, tone="ok"), lines=(said,), evidence=refs
        )
    before = order.frozen_event < order.candidate_event
    judged = f"First candidate judged {order.candidate_at}, audit event {order.candidate_event}."
    cell = Cell(value=before, text="yes" if before else "no", tone="ok" if before else "bad")
    return known("frozen", label, cell, lines=(said, judged), evidence=refs)


def _thresholds(facts: Facts) -> Iterator[Item]:
    project, suite = facts.project, facts.suite
    refs = facts.ref(facts.of_suite("suite.frozen"))
    kept = "ledger" if suite else "settings"
    metric = suite.metric if suite else project.metric
    lines = (facts.metric_rule,) if facts.metric_rule else ()
    about = "'metric' in tuneworthy.yaml; the rule is the product's own code."
    yield known("metric", "Metric", code(metric), lines=(*lines, about), evidence=refs, source=kept)
    target = suite.target if suite else project.target
    yield known("target", "Target", share(target), evidence=refs, source=kept)
    gain = suite.declared_gain if suite else project.declared_gain
    yield known(
        "gain",
        "Least gain over the best alternative",
        Cell(value=gain, text=f"{gain * 100:.1f} points"),
        evidence=refs,
        source=kept,
    )
    limits = project.limits
    for id_, label, value, unit in (
        ("p95", "Limit on the 95th percentile of an answer's time", limits.p95_seconds, "s"),
        ("cost-request", "Limit on the cost of a request", limits.cost_per_request, ""),
        ("cost-month", "Limit on the cost of 30 days", limits.cost_per_month, ""),
    ):
        if value is not None:
            yield known(id_, label, number(value, unit), source="settings")
            continue
        yield blank(
            id_,
            label,
            "None is set: write it under 'limits' in tuneworthy.yaml.",
            facts.owner(Role.BUSINESS_OWNER),
            "tuneworthy config check",
            source="settings",
        )


def _runs(facts: Facts) -> Iterator[Item]:
    if not facts.runs:
        missing = "No way of answering has been run on the frozen cases."
        yield blank("runs", "Runs", missing, facts.owner(Role.REVIEW_LEAD), RUN)
        return
    every = (*facts.runs, *([facts.tuned] if facts.tuned else []))
    lines = ["Best first; a tuned model last."]
    if any(named.run.derived for named in every):
        lines.append("Ways marked * were made from the use case, not written by anybody.")
    yield table(
        "runs",
        "How right",
        ("Way", "Model", "Kind", "Right", "95 % interval", "n", "Right form", "Target"),
        [Row(cells=_right(facts, n.run), evidence=_arm(facts, n.run)) for n in every],
        lines=tuple(lines),
    )
    yield table(
        "prices",
        "How fast and how dear",
        ("Way", "Model", "Tokens", "p50, s", "p95, s", "CPU, s", "Cost per success"),
        [Row(cells=_dear(n.run), evidence=_arm(facts, n.run)) for n in every],
        lines=("p50 and p95 are seconds of a request.",),
    )


def _arm(facts: Facts, run: EvaluationRun) -> tuple[EvidenceRef, ...]:
    """The evidence that was recorded of a run."""
    found = [
        e
        for e in facts.evidence
        if e.about == "ceiling.arm"
        and facts.head.suite in e.subjects
        and (e.result.get("name"), e.result.get("model")) == (run.arm.id, run.model)
    ]
    return facts.ref(found[-1] if found else None)


def _who(run: EvaluationRun) -> tuple[Cell, Cell]:
    return (
        Cell(value=run.arm.id, text=run.arm.id + (" *" if run.derived else "")),
        Cell(value=run.model_name or None, text=run.model_name or "none asked"),
    )


def _right(facts: Facts, run: EvaluationRun) -> tuple[Cell, ...]:
    target = facts.suite.target if facts.suite else facts.project.target
    reached = run.score.value >= target
    return (
        *_who(run),
        word(run.arm.arm.replace("_", " ")),
        share(run.score.value),
        bounds(run.score),
        count(run.score.n),
        share(run.valid_share),
        word("reached", "ok") if reached else word("missed", "bad"),
    )


def _dear(run: EvaluationRun) -> tuple[Cell, ...]:
    seen = run.latency
    tokens = run.prompt_tokens + run.completion_tokens
    return (
        *_who(run),
        count(tokens) if tokens else Cell(value=None, text="not counted"),
        fixed(seen.p50 if seen else None, decimals=2),
        fixed(seen.p95 if seen else None, decimals=2),
        fixed(run.cpu_seconds),
        _price(run.cost_per_success),
    )


def _price(price: SuccessCost | None) -> Cell:
    if price is None:
        return Cell(value=None, text="no price given")
    if price.value is None:
        return Cell(value=None, text="no success")
    high = "no bound" if price.high is None else f"{price.high:.3g}"
    low = "not known" if price.low is None else f"{price.low:.3g}"
    return Cell(value=price.value, text=f"{price.value:.3g} ({low} to {high})")


def _gap(facts: Facts) -> Iterator[Item]:
    found = facts.ceiling
    if found is None or found.gap is None:
        missing = found.sentence if found else "No prompt has been run on the frozen cases."
        command = "tuneworthy assess ceiling"
        yield blank("gap", "Gap to the target", missing, facts.owner(Role.REVIEW_LEAD), command)
        return
    gap = found.gap
    refs = facts.ref(facts.of_suite("ceiling.summary"))
    tone: Tone = "ok" if found.reached else "warn"
    yield known(
        "gap",
        "Gap to the target",
        Cell(value=gap.value, text=f"{gap.value * 100:+.1f} points", tone=tone),
        lines=(found.sentence, *found.notes),
        evidence=refs,
    )


def _comparisons(facts: Facts) -> Iterator[Item]:
    found = facts.report.comparisons
    if not found:
        missing = "No tuned model has been judged on these cases."
        yield blank("comparisons", "Comparison", missing, facts.owner(Role.MODEL_OWNER), TUNED)
        return
    refs = facts.ref(facts.of_model("eval.comparison"))
    columns = ("Against", "Change", "95 % interval", "n", "p", "Newly right", "Newly wrong", "So")
    rows = [_comparison(c) for c in found]
    yield table("comparisons", "Comparison", columns, rows, evidence=refs)


def _comparison(c: Comparison) -> tuple[Cell, ...]:
    return (
        word(c.against_name),
        points(c.delta.value),
        point_bounds(c.delta),
        count(c.delta.n),
        number(c.p_value, digits=3),
        count(c.newly_right),
        count(c.newly_wrong),
        word(c.verdict, _TONES[c.verdict]),
    )


def _advice(facts: Facts) -> Iterator[Item]:
    advice = facts.advice
    yield known("first", "First of all", word(advice.summary), source="rules")
    rows = [
        (word(a.title), word(a.stance), word(a.reason), word(a.first), code(a.command))
        for a in advice.alternatives
    ]
    columns = ("Alternative", "Measured", "Reason", "Try first", "Command")
    yield table("alternatives", "Alternatives", columns, rows, source="rules")


def _not_measured(facts: Facts) -> Iterator[Item]:
    for id_, label, about, document, command in _NOT_JUDGED:
        found = facts.of_model(about)
        if found is None:
            missing = (
                f"Not measured yet: {command}"
                if command
                else "No command of this version measures it."
            )
            yield signed(facts, id_, label, missing, (document, Role.REVIEW_LEAD))
            continue
        rows = [(code(name), any_value(value)) for name, value in sorted(found.result.items())]
        yield table(id_, label, ("Field", "Found"), rows, evidence=facts.ref(found))
