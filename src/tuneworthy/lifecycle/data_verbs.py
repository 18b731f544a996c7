"""The part of a Workspace that is about data: versions, their differences, rows on their way."""

from tuneworthy.core.nouns.dataset import DatasetVersion, Fate
from tuneworthy.core.nouns.lineage import DatasetDiff, RowLineage
from tuneworthy.data.card import markdown
from tuneworthy.lifecycle import datasets, lineage
from tuneworthy.lifecycle.wiring import Runtime


class DataVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def build_data(self) -> DatasetVersion:
        """Read, check, clean and split the sources."""
        return datasets.build(self._runtime)

    def data(self) -> DatasetVersion:
        """The current dataset version. Raises ConfigProblem when there is none."""
        return datasets.current(self._runtime)

    def fates(self) -> list[Fate]:
        """What became of every row that did not pass unchanged."""
        return datasets.fates(self._runtime)

    def data_versions(self) -> list[DatasetVersion]:
        """Every dataset version of the project, oldest first."""
        return lineage.versions(self._runtime)

    def diff_data(self, before: str, after: str) -> DatasetDiff:
        """What became of the rows of one version in another. Raises ConfigProblem."""
        return lineage.diff(self._runtime, before, after)

    def use_data(self, version: str) -> DatasetVersion:
        """Make an earlier dataset version the current one again. Raises ConfigProblem."""
        return datasets.use(self._runtime, lineage.version_named(self._runtime, version))

    def trace_row(self, place: str) -> RowLineage:
        """Everything that a source row reached. Raises ConfigProblem for an unknown row."""
        return lineage.row_lineage(self._runtime, place)

    def data_card(self) -> str:
        """The card of the current dataset version, as Markdown."""
        return markdown(self._runtime.project, self.data())
