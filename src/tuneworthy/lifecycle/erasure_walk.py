"""Everything that was made from the rows found: versions, runs, weights, answers, copies."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tuneworthy.core.nouns.dataset import DatasetVersion
from tuneworthy.core.nouns.erasure import Disposition, ErasedNode
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.lifecycle.audited import objects
from tuneworthy.lifecycle.erasure_blobs import Holding
from tuneworthy.lifecycle.wiring import Runtime

LEARNED = frozenset({"train", "validation"})
"""Splits whose rows a training sees."""

_EXPORTS = ("export.write", "collection.write", "label.write", "audit.export", "report.write")


def derived(runtime: Runtime, held: Sequence[Holding], deadline: str) -> Iterator[ErasedNode]:
    """The nodes of all that the kept files are a part of, and of what was made from those."""
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in held:
        for part in one.parts:
            counts[part.kind, part.id or one.digest][part.name] = one.rows
    for (kind, id_), by_part in counts.items():
        yield from _holder(kind, id_, by_part)
    learned = {
        id_: sum(n for name, n in by_part.items() if name in LEARNED)
        for (kind, id_), by_part in counts.items()
        if kind == "dataset"
    }
    yield from _from_datasets(runtime, learned, deadline)
    yield from _judged(runtime, {id_ for (kind, id_) in counts if kind == "suite"})


def _holder(kind: str, id_: str, by_part: dict[str, int]) -> Iterator[ErasedNode]:
    what: Disposition = "tombstoned" if kind == "dataset" else "deleted"
    note = "its digest stays as a tombstone; what is left reads without their rows"
    if kind == "kept file":
        note = "no noun names it; their lines are gone"
    yield ErasedNode(kind=kind, id=id_, found=sum(by_part.values()), disposition=what, note=note)
    for name, rows in sorted(by_part.items()):
        if name:
            yield ErasedNode(kind=f"{kind} part", id=f"{id_}/{name}", found=rows, disposition=what)


def _from_datasets(
    runtime: Runtime, learned: dict[str, int], deadline: str
) -> Iterator[ErasedNode]:
    store = runtime.store
    datasets = {v.id for v in store.list(DatasetVersion)} & learned.keys()
    for run in store.list(TrainingRun):
        if run.manifest.dataset in datasets:
            rows = learned[run.manifest.dataset]
            note = "manifest and losses stay: they hold digests and numbers"
            yield ErasedNode(
                kind="training run", id=run.id, found=rows, disposition="rewritten", note=note
            )
    tainted = tainted_versions(runtime, learned)
    for version in store.list(ModelVersion):
        if version.id not in tainted:
            continue
        rows = tainted[version.id]
        note = (
            "trained on their rows. Nothing is unlearned: its owner retires it, retrains it, or "
            "signs a finding"
        )
        yield ErasedNode(
            kind="model version", id=version.id, found=rows, disposition="tainted", note=note,
            deadline=deadline,
        )  # fmt: skip
        for kind, id_, made in (
            ("adapter", version.adapter, "the weights, here"),
            ("exports", version.id, "merged weights, GGUF files and copies that were written out"),
        ):
            yield ErasedNode(
                kind=kind, id=id_, found=rows, note=f"{made}: they share the version's fate",
                disposition="tainted" if kind == "adapter" else "outside",
                deadline="" if kind == "adapter" else deadline,
            )  # fmt: skip
    yield from _served(runtime, tainted)


def tainted_versions(runtime: Runtime, learned: dict[str, int]) -> dict[str, int]:
    """Model versions trained on rows of theirs, each with how many those were."""
    return {
        version.id: learned[version.dataset]
        for version in runtime.store.list(ModelVersion)
        if learned.get(version.dataset)
    }


def _served(runtime: Runtime, tainted: dict[str, int]) -> Iterator[ErasedNode]:
    store = runtime.store
    used = {id_ for r in store.list(Route) for id_ in (r.production, r.canary, r.previous) if id_}
    for manifest in store.list(ServingManifest):
        if manifest.version in tainted:
            where = ", a route points to it" if manifest.id in used else ""
            yield ErasedNode(
                kind="serving manifest", id=manifest.id, found=0, disposition="kept",
                note=f"digests alone{where}; it is barred with its version",
            )  # fmt: skip


def _judged(runtime: Runtime, suites: set[str]) -> Iterator[ErasedNode]:
    """Runs over suites with cases of theirs, whether or not their answers were found as well."""
    for suite in runtime.store.list(Suite):
        if suite.id not in suites:
            continue
        for run in runtime.store.list(EvaluationRun):
            if run.suite == suite.id:
                yield ErasedNode(
                    kind="evaluation figures", id=run.id, found=0, disposition="kept",
                    note="counts and scores over all cases, as they were judged",
                )  # fmt: skip


BACKUPS, LOG = "backups", "log of the database"
VERSIONS = "versions of objects"
SWEPT = ("file:", "s3:", "s3a:")
"""Places of kept files where nothing is left of deleted ones, or it is found and named."""

_OTHERS = (
    (BACKUPS, "of database, kept files and sources: let them run out, or write them anew"),
    ("logs of others", "proxies, providers, terminals, tracking servers that saw the texts"),
)
_UNREADABLE = {
    BACKUPS: "all that is kept here of them is recorded traffic: unreadable without its keys",
    LOG: "PostgreSQL's own log and its archive: unreadable without the keys",
}


def _platform(runtime: Runtime) -> Iterator[tuple[str, str]]:
    """What a database server or an object store keeps of what was deleted in it."""
    if runtime.project.store.startswith("postgresql"):
        yield (
            LOG,
            "PostgreSQL's own log and its archive: let it go round, or switch and remove it",
        )
    if "://" in runtime.project.blobs and not runtime.project.blobs.startswith(SWEPT):
        yield (
            VERSIONS,
            "a store that keeps versions keeps deleted ones: delete them, or let them expire",
        )


def lingering(runtime: Runtime, deadline: str) -> Iterator[ErasedNode]:
    """Delete the old versions of kept files; a node for each that could not be deleted."""
    for one in runtime.blobs.sweep():
        yield ErasedNode(
            kind=VERSIONS, id=one.place, found=0, disposition="outside",
            note=f"{one.why}: see that it goes when that ends, or let it expire",
            deadline=max(deadline, one.until),
        )  # fmt: skip


def outside(runtime: Runtime, deadline: str, *, sealed: bool = False) -> Iterator[ErasedNode]:
    """What this program cannot reach, said so that somebody does.

    Args:
        runtime: The project.
        deadline: The day by which a person sees to it.
        sealed: All that was found of the people is recorded traffic under keys that are destroyed.
    """
    for one in objects(runtime.store, _EXPORTS):
        yield ErasedNode(
            kind="written file", id=one.id, found=0, disposition="outside", deadline=deadline,
            note=f"written by {one.action}: write it again, or delete it with every copy",
        )  # fmt: skip
    for kind, note in (*_platform(runtime), *_OTHERS):
        if sealed and kind in _UNREADABLE:
            yield ErasedNode(
                kind=kind, id=runtime.project.id, found=0, disposition="key destroyed",
                note=_UNREADABLE[kind],
            )  # fmt: skip
            continue
        yield ErasedNode(
            kind=kind, id=runtime.project.id, found=0, disposition="outside", note=note,
            deadline=deadline,
        )  # fmt: skip
