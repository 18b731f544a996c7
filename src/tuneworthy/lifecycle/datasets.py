"""From the project's sources to a dataset version, with evidence."""

from tuneworthy import adapters
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, StoreProblem
from tuneworthy.core.nouns.dataset import POISON, DatasetVersion, Fate, SplitName
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Suite
from tuneworthy.data import build_dataset
from tuneworthy.data.checks import Setting
from tuneworthy.data.checks.whole.poison import MOST
from tuneworthy.data.examine import key_of
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import collected_file
from tuneworthy.lifecycle.canary_key import canary_key
from tuneworthy.lifecycle.kept_splits import kept_splits
from tuneworthy.lifecycle.label_results import claims as label_claims
from tuneworthy.lifecycle.reading import read_sources
from tuneworthy.lifecycle.sentences import sentence_vectors
from tuneworthy.lifecycle.suppression import Says, without_erased
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short
from tuneworthy.methods.lines import load_lines
from tuneworthy.methods.pii.soft import SoftRecogniser


def build(
    runtime: Runtime, canaries: int | None = None, *, leave_out: Says | None = None
) -> DatasetVersion:
    """Read, check, clean and split every source; keep the version and its evidence.

    ``canaries`` are planted this once in place of as many as the project says. Rows of people who
    were erased stay out, and records that ``leave_out`` tells.

    The same files and settings give the same version; nothing is written then.
    Raises DataProblem or ConfigProblem for a file that cannot be used, IntegrityProblem or
    BlockedProblem for collected rows that are not those that people accepted.
    """
    project = runtime.project
    reads = []
    for path, read in read_sources(runtime):
        collected_file.require_written(runtime, path, read)
        reads.append(without_erased(runtime, read, leave_out))
    if canaries is not None:
        project = project.model_copy(update={"canaries": canaries})
    built = build_dataset(
        project,
        reads,
        created_at=runtime.now(),
        put=runtime.blobs.put,
        setting=Setting(
            embed=sentence_vectors(),
            before=_before(runtime),
            caps=project.caps.declared,
            names=_names(project),
            strict_labels=project.strict_labels,
        ),
        progress=runtime.progress,
        canary_key=canary_key(runtime.state) if project.canaries else b"",
        kept=kept_splits(runtime),
    )
    version = _kept(runtime, built.version)
    _move_head(runtime, version)
    runtime.record(*_claims(runtime, version), *label_claims(runtime, version))
    return version


def _before(runtime: Runtime) -> frozenset[bytes] | None:
    """Keys of the rows of the newest version without planted rows; None where none is kept.

    A version that is blocked is none to hold another against, so the same files are judged alike
    however often they are built.
    """
    known = [
        version
        for version in runtime.store.list(DatasetVersion)
        if version.project == runtime.project.id and not version.planted
    ]
    known.sort(key=lambda version: version.created_at)
    if not known or known[-1].rows_out > MOST:
        return None
    try:
        return frozenset(
            key_of(one)
            for digest in known[-1].records.values()
            for one in load_lines(Example, runtime.blobs.get(digest))
        )
    except StoreProblem:
        return None


def _names(project: Project) -> SoftRecogniser | None:
    return adapters.load_names(project.names_model) if project.names_model else None


def use(runtime: Runtime, version: DatasetVersion) -> DatasetVersion:
    """Make a version that was built before the current one again: the undo of a build.

    What was frozen and trained over it is current again too. Raises BlockedProblem when rows of it
    are gone, as those of people who were erased: nothing new is made from what is left.
    """
    if not all(runtime.blobs.has(digest) for digest in version.records.values()):
        raise BlockedProblem(
            "rows_gone",
            f"Rows of dataset {short(version.id)} were erased, or were kept long enough.",
            why="It is no longer what its name says, so nothing is made from it any more.",
            fix="tuneworthy data build",
        )
    _move_head(runtime, version)
    return version


