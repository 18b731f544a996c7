"""Suites of their own files: frozen before a candidate is judged, changed in the open."""

from pathlib import Path

from tuneworthy.config.suite_file import FOLDER, MAKE, ReadSuite, suite_name, suite_paths
from tuneworthy.core.errors import BlockedProblem, ConfigProblem, UsageProblem
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_file import SuiteFile, SuiteRetired
from tuneworthy.core.nouns.suite_report import SuiteDetail, SuiteDiff, SuiteStanding, SuiteState
from tuneworthy.evaluate import diff_suites, freeze_file, metrics_of
from tuneworthy.lifecycle import suite_cases, suite_ledger
from tuneworthy.lifecycle.suite_cases import Source
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest_bytes, short
from tuneworthy.methods.lines import dump_lines


def states(runtime: Runtime) -> list[SuiteState]:
    """Every suite that counts, in the order of the names; a file with faults is told as one."""
    paths = {path.name.removesuffix(".yaml"): path for path in suite_paths(runtime.folder)}
    known = suite_ledger.look(runtime)
    frozen = known.in_force
    names = sorted(({*paths} - {*known.retired}) | {*frozen})
    return [_state(runtime, name, paths.get(name), frozen.get(name)) for name in names]


def _state(runtime: Runtime, name: str, path: Path | None, frozen: Suite | None) -> SuiteState:
    if path is None:
        if frozen is None:
            raise _unknown(runtime, name)
        return _told(runtime, name, suite_ledger.settings_of(runtime, frozen), frozen, "file gone")
    try:
        suite_name(path)
        found = suite_cases.read(runtime, path)
        source = suite_cases.source(runtime, found, frozen, anew=False)
    except ConfigProblem as fault:
        settings = suite_ledger.settings_of(runtime, frozen) if frozen else SuiteFile()
        return _told(runtime, name, settings, frozen, "unreadable", fault=str(fault))
    if frozen is None:
        return _told(runtime, name, found.file, None, "not frozen", n=len(source.cases))
    same = unchanged(runtime, frozen, found, source)
    return _told(runtime, name, found.file, frozen, "frozen" if same else "changed")


def _told(
    runtime: Runtime,
    name: str,
    file: SuiteFile,
    frozen: Suite | None,
    state: SuiteStanding,
    *,
    n: int = 0,
    fault: str = "",
) -> SuiteState:
    return SuiteState(
        name=name,
        role=file.role,
        about=file.about,
        state=state,
        n=frozen.n if frozen else n,
        metric=metrics_of(file, runtime.project)[0].name,
        margin=file.margin,
        target=file.target,
        version=frozen.id if frozen else "",
        frozen_at=frozen.created_at if frozen else "",
        judged=frozen is not None and suite_ledger.was_judged(runtime, frozen),
        fault=fault,
    )


def detail(runtime: Runtime, name: str) -> SuiteDetail:
    """One suite with its cases; the frozen ones where its file is gone. Raises ConfigProblem."""
    frozen = suite_ledger.look(runtime).in_force.get(name)
    path = _path(runtime, name)
    if path is None:
        state = _state(runtime, name, None, frozen)
        assert frozen is not None  # noqa: S101 - the state would have said so
        settings = suite_ledger.settings_of(runtime, frozen)
        return SuiteDetail(
            state=state, settings=settings, cases=tuple(suite_ledger.cases_of(runtime, frozen))
        )
    found = suite_cases.read(runtime, path)
    source = suite_cases.source(runtime, found, frozen, anew=False)
    state = _state(runtime, name, path, frozen)
    return SuiteDetail(state=state, settings=found.file, cases=tuple(source.cases))


