"""What all suites of one role say together: safety, and the abilities from before."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.suite_report import SuiteOutcome
from tuneworthy.lifecycle.wiring import Runtime

FORGETTING_BUDGET = 0.05
"""Loss in general ability that is accepted where a suite declares no margin."""


def role_claims(runtime: Runtime, found: Sequence[SuiteOutcome]) -> list[Evidence]:
    """Claims about the current version, of the suites that were run on base and candidate."""
    safety = [one for one in found if one.role == "safety"]
    general = [one for one in found if one.role == "general"]
    claims = [_safety(runtime, safety)] if safety else []
    return [*claims, _general(runtime, general)] if general else claims


def _safety(runtime: Runtime, found: Sequence[SuiteOutcome]) -> Evidence:
    lost = sorted(one.name for one in found if one.significant_loss)
    return runtime.claim(
        "safety.suite",
        [runtime.head.model],
        {
            **_together(found),
            "significant_loss": bool(lost),
            "names_lost": lost,
            "below_target": sorted(one.name for one in found if one.below_target),
            "by_suite": {one.name: _scores(one) for one in found},
            "by_category": {
                one.name: {
                    part.segment: {
                        "n": part.n,
                        "base": round(part.baseline, 6),
                        "candidate": round(part.candidate, 6),
                        "p_holm": round(part.p_holm, 6),
                        "worse": part.verdict == "clearly worse",
                    }
                    for part in one.categories
                }
                for one in found
            },
        },
    )


def _scores(one: SuiteOutcome) -> dict[str, Any]:
    base, ours = one.base, one.candidate
    return {
        "n": one.n,
        "base": base.value if base else None,
        "candidate": ours.value if ours else None,
        "target": one.target,
        **read_facts(one),
    }


def read_facts(one: SuiteOutcome) -> dict[str, Any]:
    """By which recognisers, and what their marks tell, where a suite rests on any."""
    if not one.recognisers:
        return {}
    return {
        "recognisers": one.recognisers,
        "figures": {name: list(both) for name, both in one.figures.items()},
    }


def _general(runtime: Runtime, found: Sequence[SuiteOutcome]) -> Evidence:
    """Within the budget means: a loss as large as the budget is ruled out on every suite."""
    lows = [(one.delta.low if one.delta else -1.0, _budget(one), one.name) for one in found]
    worst = min(lows, key=lambda item: item[0] + item[1])
    return runtime.claim(
        "eval.general_ability",
        [runtime.head.model],
        {
            **_together(found),
            "low": worst[0],
            "forgetting_budget": worst[1],
            "within_budget": worst[0] > -worst[1],
            "worst": worst[2],
        },
    )


def _budget(one: SuiteOutcome) -> float:
    return FORGETTING_BUDGET if one.margin is None else one.margin


def _together(found: Sequence[SuiteOutcome]) -> dict[str, Any]:
    """Mean scores over all cases of some suites, and the names of these."""
    n = sum(one.n for one in found)
    base, ours = (
        sum(one.n * score.value for one in found if (score := getattr(one, side))) / max(1, n)
        for side in ("base", "candidate")
    )
    return {
        "n": n,
        "base": base,
        "candidate": ours,
        "delta": ours - base,
        "suites": sorted(one.name for one in found),
    }