def _move_head(runtime: Runtime, version: DatasetVersion) -> None:
    project, head = runtime.project, runtime.head
    if head.dataset == version.id:
        return
    generation = runtime.store.generation(Head, project.id)
    moved = _made_over(runtime, version).model_copy(update={"route": head.route})
    with runtime.change("project.dataset", ("project", project.id, version.id)) as change:
        change.put(moved, expect=generation)


def _made_over(runtime: Runtime, version: DatasetVersion) -> Head:
    """A head over a version, with the newest suite and model version that were made from it."""
    home = runtime.project.id
    suites = [
        suite
        for suite in runtime.store.list(Suite)
        if (suite.project, suite.dataset, suite.file) == (home, version.id, "")
    ]
    models = [
        model
        for model in runtime.store.list(ModelVersion)
        if (model.project, model.dataset) == (home, version.id)
    ]
    head = Head(id=home, dataset=version.id, suite=suites[-1].id if suites else "")
    if not models:
        return head
    newest = models[-1]
    trained = {"training_run": newest.training_run, "version": newest.id}
    return head.model_copy(update={**trained, "model": version_digest(newest)})


def _kept(runtime: Runtime, version: DatasetVersion) -> DatasetVersion:
    """The version as the ledger has it; it is written when it is new or its account is.

    The id names the kept rows alone: the same rows may come out of a file with other bad rows.
    """
    known = runtime.store.get(DatasetVersion, version.id)
    if known is not None and known.model_copy(update={"created_at": version.created_at}) == version:
        return known
    action = "dataset.create" if known is None else "dataset.read_again"
    with runtime.change(action, ("dataset", version.id, version.id)) as change:
        change.put(version)
    return version


def _claims(runtime: Runtime, version: DatasetVersion) -> list[Evidence]:
    about = [version.id]
    return [
        runtime.claim(
            "data.version",
            about,
            {
                "rows_in": version.rows_in,
                "rows_out": version.rows_out,
                "valid_share": _valid_share(version),
                "licence_coverage": version.licence_coverage,
                "legal_basis_coverage": version.legal_basis_coverage,
            },
        ),
        runtime.claim("data.profile", about, version.profile.model_dump(exclude={"segments"})),
        runtime.claim(
            "data.leakage",
            about,
            {"exact": version.split.leakage_exact, "near": version.split.leakage_near},
        ),
        runtime.claim("data.pii", about, version.pii.model_dump()),
        runtime.claim("data.poison_screen", about, _screened(version)),
    ]


def _screened(version: DatasetVersion) -> dict[str, int]:
    """What the screens for planted behaviour named; a row that two of them name counts twice."""
    named = [found for found in version.findings if found.code in POISON]
    blocking = sum(found.count for found in named if found.severity == "block")
    every = sum(found.count for found in named)
    return {"rows": version.rows_out, "blocking": blocking, "unreviewed": every}


def _valid_share(version: DatasetVersion) -> float:
    """Share of the rows read whose form was right: not dropped by the readers."""
    broken = sum(n for code, n in version.dropped.items() if _is_form(code))
    return (version.rows_in - broken) / version.rows_in if version.rows_in else 0.0


def _is_form(code: str) -> bool:
    """Whether a row was dropped for its form, not for its content."""
    content = ("exact_duplicate", "near_duplicate", "leaks_test", "no_split")
    return code not in content and not code.startswith(("pii_", "secret_"))


def current(runtime: Runtime) -> DatasetVersion:
    """The project's dataset version. Raises ConfigProblem when there is none."""
    version = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if version is None:
        raise ConfigProblem(
            "no_dataset",
            f"Project '{runtime.project.id}' has no dataset version yet.",
            fix="tuneworthy data build",
        )
    return version


def examples(runtime: Runtime, split: SplitName) -> list[Example]:
    """The examples of one split of the current version."""
    return load_lines(Example, runtime.blobs.get(current(runtime).records[split]))


def fates(runtime: Runtime) -> list[Fate]:
    """What became of every row that did not pass unchanged."""
    return load_lines(Fate, runtime.blobs.get(current(runtime).fates))
