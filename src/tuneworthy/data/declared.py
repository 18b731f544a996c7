"""Keeps the split that the source itself declares, and takes out what would leak into the test."""

from tuneworthy.core.nouns.dataset import Fate, SplitName
from tuneworthy.data.fates import dropped
from tuneworthy.data.table import Table
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


def declared_split(table: Table, twin: float) -> tuple[list[SplitName | None], list[Fate]]:
    """The declared split of each row; None for rows dropped, each with its fate.

    The test split stands as declared. A training or validation row whose request is a twin of a
    test row's is dropped, and so is a row that declares no known split.
    """
    declared = table.values("split")
    names: list[SplitName | None] = [_NAMES.get(split.lower()) for split in declared]
    fates = [
        dropped(table, at, "no_split", f"declares the split '{declared[at][:40]}'")
        for at, name in enumerate(names)
        if name is None
    ]
    test = [i for i, name in enumerate(names) if name == "test"]
    rest = [i for i, name in enumerate(names) if name in ("train", "validation")]
    texts = table.requests
    twins = nearest_twins([texts[i] for i in rest], [texts[i] for i in test], twin)
    for i, found in zip(rest, twins, strict=True):
        if found >= 0:
            kept = table.places[test[found]]
            fates.append(dropped(table, i, "leaks_test", f"is a twin of the test row {kept}", kept))
            names[i] = None
    return names, fates
