"""Which group goes to which split: largest first, inside strata, by what is still missing."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from tuneworthy.core.nouns.dataset import SplitName

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


class Group(NamedTuple):
    """Rows that must stay together. ``key`` names the group whatever the order of rows."""

    key: str
    size: int
    stratum: str


def allocate(
    groups: list[Group],
    shares: Mapping[SplitName, float],
    seed: int,
    kept: Mapping[str, SplitName],
) -> dict[str, SplitName]:
    """Give every group, by its key, a split, so that each stratum comes near the shares.

    Groups go largest first, ties in an order drawn from the seed; each goes to the split that has
    the largest part of its share still open and room for the group, else to the one that lacks
    most rows. What rounding leaves over in one stratum is made good in the next.

    Groups whose keys are in ``kept`` stand where it says, and go first.
    """
    strata: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        strata[group.stratum].append(group)
    answer: dict[str, SplitName] = {}
    owed = dict.fromkeys(SPLITS, 0.0)
    for name in sorted(strata):
        members = sorted(
            strata[name],
            key=lambda group: (group.key not in kept, -group.size, _draw(seed, group.key)),
        )
        total, grain = sum(g.size for g in members), min(g.size for g in members)
        share = {split: shares[split] * total for split in SPLITS}
        # A debt from before may move at most the stratum's smallest group, or it would bend it.
        missing = {s: share[s] + max(-grain, min(grain, owed[s])) for s in SPLITS}
        for group in members:
            split = kept.get(group.key) or _choose(group.size, missing, share)
            answer[group.key] = split
            missing[split] -= group.size
            owed[split] -= group.size
        for split in SPLITS:
            owed[split] += share[split]
    return answer


def _choose(
    size: int, missing: Mapping[SplitName, float], share: Mapping[SplitName, float]
) -> SplitName:
    open_splits = [split for split in SPLITS if share[split] > 0]
    fitting = [split for split in open_splits if missing[split] >= size]
    if fitting:
        return max(fitting, key=lambda split: missing[split] / share[split])
    return max(open_splits, key=lambda split: missing[split])


def _draw(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()
