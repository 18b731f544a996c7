"""Divides rows so that nothing in the test split has a twin in training; then measures it.

Rows stand in one group when a chain of near-duplicate requests (char-5 Jaccard 0.7 or more) or a
shared value of the field named by ``SplitSettings.by`` joins them. Groups are never cut. By time,
the groups are laid out by their newest rows, and the seed has no say.

Where requests keep the split of an earlier version, a group stands where its rows were. New rows
may join groups that were apart: one of which any row was learned from is for training.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.dataset import Fate, SplitName, SplitReport
from tuneworthy.core.nouns.project import SplitSettings
from tuneworthy.data.allocate import SPLITS, Group, allocate
from tuneworthy.data.by_time import allocate_by_time, times_of
from tuneworthy.data.declared import declared_split
from tuneworthy.data.make_up import make_up_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.circles import Circles
from tuneworthy.methods.neardup import group_similar, nearest_twins, normalise

TWIN = 0.7
"""Two requests at this char-5 Jaccard similarity or more must not stand on both sides."""


class Kept(Protocol):
    """The split that a request had, by ``request_key``; a dict is one."""

    def get(self, request: bytes, /) -> SplitName | None:
        """None for a request that an earlier version did not have."""
        ...

    def __len__(self) -> int:
        """How many requests are known."""
        ...


_REPAIRS = 20


@dataclass(frozen=True)
class Split:
    """Positions by split, in the order given, with the measured report.

    ``fates`` holds rows that a declared split made unusable.
    """

    parts: dict[SplitName, Rows]
    report: SplitReport
    fates: list[Fate]


def split_rows(table: Table, settings: SplitSettings, kept: Kept = MappingProxyType({})) -> Split:
    """Divide rows by the settings; the same rows and seed give the same split in any order.

    ``kept`` says where the requests of an earlier version stood, by ``request_key``.

    Raises:
        DataProblem: No test or no training rows would be left, or rows have no time to go by.
    """
    if settings.by == "declared":
        names, fates = declared_split(table, TWIN)
        labels, apart = list(range(len(table))), False
    else:
        fates = []
        names, labels, apart = _grouped(table, settings, kept)
    parts = {
        split: np.flatnonzero([name == split for name in names]).astype(np.int64)
        for split in SPLITS
    }
    for needed in ("train", "test"):
        if not len(parts[needed]):
            raise _empty(needed, settings, len(set(labels)))
    # Where the join of all test rows with all others found no pair, there is none to count.
    exact, near = (0, 0) if apart else measure_leakage(table, parts["train"], parts["test"])
    report = SplitReport(
        seed=settings.seed,
        by=settings.by,
        sizes={split: len(parts[split]) for split in SPLITS},
        groups=len(set(labels)),
        leakage_exact=exact,
        leakage_near=near,
        kept=_count_kept(table, names, kept),
        make_up=make_up_of(table, parts, labels, settings.by),
    )
    return Split(parts, report, fates)


def measure_leakage(table: Table, train: Rows, test: Rows) -> tuple[int, int]:
    """Test rows whose request stands in training: word for word, and near (0.7, not word for word).

    The join is exact, and apart from the grouping: it would find what grouping has missed.
    """
    known = {normalise(table.requests[at]) for at in train.tolist()}
    rest = [at for at in test.tolist() if normalise(table.requests[at]) not in known]
    twins = nearest_twins(table.text("request", rest), table.text("request", train), TWIN)
    return len(test) - len(rest), sum(twin >= 0 for twin in twins)


def request_key(request: str) -> bytes:
    """What a request is known by, whatever its case and white space: 16 bytes."""
    return hashlib.blake2b(normalise(request).encode("utf-8", "replace"), digest_size=16).digest()


def _grouped(
    table: Table, settings: SplitSettings, kept: Kept
) -> tuple[list[SplitName | None], list[int], bool]:
    """Each row's split and group, and whether the exact join found no twin across the test."""
    labels = _join(group_similar(table.text("request"), TWIN), _field_values(table, settings))
    names: list[SplitName | None] = []
    for _ in range(_REPAIRS):
        names = _allocate(table, labels, settings, kept)
        missed = _missed_pairs(table, names)
        if not missed:
            return names, labels, True
        # Hashing misses a pair at 0.7 once in some thousands; join those and divide again.
        ties = list(range(len(table)))
        for left, right in missed:
            ties[left] = right
        labels = _join(labels, [f"{tie}" for tie in ties])
    return names, labels, False


