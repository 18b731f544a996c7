"""Which suites of their own files a project has declared, by the ledger and the folder together.

What was frozen counts until a person retires it: a file that is taken away takes nothing back.
"""

from typing import NamedTuple

from tuneworthy.config.suite_file import MAIN, suite_name, suite_paths
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_file import SuiteFile, SuiteRetired
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import load_lines

SHIPPED = "shipped/"
"""Begins the name of a suite that came with the house; no file of a project can be named so."""


class Suites(NamedTuple):
    """Newest frozen versions by name, in the order of the names, and who retired which."""

    newest: dict[str, Suite]
    retired: dict[str, SuiteRetired]
    shipped: dict[str, Suite]
    """Those that came with the house, by their plain names; the project has not declared them."""

    @property
    def in_force(self) -> dict[str, Suite]:
        """Those that count."""
        return {name: one for name, one in self.newest.items() if name not in self.retired}


def look(runtime: Runtime) -> Suites:
    """What the ledger says of the project's suites."""
    found: dict[str, Suite] = {}
    for suite in runtime.store.list(Suite):
        if suite.project != runtime.project.id or suite.name == MAIN:
            continue
        # A version that came back has a younger stamp than those after it.
        if suite.name not in found or suite.created_at >= found[suite.name].created_at:
            found[suite.name] = suite
    shipped = {name: found.pop(name) for name in sorted(found) if name.startswith(SHIPPED)}
    words = {one.id: one for one in runtime.store.list(SuiteRetired)} if found else {}
    retired = {
        name: words[suite.id]
        for name, suite in found.items()
        if suite.id in words and words[suite.id].created_at >= suite.created_at
    }
    plain = {name.removeprefix(SHIPPED): suite for name, suite in shipped.items()}
    return Suites(dict(sorted(found.items())), retired, plain)


def declared(runtime: Runtime, known: Suites) -> tuple[str, ...]:
    """The names of all suites that count, also of those that were never frozen."""
    names = set(known.in_force)
    for path in suite_paths(runtime.folder):
        try:
            name = suite_name(path)
        except ConfigProblem:
            # A file under no name for a suite is a fault to be told, and no way around the gate.
            name = path.name
        if name not in known.retired:
            names.add(name)
    return tuple(sorted(names))


def standing(runtime: Runtime) -> str:
    """Digest of the current model together with every declared suite; empty when there is none.

    Evidence about it is about this model on these suites and no others.
    """
    known = look(runtime)
    names = declared(runtime, known)
    if not names:
        return ""
    versions = {name: known.newest[name].id if name in known.newest else "" for name in names}
    return digest({"model": runtime.head.model, "suites": versions})


def settings_of(runtime: Runtime, suite: Suite) -> SuiteFile:
    """What the suite's file said when it was frozen."""
    return SuiteFile.model_validate_json(runtime.blobs.get(suite.file))


def cases_of(runtime: Runtime, suite: Suite) -> list[Case]:
    """The frozen cases."""
    return load_lines(Case, runtime.blobs.get(suite.cases))


def was_judged(runtime: Runtime, suite: Suite) -> bool:
    """Whether a candidate was run on this version; a candidate's run carries a proof of weights."""
    return any(
        run.suite == suite.id and run.proof is not None for run in runtime.store.list(EvaluationRun)
    )
