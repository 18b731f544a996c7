"""Guards as lines: how many times the base's the candidate's figure is, and what is allowed."""

from collections.abc import Sequence

from tuneworthy.core.nouns.guards import GuardRatio


def guard_lines(found: Sequence[GuardRatio]) -> list[str]:
    """One line a guard."""
    return [f"  {one.name}: {_figures(one)}{_limit(one)}" for one in found]


def _figures(one: GuardRatio) -> str:
    if one.ratio is None or one.base is None or one.candidate is None:
        return f"not known, because {one.why}"
    left_out = f", {one.left_out} left out" if one.left_out else ""
    return (
        f"{one.ratio.value:.2f} times the base's (95 % interval {one.ratio.low:.2f} to "
        f"{one.ratio.high:.2f}, n = {one.n}{left_out}); {one.unit}, mean: base {one.base:.3g}, "
        f"tuned {one.candidate:.3g}"
    )


def _limit(one: GuardRatio) -> str:
    if one.limit is None:
        return ""
    return f"; at most {one.limit:g}: {'BROKEN' if one.broken else 'kept'}"