def _field_values(table: Table, settings: SplitSettings) -> list[str]:
    if settings.by not in ("group", "subject", "segment"):
        return [""] * len(table)
    return table.values(settings.by)


def _join(labels: Sequence[int], values: Sequence[str]) -> list[int]:
    """Merge groups that share a value, transitively. An empty value joins nothing."""
    first: dict[str, int] = {}
    joined = Circles(len(labels))
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        joined.join(i, label)
        if value:
            joined.join(i, first.setdefault(value, i))
    return joined.all()


def _count_kept(table: Table, names: Sequence[SplitName | None], kept: Kept) -> int:
    if not kept:
        return 0
    return sum(
        name is not None and kept.get(request_key(request)) == name
        for request, name in zip(table.requests, names, strict=True)
    )


def _allocate(
    table: Table, labels: Sequence[int], settings: SplitSettings, kept: Kept
) -> list[SplitName | None]:
    members: dict[int, list[int]] = defaultdict(list)
    for at, label in enumerate(labels):
        members[label].append(at)
    ids, segments = table.values("id"), table.values("segment")
    key = {label: min(ids[at] for at in rows) for label, rows in members.items()}
    groups = [
        Group(
            key[label],
            len(rows),
            "" if settings.by == "segment" else _stratum(segments[at] for at in rows),
        )
        for label, rows in members.items()
    ]
    train = 1.0 - settings.validation - settings.test
    if train <= 0:
        raise DataProblem(
            "no_train_share",
            f"validation {settings.validation} and test {settings.test} leave nothing to train on.",
            fix="Make their sum less than 1 under 'split' in tuneworthy.yaml.",
        )
    shares: dict[SplitName, float] = {
        "train": train,
        "validation": settings.validation,
        "test": settings.test,
    }
    if settings.by == "time":
        times = times_of(table)
        newest = {key[label]: max(times[at] for at in rows) for label, rows in members.items()}
        chosen = allocate_by_time(groups, newest, shares)
    else:
        stand = _standing(table, members, kept) if kept else {}
        chosen = allocate(
            groups, shares, settings.seed, {key[label]: split for label, split in stand.items()}
        )
    return [chosen[key[label]] for label in labels]


def _standing(
    table: Table, members: Mapping[int, Sequence[int]], kept: Kept
) -> dict[int, SplitName]:
    """Where groups stand that have rows of an earlier version."""
    requests = table.requests
    found = {
        label: {split for at in rows if (split := kept.get(request_key(requests[at])))}
        for label, rows in members.items()
    }
    return {label: min(were, key=SPLITS.index) for label, were in found.items() if were}


def _stratum(segments: Iterable[str]) -> str:
    """The segment of most of a group's rows; of equals the first by name."""
    often = Counter(segments)
    return min(often, key=lambda segment: (-often[segment], segment))


def _missed_pairs(table: Table, names: Sequence[SplitName | None]) -> list[tuple[int, int]]:
    test = [i for i, name in enumerate(names) if name == "test"]
    rest = [i for i, name in enumerate(names) if name != "test"]
    twins = nearest_twins(table.text("request", test), table.text("request", rest), TWIN)
    return [(i, rest[twin]) for i, twin in zip(test, twins, strict=True) if twin >= 0]


def _empty(needed: str, settings: SplitSettings, groups: int) -> DataProblem:
    if settings.by == "declared":
        return DataProblem(
            "empty_split",
            f"No row declares the split '{needed}'.",
            fix="Map the column that names the split (train, validation, test), or split by "
            "duplicates.",
        )
    return DataProblem(
        "empty_split",
        f"The split '{needed}' would be empty: the rows form {groups} group(s).",
        why="Rows that are near-duplicates, or that share the field the split goes by, stay "
        "together.",
        fix="Add more varied rows, or choose another 'split.by' in tuneworthy.yaml.",
    )
