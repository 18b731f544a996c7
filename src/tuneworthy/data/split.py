"""Divides rows so that nothing in the test split has a twin in training; then measures it.

Rows stand in one group when a chain of near-duplicate requests (char-5 Jaccard 0.7 or more) or a
shared value of the field named by ``SplitSettings.by`` joins them. Groups are never cut.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.dataset import Fate, SplitName, SplitReport
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import SplitSettings
from tuneworthy.data.allocate import SPLITS, Group, allocate
from tuneworthy.data.declared import declared_split
from tuneworthy.data.keys import prompt_text
from tuneworthy.methods.neardup import group_similar, nearest_twins, normalise

TWIN = 0.7
"""Two requests at this char-5 Jaccard similarity or more must not stand on both sides."""

_REPAIRS = 20


@dataclass(frozen=True)
class Split:
    """Examples by split, in the order given, with the measured report.

    ``fates`` holds rows that a declared split made unusable.
    """

    parts: dict[SplitName, list[Example]]
    report: SplitReport
    fates: list[Fate]


def split_examples(examples: Sequence[Example], settings: SplitSettings) -> Split:
    """Divide examples by the settings; the same rows and seed give the same split in any order.

    Raises:
        DataProblem: No test or no training rows would be left.
    """
    texts = [prompt_text(example) for example in examples]
    if settings.by == "declared":
        names, fates = declared_split(examples, texts, TWIN)
        labels = list(range(len(examples)))
    else:
        fates = []
        names, labels = _grouped(examples, texts, settings)
    parts: dict[SplitName, list[Example]] = {split: [] for split in SPLITS}
    for example, name in zip(examples, names, strict=True):
        if name is not None:
            parts[name].append(example)
    for needed in ("train", "test"):
        if not parts[needed]:
            raise _empty(needed, settings, len(set(labels)))
    exact, near = measure_leakage(parts["train"], parts["test"])
    report = SplitReport(
        seed=settings.seed,
        by=settings.by,
        sizes={split: len(parts[split]) for split in SPLITS},
        groups=len(set(labels)),
        leakage_exact=exact,
        leakage_near=near,
    )
    return Split(parts, report, fates)


def measure_leakage(train: Sequence[Example], test: Sequence[Example]) -> tuple[int, int]:
    """Test rows whose request stands in training: word for word, and near (0.7, not word for word).

    The join is exact, and apart from the grouping: it would find what grouping has missed.
    """
    known = {normalise(prompt_text(example)) for example in train}
    rest = [text for text in map(prompt_text, test) if normalise(text) not in known]
    twins = nearest_twins(rest, [prompt_text(example) for example in train], TWIN)
    return len(test) - len(rest), sum(twin >= 0 for twin in twins)


def _grouped(
    examples: Sequence[Example], texts: Sequence[str], settings: SplitSettings
) -> tuple[list[SplitName | None], list[int]]:
    labels = _join(group_similar(texts, TWIN), _field_values(examples, settings))
    names: list[SplitName | None] = []
    for _ in range(_REPAIRS):
        names = _allocate(examples, labels, settings)
        missed = _missed_pairs(texts, names)
        if not missed:
            break
        # Hashing misses a pair at 0.7 once in some thousands; join those and divide again.
        ties = list(range(len(texts)))
        for left, right in missed:
            ties[left] = right
        labels = _join(labels, [f"{tie}" for tie in ties])
    return names, labels


def _field_values(examples: Sequence[Example], settings: SplitSettings) -> list[str]:
    if settings.by not in ("group", "subject", "segment"):
        return [""] * len(examples)
    return [getattr(example.provenance, settings.by) for example in examples]


def _join(labels: Sequence[int], values: Sequence[str]) -> list[int]:
    """Merge groups that share a value, transitively. An empty value joins nothing."""
    parent = list(range(len(labels)))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[str, int] = {}
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        for other in (label, first.setdefault(value, i) if value else i):
            low, high = sorted((find(i), find(other)))
            parent[high] = low
    return [find(i) for i in range(len(labels))]


def _allocate(
    examples: Sequence[Example], labels: Sequence[int], settings: SplitSettings
) -> list[SplitName | None]:
    members: dict[int, list[Example]] = defaultdict(list)
    for example, label in zip(examples, labels, strict=True):
        members[label].append(example)
    key = {label: min(example.id for example in rows) for label, rows in members.items()}
    groups = [
        Group(key[label], len(rows), "" if settings.by == "segment" else _stratum(rows))
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
    chosen = allocate(groups, shares, settings.seed)
    return [chosen[key[label]] for label in labels]


def _stratum(rows: Iterable[Example]) -> str:
    """The segment of most of a group's rows; of equals the first by name."""
    often = Counter(example.provenance.segment for example in rows)
    return min(often, key=lambda segment: (-often[segment], segment))


def _missed_pairs(texts: Sequence[str], names: Sequence[SplitName | None]) -> list[tuple[int, int]]:
    test = [i for i, name in enumerate(names) if name == "test"]
    rest = [i for i, name in enumerate(names) if name != "test"]
    twins = nearest_twins([texts[i] for i in test], [texts[i] for i in rest], TWIN)
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
