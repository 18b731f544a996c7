"""The card of a kept dataset version, for machines."""

from typing import Any

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.data.card import CardFile, croissant
from tuneworthy.lifecycle.label_results import labelling
from tuneworthy.lifecycle.wiring import Runtime


def for_machines(runtime: Runtime, version: DatasetVersion) -> dict[str, Any]:
    """Croissant with its RAI fields, over the kept rows of each split."""
    shards = {
        split: CardFile(f"{split}.jsonl", blob.removeprefix("sha256:"))
        for split, blob in version.records.items()
    }
    return croissant(runtime.project, version, shards, labelling(runtime, version))
