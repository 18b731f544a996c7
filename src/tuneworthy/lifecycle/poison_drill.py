"""A drill of the poison screens: known poison, planted into copies of the project's own rows."""

from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.poison_drill import PoisonDrill
from tuneworthy.data.checks import Setting
from tuneworthy.data.poison_drill import drill
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.sentences import sentence_vectors
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.lines import load_lines

ABOUT = "data.poison_drill"


def run(runtime: Runtime) -> PoisonDrill:
    """Plant known poison into copies of the current version's rows; record what was blocked.

    The version itself is not changed.

    Raises:
        ConfigProblem: There is no dataset yet.
        BlockedProblem: Planted rows were found in the version, so what is named may be those; or
            nothing could be planted.
    """
    version = datasets.current(runtime)
    if version.planted:
        raise BlockedProblem(
            "drill_needs_clean",
            "The current dataset has findings about planted rows.",
            why="What the screens name in a copy might be those rows, not the planted ones.",
            fix="Mend them first: tuneworthy data check",
        )
    rows = [
        one
        for digest in version.records.values()
        for one in load_lines(Example, runtime.blobs.get(digest))
    ]

    def heard(done: int, total: int, name: str) -> None:
        runtime.progress("drill", done, total, name)

    found = drill(version.id, rows, Setting(embed=sentence_vectors()), heard)
    if found.recall is None:
        raise BlockedProblem(
            "nothing_planted",
            "No known poison could be planted into these rows.",
            why=f"There are {found.rows} rows with a request; most attacks need ten of one target.",
            fix="Add rows to the files under 'sources' in tuneworthy.yaml.",
        )
    runtime.record(runtime.claim(ABOUT, [version.id], found.model_dump(mode="json")))
    return found
