"""Numbers about the kept rows."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tuneworthy.core.nouns.dataset import Profile
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.keys import prompt_text, target_shape
from tuneworthy.methods.neardup import keep_stars

ALIKE = 0.8
"""Requests at this char-5 Jaccard similarity to a cluster's first row count as one."""


def profile_of(kept: Sequence[Example], unique: Sequence[Example]) -> Profile:
    """The profile of ``kept``; its diversity is taken over ``unique``.

    Args:
        kept: The rows of the version; at least one.
        unique: The rows before near-duplicates were dropped.
    """
    lengths = np.array([sum(len(m.content) for m in example.messages) for example in kept])
    targets = np.array([len(example.target) for example in kept])
    shapes = Counter(target_shape(example.target) for example in kept)
    segments = Counter(example.provenance.segment for example in kept if example.provenance.segment)
    clusters = set(keep_stars([prompt_text(example) for example in unique], ALIKE))
    return Profile(
        rows=len(kept),
        characters_median=float(np.median(lengths)),
        characters_p95=float(np.percentile(lengths, 95)),
        characters_max=int(lengths.max()),
        target_characters_median=float(np.median(targets)),
        distinct_targets=len({example.target for example in kept}),
        format_consistency=max(shapes.values()) / len(kept),
        diversity=len(clusters) / len(unique),
        segments=dict(sorted(segments.items())),
    )
