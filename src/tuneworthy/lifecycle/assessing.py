"""The decision and the scorecard, computed from what the ledger holds now."""

from tuneworthy.assess import break_even, declared_and_evidenced, read_costs, score
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.scorecard import Scorecard
from tuneworthy.lifecycle import gates
from tuneworthy.lifecycle.wiring import Runtime


def decide(runtime: Runtime) -> tuple[Decision, Decision]:
    """The verdict as declared and as evidenced; the evidenced one is kept as evidence."""
    declared, evidenced = declared_and_evidenced(
        runtime.project, runtime.answers, _about_now(runtime)
    )
    head = runtime.head
    if head.suite:
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
    _record_money(runtime)
    runtime.record(plan(runtime))
    return declared, evidenced


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
    """Six levels, declared and evidenced, with the gaps."""
    head = runtime.head
    current = {"dataset": head.dataset, "suite": head.suite, "model": head.model}
    return score(
        runtime.evidence(),
        runtime.answers,
        runtime.project,
        current={name: value for name, value in current.items() if value},
        now=runtime.clock.now(),
        approvals_open=[state.gate.value for state in gates.states(runtime) if state.open],
    )


def _about_now(runtime: Runtime) -> list[Evidence]:
    """Evidence about earlier datasets and suites says nothing of today's."""
    head = runtime.head
    current = {head.dataset, head.suite, head.model, runtime.project.id}
    return [item for item in gates.evidence_now(runtime) if current & set(item.subjects)]


def _record_money(runtime: Runtime) -> None:
    costs = read_costs(runtime.answers.costs)
    if not (costs.upfront or costs.returns):
        return
    sum_ = break_even(costs, strategic_value=runtime.answers.strategic_value)
    runtime.record(
        runtime.claim(
            "costs.break_even",
            [runtime.project.id],
            {"months": sum_.months, "net": sum_.net, "never": sum_.never, "text": sum_.text},
            grade=Grade.DECLARED,
        )
    )