def settle(runtime: Runtime, name: str) -> tuple[Suite, list[Case]]:
    """The version that a run is made on; frozen now if it never was.

    Raises:
        BlockedProblem: The file was changed after a candidate was judged on it.
        ConfigProblem: There is no such suite, or its file has faults.
    """
    frozen = suite_ledger.look(runtime).in_force.get(name)
    path = _path(runtime, name)
    if path is None:
        if frozen is None:
            raise _unknown(runtime, name)
        return frozen, suite_ledger.cases_of(runtime, frozen)
    found = suite_cases.read(runtime, path)
    source = suite_cases.source(runtime, found, frozen, anew=False)
    if frozen is not None and unchanged(runtime, frozen, found, source):
        return frozen, source.cases
    if frozen is not None and not _may_move(runtime, frozen, found, source):
        raise BlockedProblem(
            "suite_changed",
            f"The suite '{name}' was changed after a candidate was judged on it.",
            why="What decides must stand before the results do; a change is made in the open.",
            fix=f"tuneworthy eval suite refresh {name}",
        )
    return freeze(runtime, found, source), source.cases


def _may_move(runtime: Runtime, frozen: Suite, found: ReadSuite, source: Source) -> bool:
    """Without a judged candidate nothing is gained; a split follows its dataset as it must."""
    if not suite_ledger.was_judged(runtime, frozen):
        return True
    return source.dataset != frozen.dataset and frozen.file == digest_bytes(canonical(found.file))


def refresh(runtime: Runtime, name: str) -> SuiteDiff:
    """Freeze a suite as its file stands now; recorded answers are drawn anew.

    Raises:
        ConfigProblem: There is no such suite, its file is gone, or has faults.
    """
    known = suite_ledger.look(runtime)
    before = known.newest.get(name)
    path = _path(runtime, name)
    if path is None:
        if before is None:
            raise _unknown(runtime, name)
        raise ConfigProblem(
            "suite_file_gone",
            f"The file of the suite '{name}' is gone; its frozen version still counts.",
            why="A suite that was frozen counts until somebody says in the open that it does not.",
            fix=f"Put {FOLDER}/{name}.yaml back, or: tuneworthy eval suite retire {name} "
            "--reason '...'",
        )
    found = suite_cases.read(runtime, path)
    source = suite_cases.source(runtime, found, before, anew=True)
    judged = before is not None and suite_ledger.was_judged(runtime, before)
    old = _version(runtime, before) if before else ("", SuiteFile(), [])
    gone = name in known.retired
    stands = before is not None and not gone and unchanged(runtime, before, found, source)
    made = before if before is not None and stands else freeze(runtime, found, source)
    diff = diff_suites(name, old, (made.id, found.file, source.cases), after_candidate=judged)
    if before is not None and not diff.same:
        _record_refresh(runtime, diff)
    return diff


def _record_refresh(runtime: Runtime, diff: SuiteDiff) -> None:
    runtime.record(
        runtime.claim(
            "suite.refresh",
            [runtime.project.id],
            {
                "done": bool(diff.added or diff.removed or diff.changed),
                "name": diff.name,
                "before": diff.before,
                "after": diff.after,
                "added": len(diff.added),
                "removed": len(diff.removed),
                "changed": len(diff.changed),
                "thresholds": list(diff.thresholds),
                "after_candidate": diff.after_candidate,
            },
        )
    )


def retire(runtime: Runtime, name: str, reason: str) -> SuiteRetired:
    """Say that a suite no longer counts, under the actor's name and with a reason.

    Raises:
        ConfigProblem: There is no frozen version of it.
        UsageProblem: No reason is given, or its file still stands there.
    """
    frozen = suite_ledger.look(runtime).in_force.get(name)
    if frozen is None:
        raise _unknown(runtime, name)
    if not reason.strip():
        raise UsageProblem(
            "no_reason",
            f"Why should the suite '{name}' no longer count?",
            fix=f"tuneworthy eval suite retire {name} --reason '...'",
        )
    if (path := _path(runtime, name)) is not None:
        raise UsageProblem(
            "suite_file_there",
            f"The file of the suite '{name}' still stands there.",
            why="A suite whose file stands in the project counts.",
            fix=f"rm '{path}', then the same command",
        )
    word = SuiteRetired(
        id=frozen.id,
        project=runtime.project.id,
        name=name,
        person=runtime.actor,
        reason=reason,
        created_at=runtime.now(),
    )
    what = ("suite", frozen.id, frozen.id)
    with runtime.change("suite.retire", what, reason=reason) as change:
        change.put(word)
    return word


