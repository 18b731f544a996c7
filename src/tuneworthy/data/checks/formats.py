"""Targets of one shape."""

from collections import Counter
from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding
from tuneworthy.data.keys import target_shape


def check(examples: Sequence[Example]) -> list[Finding]:
    """Every target has the most common shape (JSON object, text, ...)."""
    shapes = [target_shape(example.target) for example in examples]
    often = Counter(shapes)
    if len(often) < 2:
        return []
    common = min(often, key=lambda shape: (-often[shape], shape))
    return rows_finding(
        "mixed_formats",
        "warning",
        f"Most targets are {common}; these are not.",
        [e for e, shape in zip(examples, shapes, strict=True) if shape != common],
        "Bring all targets into one form.",
    )
