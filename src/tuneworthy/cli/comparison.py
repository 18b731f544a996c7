"""A comparison of two arms as the stable JSON object, as lines, and as findings for CI."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.comparing import CompareResult, Effect, SegmentDelta, Verdict
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.methods.visible import visible

VERDICTS: dict[Verdict, str] = {
    "clearly better": "better",
    "clearly worse": "worse",
    "within noise": "within_noise",
    "too few cases": "too_few",
}


SHOWN = 60
"""Characters of a segment's name; a name from a file may be long, and hold line breaks."""


def contract(found: CompareResult) -> dict[str, Any]:
    """The one JSON object of ``eval compare``; its fields are stable."""
    shown = found.non_inferiority
    return {
        "n": found.n,
        "metric": found.metric,
        "better_is": found.better_is,
        "groups": found.groups,
        "only_base": found.only_base,
        "only_candidate": found.only_candidate,
        "base": found.base.model_dump(mode="json"),
        "candidate": found.candidate.model_dump(mode="json"),
        "delta": found.delta.value,
        "interval": [found.delta.low, found.delta.high],
        "p": found.p_value,
        "test": f"{found.test}: {found.why}",
        "alpha": found.alpha,
        "verdict": VERDICTS[found.verdict],
        "words": found.words,
        "newly_better": found.newly_better,
        "newly_worse": found.newly_worse,
        "effects": [effect.model_dump() for effect in found.effects],
        "segments": [_segment(one) for one in found.segments],
        "vetoes": list(found.vetoes),
        "non_inferior": None
        if shown is None
        else {
            "passed": shown.passed,
            "margin": shown.margin,
            "worst_loss": -shown.delta.low,
            "why": shown.why,
        },
        "gain": found.power.gain,
        "n_needed": found.power.n_needed,
        "power": found.power.power,
        "noise": None if found.noise is None else found.noise.model_dump(),
    }


def _segment(one: SegmentDelta) -> dict[str, Any]:
    return {
        "segment": one.segment,
        "n": one.n,
        "base": one.baseline,
        "candidate": one.candidate,
        "delta": one.delta.value,
        "interval": [one.delta.low, one.delta.high],
        "p": one.p_value,
        "p_holm": one.p_holm,
        "verdict": VERDICTS[one.verdict],
    }


def lines(found: CompareResult) -> list[str]:
    """The comparison for people."""
    groups = "" if found.groups is None else f" in {found.groups} groups"
    told = [
        f"{found.metric} over {found.n:,} cases{groups}; {found.better_is} is better",
        f"  base       {_arm(found.base.mean, *found.base.interval)}",
        f"  candidate  {_arm(found.candidate.mean, *found.candidate.interval)}",
        f"  difference {_signed(found.delta)}, p = {found.p_value:.2g}",
        f"  better in {found.newly_better:,} cases, worse in {found.newly_worse:,}",
        f"  test: {found.test}, because {found.why}",
    ]
    told += [_effect(effect) for effect in found.effects if effect.name != "risk difference"]
    if found.only_base or found.only_candidate:
        told.append(
            f"  left out: {found.only_base:,} cases only of the base, "
            f"{found.only_candidate:,} only of the candidate"
        )
    if found.segments:
        told += table(("segment", "n", "difference", "verdict"), [_row(s) for s in found.segments])
    told += _small(found)
    return [*told, found.words]


def _effect(effect: Effect) -> str:
    value = "without bound" if effect.value is None else f"{effect.value:.3g}"
    if effect.low is None:
        return f"  {effect.name}: {value}"
    high = "without bound" if effect.high is None else f"{effect.high:.3g}"
    return f"  {effect.name}: {value} ({effect.low:.3g} to {high})"


def _small(found: CompareResult) -> list[str]:
    told = []
    if found.non_inferiority is not None:
        says = "no worse" if found.non_inferiority.passed else "not shown to be no worse"
        told.append(f"  {says}: {found.non_inferiority.why}")
    if found.power.n_needed is not None and found.power.power is not None:
        told.append(
            f"  a true gain of {found.power.gain:g} shows in 4 of 5 tries with "
            f"{found.power.n_needed:,} cases; with these {found.n:,} in "
            f"{found.power.power * 100:.0f} % of them"
        )
    if found.noise is not None:
        told.append(
            f"  noise: {found.noise.changed:,} cases changed ({found.noise.share * 100:.1f} %); "
            f"--floor {found.noise.floor:.4g}"
        )
    return told


def _row(one: SegmentDelta) -> tuple[str, str, str, str]:
    return visible(one.segment, SHOWN), f"{one.n:,}", _signed(one.delta), one.verdict


def _arm(mean: float, low: float, high: float) -> str:
    return f"{mean:.4g} (95 % interval {low:.4g} to {high:.4g})"


def _signed(delta: Interval) -> str:
    return f"{delta.value:+.4g} ({delta.low:+.4g} to {delta.high:+.4g})"


def findings(found: CompareResult, sides: Sequence[str], why: Sequence[str]) -> list[Finding]:
    """One finding for the whole and one for each segment, shown at the candidate's file."""
    worse = (bool(why) and not found.vetoes) or found.verdict == "clearly worse"
    whole = Finding(
        code=f"compare_{VERDICTS[found.verdict]}",
        severity="block" if worse else "info",
        message=f"{found.words} {found.metric}: {_signed(found.delta)}, n = {found.n:,}, "
        f"p = {found.p_value:.2g}."
        + ("".join(f" {one}" for one in why if one != found.words) if worse else ""),
        count=found.n,
        rows=(f"{sides[1]}:1",),
    )
    return [whole, *[_segment_finding(one, sides[1]) for one in found.segments]]


def _segment_finding(one: SegmentDelta, place: str) -> Finding:
    vetoed = one.verdict == "clearly worse"
    return Finding(
        code=f"segment_{one.segment}",
        severity="block" if vetoed else "info",
        message=f"Segment '{one.segment}' is {one.verdict}: {_signed(one.delta)}, n = {one.n:,}, "
        f"p = {one.p_holm:.2g} after Holm.",
        count=one.n,
        rows=(f"{place}:1",),
    )
