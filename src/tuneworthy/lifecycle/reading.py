"""Reads every file of the project's sources; a bad one stops the work or is left out and named."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem, Problem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data import ReadResult, read_source
from tuneworthy.data.source_files import files_of
from tuneworthy.lifecycle.bad_files import finding_of, read_each
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
    there = {source.path: _there(runtime, source.path) for source in every}
    numbers = count(1)

    def read_one(source: Source) -> tuple[Path, ReadResult]:
        path, number = there[source.path], next(numbers)
        read = read_source(path, source, engine=engine, progress=runtime.progress)
        runtime.progress("read", number, len(every), source.path)
        return path, read

    reads, left = read_each(every, read_one, f"{SKIP}, under this source.")
    if left:
        path, read = reads[0]
        reads[0] = (path, replace(read, findings=(*map(finding_of, left), *read.findings)))
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
