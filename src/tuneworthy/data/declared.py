"""Keeps the split that the source itself declares, and takes out what would leak into the test."""

from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Fate, SplitName
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.keys import place_of
from tuneworthy.methods.neardup import nearest_twins

_NAMES: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


def declared_split(
    examples: Sequence[Example], texts: Sequence[str], twin: float
) -> tuple[list[SplitName | None], list[Fate]]:
    """The declared split of each row; None for rows dropped, each with its fate.

    The test split stands as declared. A training or validation row whose request is a twin of a
    test row's is dropped, and so is a row that declares no known split.
    """
    names: list[SplitName | None] = [
        _NAMES.get(example.provenance.split.lower()) for example in examples
    ]
    fates = [
        _drop(example, "no_split", f"declares the split '{example.provenance.split[:40]}'")
        for example, name in zip(examples, names, strict=True)
        if name is None
    ]
    test = [i for i, name in enumerate(names) if name == "test"]
    rest = [i for i, name in enumerate(names) if name in ("train", "validation")]
    twins = nearest_twins([texts[i] for i in rest], [texts[i] for i in test], twin)
    for i, found in zip(rest, twins, strict=True):
        if found >= 0:
            kept = place_of(examples[test[found]])
            fates.append(
                _drop(examples[i], "leaks_test", f"is a twin of the test row {kept}", kept)
            )
            names[i] = None
    return names, fates


def _drop(example: Example, code: str, reason: str, kept: str = "") -> Fate:
    where = example.provenance
    return Fate(
        source=where.source,
        row=where.row,
        action="dropped",
        code=code,
        reason=f"{place_of(example)} {reason}",
        kept=kept,
    )
