"""Reads every file of the project's sources; a bad one stops the work or is left out and named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem, DataProblem, Problem
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.project import Source
from tuneworthy.data import ReadResult, read_source
from tuneworthy.data.source_files import files_of
from tuneworthy.lifecycle.label_ledger import folder_path
from tuneworthy.lifecycle.wiring import Runtime

SKIP = "on_bad_file: skip"


def source_files(runtime: Runtime) -> list[Source]:
    """Every file of every source, in the order of the project file, then by name.

    Raises ConfigProblem for a folder or pattern that names none.
    """
    return [one for source in runtime.project.sources for one in files_of(runtime.folder, source)]


def read_sources(runtime: Runtime) -> list[tuple[Path, ReadResult]]:
    """What each file gave. What was left out is told among the findings of the first.

    Raises:
        ConfigProblem, DataProblem: A file that cannot be used, unless its source says to leave such
            files out; or no file that can be used at all.
    """
    engine = adapters.load_engine(runtime.project.engine)
    every = source_files(runtime)
    reads: list[tuple[Path, ReadResult]] = []
    left: list[Finding] = []
    fault: ConfigProblem | DataProblem | None = None
    for number, source in enumerate(every, 1):
        path = _there(runtime, source.path)
        try:
            read = read_source(path, source, engine=engine, progress=runtime.progress)
        except (ConfigProblem, DataProblem) as problem:
            if source.on_bad_file == "stop":
                raise _told(problem, among=len(every)) from problem
            fault = fault or problem
            left.append(_left_out(source, problem))
        else:
            reads.append((path, read))
        runtime.progress("read", number, len(every), source.path)
    if fault is not None and not reads:
        raise fault
    if left:
        path, read = reads[0]
        reads[0] = (path, replace(read, findings=(*left, *read.findings)))
    return reads


def _there(runtime: Runtime, name: str) -> Path:
    path = folder_path(runtime, name)
    if not path.exists():
        raise ConfigProblem(
            "no_source",
            f"The source {path} does not exist.",
            fix=f"Put the file there, or mend 'sources' in {runtime.folder / 'tuneworthy.yaml'}.",
        )
    return path


def _told(problem: ConfigProblem | DataProblem, among: int) -> ConfigProblem | DataProblem:
    """The problem, and where there are other files the setting that goes on without this one."""
    if among < 2:
        return problem
    more = f"To go on without such files: {SKIP}, under this source."
    fix = f"{problem.fix} {more}" if problem.fix else more
    return type(problem)(problem.code, problem.message, why=problem.why, fix=fix)


def _left_out(source: Source, problem: ConfigProblem | DataProblem) -> Finding:
    why = f" {problem.why}" if problem.why else ""
    return Finding(
        code="file_left_out",
        severity="warning",
        message=f"{source.path}: the file was left out. {problem.message}{why}",
        count=1,
        fix=problem.fix,
    )


def tried(runtime: Runtime) -> Iterator[tuple[Source, ReadResult | Exception]]:
    """Every file with what it gave, or why it cannot be read; a folder without files by itself."""
    engine = adapters.load_engine(runtime.project.engine)
    for source, fault in _found(runtime):
        if fault is not None:
            yield source, fault
            continue
        try:
            path = folder_path(runtime, source.path)
            yield source, read_source(path, source, engine=engine, progress=runtime.progress)
        except (Problem, OSError) as problem:
            yield source, problem


def names_read(runtime: Runtime) -> set[str]:
    """The names of all files that the sources name."""
    return {source.path for source, _ in _found(runtime)}


def _found(runtime: Runtime) -> Iterator[tuple[Source, Exception | None]]:
    for source in runtime.project.sources:
        try:
            yield from ((one, None) for one in files_of(runtime.folder, source))
        except (ConfigProblem, OSError) as fault:
            yield source, fault
