"""Candidate against baseline on the very same cases."""

from collections.abc import Mapping, Sequence

from tuneworthy.core.nouns.guards import GuardRatio
from tuneworthy.core.nouns.run import CaseResult, Comparison
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.primaries import adjusted_verdict, primary_tests
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.paired import Pairs, by_segment, compare_pairs, effects, plan


def compare(
    suite: str,
    candidate: tuple[str, Sequence[CaseResult]],
    baseline: tuple[str, Sequence[CaseResult]],
    baseline_name: str,
    cases: Sequence[Case] = (),
    gain: float | None = None,
    guards: Sequence[GuardRatio] = (),
    beside: Mapping[str, float] | None = None,
) -> Comparison:
    """The paired comparison of two runs; each is given as its id and its results.

    Args:
        suite: Digest of the suite.
        candidate: The run that is judged.
        baseline: The run that it must beat.
        baseline_name: What people call it.
        cases: The suite's cases, for their groups and segments; without them there are none.
        gain: The declared gain, 0..1, for the power; None or 0: no power.
        guards: How much slower, longer and dearer the candidate was found to be.
        beside: The p of a gain on each other primary suite; the verdict is adjusted for them.

    Raises:
        ValueError: The runs are not over the same cases in the same order.
    """
    ids = [row.case for row in candidate[1]]
    if ids != [row.case for row in baseline[1]]:
        raise ValueError("the two runs are not over the same cases")
    if cases and ids != [case.id for case in cases]:
        raise ValueError("the runs are not over the suite's cases")
    pairs = Pairs.of(
        [r.score for r in candidate[1]],
        [r.score for r in baseline[1]],
        [case.group or f"\0{case.id}" for case in cases] if cases else None,
    )
    paired = compare_pairs(pairs)
    gained = paired.p_value if paired.delta.value > 0 else 1.0
    primaries = primary_tests(gained, beside or {})
    segments = by_segment(pairs, [case.segment for case in cases]) if cases else ()
    power = plan(pairs, gain) if gain else None
    facts = {
        "suite": suite,
        "candidate": candidate[0],
        "against": baseline[0],
        "against_name": baseline_name,
        "delta": paired.delta.model_dump(),
        "p_value": paired.p_value,
        "newly_right": paired.newly_right,
        "newly_wrong": paired.newly_wrong,
        "verdict": adjusted_verdict(paired.verdict, primaries),
        "test": paired.test,
        "why": paired.why,
        "groups": None if pairs.groups is None else len(pairs.units[0]),
        "effects": [effect.model_dump() for effect in effects(pairs, paired.delta)],
        "segments": [one.model_dump() for one in segments],
        "power": None if power is None else power.model_dump(),
    }
    if primaries:
        facts["primaries"] = [test.model_dump() for test in primaries]
    if guards:
        facts["guards"] = [guard.model_dump() for guard in guards]
    return Comparison.model_validate({"id": digest(facts), **facts})