def diff(runtime: Runtime, before: str, after: str) -> SuiteDiff:
    """What differs between two versions.

    Args:
        runtime: The project.
        before: A suite's name (its frozen version), the first digits of a version's digest, or a
            suite's file.
        after: The same.

    Raises:
        ConfigProblem: There is no such version, or the file has faults.
    """
    old, new = (_named(runtime, word) for word in (before, after))
    suite = runtime.store.get(Suite, old[0])
    judged = suite is not None and suite_ledger.was_judged(runtime, suite)
    return diff_suites(after, old, new, after_candidate=judged)


def _named(runtime: Runtime, word: str) -> tuple[str, SuiteFile, list[Case]]:
    if word.endswith(".yaml"):
        found = suite_cases.read(runtime, Path(word))
        frozen = suite_ledger.look(runtime).newest.get(found.name)
        cases = suite_cases.source(runtime, found, frozen, anew=False).cases
        return word, found.file, cases
    suites = [s for s in runtime.store.list(Suite) if s.project == runtime.project.id and s.file]
    by_name = suite_ledger.look(runtime).newest.get(word)
    matching = [by_name] if by_name else [s for s in suites if short(s.id, 64).startswith(word)]
    if len(matching) != 1:
        raise ConfigProblem(
            "no_such_version",
            f"{'No' if not matching else 'More than one'} version of a suite is called '{word}'.",
            why=f"Frozen: {', '.join(f'{s.name} {short(s.id)}' for s in suites) or 'none'}.",
            fix="tuneworthy eval suite list",
        )
    return _version(runtime, matching[0])


def _version(runtime: Runtime, suite: Suite) -> tuple[str, SuiteFile, list[Case]]:
    settings = suite_ledger.settings_of(runtime, suite)
    return suite.id, settings, suite_ledger.cases_of(runtime, suite)


def unchanged(runtime: Runtime, frozen: Suite, found: ReadSuite, source: Source) -> bool:
    """Whether a frozen version is what its file and cases say now."""
    # A file that names no metric follows the project's.
    return (frozen.file, frozen.cases, frozen.dataset, frozen.metrics) == (
        digest_bytes(canonical(found.file)),
        digest_bytes(dump_lines(source.cases)),
        source.dataset,
        metrics_of(found.file, runtime.project),
    )


def freeze(runtime: Runtime, found: ReadSuite, source: Source) -> Suite:
    """A new version, logged with its thresholds before anything is run on it."""
    suite = freeze_file(
        runtime.project,
        found.name,
        found.file,
        source.cases,
        dataset=source.dataset,
        put=runtime.blobs.put,
        created_at=runtime.now(),
    )
    with runtime.change("suite.freeze", ("suite", suite.id, suite.id)) as change:
        change.put(suite)
    runtime.record(
        runtime.claim(
            "suite.frozen",
            # Not about the dataset: gates ask of that for the suite over its test split.
            [suite.id],
            {
                "name": suite.name,
                "role": suite.role,
                "n": suite.n,
                "metric": suite.metric,
                "metrics": [metric.model_dump(mode="json") for metric in suite.metrics],
                "target": suite.target,
                "declared_gain": suite.declared_gain,
                "margin": suite.margin,
            },
        )
    )
    return suite


def _path(runtime: Runtime, name: str) -> Path | None:
    found = [path for path in suite_paths(runtime.folder) if path.name in (f"{name}.yaml", name)]
    if found:
        suite_name(found[0])
    return found[0] if found else None


def _unknown(runtime: Runtime, name: str) -> ConfigProblem:
    names = suite_ledger.declared(runtime, suite_ledger.look(runtime))
    return ConfigProblem(
        "no_such_suite",
        f"There is no suite '{name}'.",
        why=f"There are: {', '.join(names)}." if names else "The project has none.",
        fix="tuneworthy eval suite list" if names else MAKE,
    )
