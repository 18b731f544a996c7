"""From a suite's file to its cases: its own file, a split of the dataset, or recorded answers."""

import random
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from tuneworthy.config.suite_file import MetricCheck, ReadSuite, read_suite
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.core.nouns.suite_file import ProductionSample
from tuneworthy.data.collect import Before
from tuneworthy.data.collect import collect as choose
from tuneworthy.evaluate import SPECS, as_case, lacks, options_of
from tuneworthy.lifecycle import collecting, datasets
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.lines import load_lines


class Source(NamedTuple):
    """The cases as they would be frozen now, and the dataset version they come from, if any."""

    cases: list[Case]
    dataset: str = ""


def read(runtime: Runtime, path: Path) -> ReadSuite:
    """A suite's file with its own cases. Raises ConfigProblem with every fault."""
    return read_suite(path, _check(runtime))


def _check(runtime: Runtime) -> MetricCheck:
    return MetricCheck(options_of, _lacks, runtime.project.scoring)


def _lacks(settings: MetricSettings, case: Case) -> str:
    return lacks(SPECS[settings.name], case)


def source(runtime: Runtime, found: ReadSuite, frozen: Suite | None, *, anew: bool) -> Source:
    """The suite's cases.

    Args:
        runtime: The project.
        found: The suite's file.
        frozen: Its newest frozen version.
        anew: Draw the sample of recorded answers again; else the frozen one stands, since every
            day brings other answers.

    Raises:
        ConfigProblem: There is no case.
    """
    file = found.file
    if file.split:
        return _of_split(runtime, found)
    if file.production is None:
        return Source(list(found.cases))
    if frozen is not None and not anew:
        from_then = runtime.blobs.get(frozen.cases)
        return Source(load_lines(Case, from_then))
    return Source(_of_production(runtime, found.path, file.production))


def _of_split(runtime: Runtime, found: ReadSuite) -> Source:
    version = datasets.current(runtime)
    assert found.file.split  # noqa: S101 - the caller has looked
    cases = [as_case(example) for example in datasets.examples(runtime, found.file.split)]
    wanted = found.file.segment
    chosen = [case for case in cases if not wanted or case.segment == wanted]
    if not chosen:
        segments = sorted({case.segment for case in cases if case.segment})
        raise ConfigProblem(
            "no_cases",
            f"{found.path}: the split '{found.file.split}' has no cases"
            + (f" of segment '{wanted}'." if wanted else "."),
            why=f"Its segments: {', '.join(segments) or 'none'}." if wanted else "",
            fix=f"Mend {found.path}, then: tuneworthy eval suite check",
        )
    return Source(chosen, version.id)


def _of_production(runtime: Runtime, path: Path, sample: ProductionSample) -> list[Case]:
    """A seeded sample of the recorded answers that might be learned from, by the same rules.

    None that asks nearly what a row of the dataset asks; none with personal data or with anything
    that a person would have to look at first.
    """
    since = runtime.clock.now() - timedelta(days=sample.days)
    rows = runtime.store.interactions(sample.route or runtime.project.id, since=since.isoformat())
    before = Before(known=collecting.dataset_requests(runtime))
    found = choose(rows, runtime.store.feedback(), runtime.project.collect, before)
    clean = [one for one in found.candidates if not one.flags]
    if not clean:
        flagged = len(found.candidates)
        dropped = ", ".join(f"{n} {code}" for code, n in found.dropped.items())
        raise ConfigProblem(
            "no_cases",
            f"{path}: none of {len(found.fates)} recorded answers can be a case.",
            why=f"Left out: {dropped or 'none'}; flagged for a person: {flagged}.",
            fix="tuneworthy data collect --preview says why of each; 'collect:' in "
            "tuneworthy.yaml holds the rules.",
        )
    clean.sort(key=lambda one: one.interaction)
    drawn = random.Random(sample.seed).sample(clean, min(sample.n, len(clean)))  # noqa: S311
    return [
        as_case(one.example).model_copy(update={"id": one.interaction, "group": one.origin})
        for one in sorted(drawn, key=lambda one: one.interaction)
    ]
