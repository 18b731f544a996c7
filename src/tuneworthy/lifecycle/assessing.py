"""The decision and the scorecard, computed from what the ledger holds now."""

from tuneworthy.assess import declared_and_evidenced, measure, score
from tuneworthy.assess import ninety_days as plan_days
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelState, ModelVersion
from tuneworthy.core.nouns.plan import NinetyDays
from tuneworthy.core.nouns.scorecard import Scorecard
from tuneworthy.lifecycle import (
    counted,
    expiry,
    gates,
    measuring,
    money,
    people,
    reach,
    rubrics,
    soundness,
    standing,
)
from tuneworthy.lifecycle.wiring import Runtime


def decide(runtime: Runtime) -> tuple[Decision, Decision]:
    """The verdict as declared and as evidenced; the evidenced one is kept as evidence."""
    measuring.measure_record(runtime)
    declared, evidenced = declared_and_evidenced(
        runtime.project, runtime.answers, counted.about_now(runtime)
    )
    head = runtime.head
    if head.suite and not _settled(runtime):
        runtime.record(
            runtime.claim(
                "decision.verdict",
                [head.dataset, head.suite],
                {
                    "verdict": evidenced.verdict.value,
                    "allows_tuning": evidenced.verdict.allows_tuning,
                    "score": round(evidenced.score, 6),
                    "net": evidenced.net,
                    "reasons": list(evidenced.reasons),
                },
            )
        )
    money.record(runtime)
    runtime.record(plan(runtime))
    return declared, evidenced


def _settled(runtime: Runtime) -> bool:
    """Whether the project's version is in traffic already, under a verdict about these digests.

    Then a new verdict is shown and not kept: what live traffic says of the question must not shut
    the gates of what serves it. The next dataset or suite is judged anew.
    """
    head = runtime.head
    version = runtime.store.get(ModelVersion, head.version)
    return (
        version is not None
        and version.state in (ModelState.CANARY, ModelState.PRODUCTION)
        and any(
            e.about == "decision.verdict" and e.subjects == (head.dataset, head.suite)
            for e in runtime.evidence()
        )
    )


def plan(runtime: Runtime) -> Evidence:
    """How a rollout would go by the project file as it is now."""
    settings = runtime.project.rollout
    return runtime.claim(
        "rollout.plan",
        [runtime.project.id],
        {
            "stages": list(settings.stages),
            "requests_per_stage": settings.requests_per_stage,
            "margin": settings.margin,
            "alpha": settings.alpha,
            "outcome": settings.outcome,
        },
    )


def scorecard(runtime: Runtime) -> Scorecard:
    """Six levels, declared and evidenced, with the gaps and the enterprise questions.

    What expired since the last look is said once in the audit log. Raises ConfigProblem for a
    rubric that cannot be used.
    """
    rubric = rubrics.with_cheaper_commands(runtime, rubrics.in_force(runtime))
    head = runtime.head
    current = {"dataset": head.dataset, "suite": head.suite, "model": head.model}
    evidence = runtime.evidence()
    unsound = soundness.unsound(runtime, evidence)
    states = gates.states(runtime)
    now = counted.about_now(runtime)
    _, decision = declared_and_evidenced(runtime.project, runtime.answers, now)
    card = score(
        [*evidence, *runtime.unnamed_evidence()],
        runtime.answers,
        runtime.project,
        current={name: value for name, value in current.items() if value},
        now=runtime.clock.now(),
        approvals_open=[state.gate.value for state in states if state.open],
        rubric=rubric,
        unsound=unsound,
        standing=standing.gather(runtime, [e for e in evidence if e.id not in unsound]),
        measured=measure(now, runtime.project),
        ways=reach.ways(runtime, rubric, decision, states),
        opens=reach.opens(states),
    )
    expiry.note(runtime, card)
    return card


def ninety_days(runtime: Runtime) -> NinetyDays:
    """The plan that closes today's gaps."""
    card = scorecard(runtime)
    _, decision = declared_and_evidenced(
        runtime.project, runtime.answers, counted.about_now(runtime)
    )
    return plan_days(
        card, rubrics.in_force(runtime), people.everyone(runtime), verdict=decision.verdict
    )
