"""The report as plain JSON for programs: stable names, every figure with its n and interval."""

from typing import Any

from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.report import Report, ReportArm
from tuneworthy.core.nouns.run import Comparison, Cost


def summary(report: Report) -> dict[str, Any]:
    """``report`` in the shape of ``summary.json``."""
    return {
        "project": report.project,
        "verdict_sentence": report.verdict_sentence,
        "decision": {
            "declared": _decision(report.declared),
            "evidenced": _decision(report.evidenced),
        },
        "scorecard": _scorecard(report),
        "data": _data(report),
        "baselines": [_arm(arm) for arm in report.arms],
        "tuned": _arm(report.tuned) if report.tuned else None,
        "target": report.target,
        "comparison": [_comparison(found) for found in report.comparisons],
        "estimate": _cost(report.estimate),
        "actual": _cost(report.actual),
        "gates": [state.model_dump(mode="json") for state in report.gates],
        "rollout": [_rollout(found.model_dump(mode="json")) for found in report.rollouts],
        "drift": report.drift.model_dump(mode="json") if report.drift else None,
        "quality": [one.model_dump(mode="json") for one in report.quality],
        "overrides": report.overrides.model_dump(mode="json") if report.overrides else None,
        "alerts": [alert.model_dump(mode="json") for alert in report.alerts],
        "proposals": [found.model_dump(mode="json") for found in report.proposals],
        "trace": {
            "response": report.trace_response,
            "steps": [step.model_dump(mode="json") for step in report.trace],
        },
        "audit": report.audit.model_dump(mode="json"),
        "notes": list(report.notes),
        "next": report.next_step,
    }


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "verdict": decision.verdict.value,
        "reasons": list(decision.reasons),
        "indicators": decision.indicators,
        "anti_indicators": decision.anti_indicators,
        "score": decision.score,
        "net": decision.net,
        "ceiling_reached": decision.ceiling_reached,
    }


_STOPS = ("U1", "U2", "U3", "U4")


def _scorecard(report: Report) -> dict[str, Any]:
    card = report.scorecard
    return {
        "levels": {
            d.id: {"name": d.name, "declared": d.declared, "evidenced": d.evidenced}
            for d in card.dimensions
        },
        "mean": card.mean,
        "band": card.band,
        "minimum": card.minimum,
        "gaps": [gap.model_dump(mode="json") for gap in card.gaps],
        "rubric": card.rubric,
        "readiness": card.readiness.model_dump(mode="json"),
        "stop_questions": {a.id: a.answer for a in card.enterprise if a.id in _STOPS},
    }


def _data(report: Report) -> dict[str, Any] | None:
    data = report.dataset
    if data is None:
        return None
    return {
        "id": data.id,
        "rows_in": data.rows_in,
        "rows_out": data.rows_out,
        "dropped": data.dropped,
        "split": data.split.sizes,
        "leakage": {"exact": data.split.leakage_exact, "near": data.split.leakage_near},
        "pii": data.pii.model_dump(mode="json"),
    }


def _interval(found: Interval) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}


def _arm(arm: ReportArm) -> dict[str, Any]:
    return {
        "name": arm.name,
        "kind": arm.kind,
        "n": arm.score.n,
        "score": arm.score.value,
        "interval": [arm.score.low, arm.score.high],
        "valid_share": arm.valid_share,
        "cpu_seconds": arm.cpu_seconds,
        "tokens": arm.tokens,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "against": found.against_name,
        "delta": found.delta.value,
        "interval": [found.delta.low, found.delta.high],
        "n": found.delta.n,
        "p": found.p_value,
        "newly_right": found.newly_right,
        "newly_wrong": found.newly_wrong,
        "verdict": found.verdict,
    }


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {
        "seconds": cost.cpu_seconds,
        "wall_seconds": cost.wall_seconds,
        "peak_memory_mb": cost.peak_memory_mb,
        "tokens": cost.tokens,
        "flop": cost.flop,
        "steps": cost.steps,
    }


def _rollout(rollout: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": rollout["id"],
        "state": rollout["state"],
        "forced": rollout["drill"],
        "cause": rollout["cause"],
        "stages": rollout["results"],
    }
