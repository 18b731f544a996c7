"""Dataset versions beside each other, and a row on its way from a source to live responses."""

from collections.abc import Sequence

import msgspec

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.dataset import DatasetVersion, Fate, SplitName
from tuneworthy.core.nouns.lineage import DatasetDiff, Reached, RowLineage
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import TrainingRun
from tuneworthy.core.nouns.serving import ServingManifest
from tuneworthy.data.compare import Members, compare, unlike
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, short
from tuneworthy.methods.lines import load_lines


class _Where(msgspec.Struct):
    source: str
    row: int


class _Record(msgspec.Struct):
    """Only what lineage needs of a record, so that large versions are read quickly."""

    id: str
    provenance: _Where


_RECORD = msgspec.json.Decoder(_Record)


def versions(runtime: Runtime) -> list[DatasetVersion]:
    """The project's dataset versions, oldest first."""
    return [v for v in runtime.store.list(DatasetVersion) if v.project == runtime.project.id]


def version_named(runtime: Runtime, name: str) -> DatasetVersion:
    """The version whose id starts so; ``current`` and ``previous`` are understood.

    Raises ConfigProblem when none or several are meant.
    """
    known = versions(runtime)
    if name in ("current", "previous"):
        return _beside_current(runtime, known, back=name == "previous")
    found = [v for v in known if short(v.id, 64).startswith(name.removeprefix("sha256:"))]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(short(v.id) for v in known[-5:]) or "none; build one: tuneworthy data build"
    raise ConfigProblem(
        "no_version",
        f"{len(found) or 'No'} dataset version{'s' if len(found) > 1 else ''} named '{name}'.",
        fix=f"Name one by the first digits of its id. The newest: {listed}",
    )


def _beside_current(
    runtime: Runtime, known: Sequence[DatasetVersion], *, back: bool
) -> DatasetVersion:
    """The current version, or the one before it. Raises ConfigProblem."""
    at = next((i for i, v in enumerate(known) if v.id == runtime.head.dataset), None)
    if at is None:
        raise ConfigProblem(
            "no_dataset",
            f"No dataset version of project '{runtime.project.id}' is current.",
            fix="tuneworthy data build",
        )
    if not back:
        return known[at]
    if at == 0:
        newest, only = short(known[-1].id), len(known) == 1
        raise ConfigProblem(
            "no_version",
            f"The current dataset version, {short(known[0].id)}, is the "
            f"{'only one' if only else 'oldest'}: there is none before it.",
            fix="Change the sources or settings, then: tuneworthy data build"
            if only
            else f"The newest: tuneworthy data use {newest}; all: tuneworthy data versions",
        )
    return known[at - 1]


def diff(runtime: Runtime, before: str, after: str) -> DatasetDiff:
    """What became of the rows of one version in another. Raises ConfigProblem."""
    one, two = version_named(runtime, before), version_named(runtime, after)
    fates = load_lines(Fate, runtime.blobs.get(two.fates))
    old, new = members(runtime, one), members(runtime, two)
    contents = _contents(runtime, one, unlike(old, new)), _contents(runtime, two, unlike(new, old))
    return compare(one, two, old, new, fates, contents)


def _contents(runtime: Runtime, version: DatasetVersion, places: set[str]) -> dict[str, str]:
    """For some rows a digest of what they say, whatever line they stand on."""
    found = {}
    for blob in version.records.values() if places else ():
        for line in runtime.blobs.get(blob).splitlines():
            record = msgspec.json.decode(line)
            where = record["provenance"]
            place = f"{where['source']}:{where['row']}"
            if place in places:
                said = {**record, "id": "", "provenance": {**where, "row": 0}}
                found[place] = digest(said)
    return found


def row_lineage(runtime: Runtime, place: str) -> RowLineage:
    """Everything that a source row reached.

    Args:
        runtime: The project.
        place: ``source:line``.

    Raises:
        ConfigProblem: No version has heard of such a row.
    """
    fates, reached = {}, []
    for version in versions(runtime):
        member = members(runtime, version).get(place)
        if member is not None:
            reached.append(_reached(runtime, version, *member))
            continue
        for fate in load_lines(Fate, runtime.blobs.get(version.fates)):
            if f"{fate.source}:{fate.row}" == place:
                fates[version.id] = fate
    if not fates and not reached:
        raise ConfigProblem(
            "no_row",
            f"No dataset version has a row {place}.",
            fix="Name it as source:line, as 'tuneworthy data fates' and 'data diff' do.",
        )
    return RowLineage(place=place, fates=fates, reached=tuple(reached))


def members(runtime: Runtime, version: DatasetVersion) -> Members:
    """The records of a version: the place of each row to its record's id and split."""
    found: dict[str, tuple[str, SplitName]] = {}
    for split, blob in version.records.items():
        for line in runtime.blobs.get(blob).splitlines():
            record = _RECORD.decode(line)
            where = record.provenance
            found[f"{where.source}:{where.row}"] = (record.id, split)  # type: ignore[assignment]
    return found


def _reached(runtime: Runtime, version: DatasetVersion, record: str, split: SplitName) -> Reached:
    runs = [r for r in runtime.store.list(TrainingRun) if r.manifest.dataset == version.id]
    models = [m for m in runtime.store.list(ModelVersion) if m.dataset == version.id]
    names = {model.id for model in models}
    manifests = {m.id for m in runtime.store.list(ServingManifest) if m.version in names}
    # What a test row is judged with never entered the weights: only trained rows are answered from.
    stamps = (
        [stamp.created_at for stamp in runtime.store.stamps(sorted(manifests))]
        if manifests and split == "train"
        else []
    )
    return Reached(
        dataset=version.id,
        split=split,
        record=record,
        runs=tuple(run.id for run in runs),
        versions=tuple(sorted(names)),
        first_response=min(stamps, default=""),
        last_response=max(stamps, default=""),
        responses=len(stamps),
    )
