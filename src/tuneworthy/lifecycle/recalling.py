"""From a dataset version or a record to every model version and response that may rest on it."""

import json
from bisect import bisect_right

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.lineage import Recall, Window
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.lifecycle import lineage
from tuneworthy.lifecycle.wiring import Runtime

_MOVES = ("rollout.", "route.")
"""Events that move traffic."""


def recall(runtime: Runtime, asked: str) -> Recall:
    """Everything that a dataset version or a record reached.

    Args:
        runtime: The project.
        asked: A dataset version (its first digits, ``current``, ``previous``), a record's id, or a
            source row as ``source:line``.

    Raises:
        ConfigProblem: Nothing of that name was ever trained on.
    """
    data = _datasets(runtime, asked)
    names = {version.id for version in data}
    models = [m for m in runtime.store.list(ModelVersion) if m.dataset in names]
    versions = {model.id for model in models}
    manifests = {
        manifest.id: manifest.version
        for manifest in runtime.store.list(ServingManifest)
        if manifest.version in versions and manifest.dataset in names
    }
    windows = _windows(runtime, manifests)
    return Recall(
        asked=asked,
        datasets=tuple(version.id for version in data),
        versions=tuple(model.id for model in models),
        windows=tuple(windows),
        responses=sum(window.responses for window in windows),
    )


def _datasets(runtime: Runtime, asked: str) -> list[DatasetVersion]:
    """The dataset versions named, or those in which the record or row was trained on."""
    place = ":" in asked and not asked.startswith("sha256:")
    if not place:
        try:
            return [lineage.version_named(runtime, asked)]
        except ConfigProblem:
            pass  # a record, perhaps
    found = [v for v in lineage.versions(runtime) if _trains_on(runtime, v, asked, place=place)]
    if not found:
        raise ConfigProblem(
            "no_such_data",
            f"No dataset version, trained record or source row is called '{asked}'.",
            fix="tuneworthy data versions; a row is named as source:line, a record by its id.",
        )
    return found


def _trains_on(runtime: Runtime, version: DatasetVersion, asked: str, *, place: bool) -> bool:
    """Test rows never enter the weights, so only training rows are looked for."""
    rows = lineage.members(runtime, version)
    if place:
        return asked in rows and rows[asked][1] == "train"
    digits = asked.removeprefix("sha256:")
    return len(digits) >= 8 and any(
        split == "train" and record.removeprefix("sha256:").startswith(digits)
        for record, split in rows.values()
    )


def _windows(runtime: Runtime, manifests: dict[str, str]) -> list[Window]:
    """Spans of responses, each between two events that moved traffic."""
    moves = _moves(runtime)
    found: dict[tuple[int, str, str], Window] = {}
    for stamp in runtime.store.stamps(sorted(manifests)):
        key = (bisect_right(moves, stamp.created_at), stamp.manifest, stamp.arm)
        known = found.get(key)
        found[key] = Window(
            version=manifests[stamp.manifest],
            manifest=stamp.manifest,
            arm=stamp.arm,
            first=known.first if known else stamp.created_at,
            last=stamp.created_at,
            responses=known.responses + 1 if known else 1,
        )
    return sorted(found.values(), key=lambda window: (window.first, window.arm))


def _moves(runtime: Runtime) -> list[str]:
    """When traffic was moved, oldest first."""
    events = (json.loads(record.body) for record in runtime.store.audit())
    return [e["ts"] for e in events if e["action"].startswith(_MOVES) and e["decision"] != "deny"]
