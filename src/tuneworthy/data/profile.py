"""Numbers about the kept rows."""

from collections import Counter
from typing import Any

import numpy as np

from tuneworthy.core.nouns.dataset import Profile
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import keep_stars

ALIKE = 0.8
"""Requests at this char-5 Jaccard similarity to a cluster's first row count as one."""


def profile_of(kept: Table, unique: Any) -> Profile:
    """The profile of ``kept``; its diversity is taken over ``unique``.

    Args:
        kept: The rows of the version; at least one.
        unique: The requests as they were before near-duplicates were dropped, as Arrow strings.
    """
    lengths = kept.array("characters")
    targets = np.array([len(target) for target in kept.targets])
    shapes = Counter(kept.values("shape"))
    segments = Counter(segment for segment in kept.values("segment") if segment)
    clusters = set(keep_stars(unique, ALIKE))
    return Profile(
        rows=len(kept),
        characters_median=float(np.median(lengths)),
        characters_p95=float(np.percentile(lengths, 95)),
        characters_max=int(lengths.max()),
        target_characters_median=float(np.median(targets)),
        distinct_targets=len(set(kept.targets)),
        format_consistency=max(shapes.values()) / len(kept),
        diversity=len(clusters) / len(unique),
        segments=dict(sorted(segments.items())),
    )
