"""Each segment by itself: a candidate that is better on the whole may ruin one part.

Every segment's p is adjusted by Holm's way over all of them. A segment is called worse at any size
when its adjusted p and its interval say so: the tests are exact, and a veto must not wait for
cases. It is called better only with as many cases as the whole needs for that.
"""

from collections.abc import Sequence

from tuneworthy.core.nouns.comparing import SegmentDelta
from tuneworthy.methods.bootstrap import RESAMPLES
from tuneworthy.methods.paired.compared import delta_at, enough, judge
from tuneworthy.methods.paired.holm import holm
from tuneworthy.methods.paired.interval import delta_interval
from tuneworthy.methods.paired.pairs import Pairs
from tuneworthy.methods.paired.significance import significance


def by_segment(
    pairs: Pairs,
    segments: Sequence[str],
    *,
    alpha: float = 0.05,
    margin: float | None = None,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> tuple[SegmentDelta, ...]:
    """One line a segment, by name; cases without a segment are in none.

    A clear loss that is shown (at 1 - alpha) to be less than ``margin`` is within noise.

    Raises:
        ValueError: There are not as many segments as pairs.
    """
    if len(segments) != len(pairs):
        raise ValueError(f"{len(segments)} segments for {len(pairs)} cases")
    places: dict[str, list[int]] = {}
    for place, name in enumerate(segments):
        if name:
            places.setdefault(name, []).append(place)
    parts = {name: pairs.subset(places[name]) for name in sorted(places)}
    p_values = [significance(part, seed=seed).p_value for part in parts.values()]
    found = []
    for (name, part), p, adjusted in zip(parts.items(), p_values, holm(p_values), strict=True):
        delta = delta_interval(part, seed=seed, resamples=resamples)
        at_alpha = delta_at(part, delta, alpha, seed=seed, resamples=resamples)
        verdict = judge(at_alpha, adjusted, alpha, enough=enough(part))
        if verdict == "clearly worse" and margin is not None and at_alpha.low > -margin:
            verdict = "within noise"
        found.append(
            SegmentDelta(
                segment=name,
                n=len(part),
                baseline=float(part.theirs.mean()),
                candidate=float(part.ours.mean()),
                delta=delta,
                p_value=p,
                p_holm=adjusted,
                verdict=verdict,
            )
        )
    return tuple(found)
