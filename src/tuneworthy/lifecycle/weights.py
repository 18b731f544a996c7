"""Adapters that are taken away: the files alone that no other kept folder has as well."""

import json
import shutil

from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.lifecycle.training import adapter_copy
from tuneworthy.lifecycle.wiring import Runtime


def drop_weights(runtime: Runtime, id_: str, actor: str, reason: str) -> int:
    """Delete a model version's adapter, here and where it was written out; how many files."""
    version = runtime.store.get(ModelVersion, id_)
    if version is None:
        return 0
    others = {v.adapter for v in runtime.store.list(ModelVersion) if v.id != id_}
    others |= {r.adapter for r in runtime.store.list(TrainingRun) if r.id != version.training_run}
    gone = 0
    if version.adapter not in others:
        shared = {digest for other in others for digest in _files(runtime, other)}
        what = (ModelVersion.kind, id_, version.adapter)
        runtime.store.note(runtime.event("weights.delete", what, actor=actor, reason=reason))
        for digest in {*_files(runtime, version.adapter)} - shared:
            gone += runtime.blobs.remove(digest)
        runtime.blobs.remove(version.adapter)
    shutil.rmtree(adapter_copy(runtime, version), ignore_errors=True)
    return gone


def _files(runtime: Runtime, adapter: str) -> list[str]:
    try:
        table = json.loads(runtime.blobs.get(adapter))
    except (StoreProblem, IntegrityProblem, ValueError):
        return []
    return [str(digest) for digest in table.values()] if isinstance(table, dict) else []
