"""The part of a Workspace that is about data: versions, their differences, rows on their way."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneworthy.core.nouns.canary import CanariesFound
from tuneworthy.core.nouns.collecting import (
    AuditSample,
    Collection,
    Decision,
    Held,
    InteractionFate,
    QuarantineReview,
    Written,
)
from tuneworthy.core.nouns.dataset import DatasetVersion, Fate
from tuneworthy.core.nouns.exported import Export
from tuneworthy.core.nouns.lineage import DatasetDiff, RowLineage
from tuneworthy.core.nouns.poison_drill import PoisonDrill
from tuneworthy.core.nouns.price_tag import PriceTag
from tuneworthy.core.nouns.residual import ResidualReview, ResidualSample
from tuneworthy.data.card import markdown
from tuneworthy.govern import Action
from tuneworthy.lifecycle import canaries as canaries_
from tuneworthy.lifecycle import (
    cards,
    collected_file,
    collecting,
    datasets,
    exporting,
    lineage,
    poison_drill,
    pricing,
    quarantine,
    residual_review,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class DataVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.BUILD_DATA)
    def build_data(self, canaries: int | None = None) -> DatasetVersion:
        """Read, check, clean and split the sources; ``canaries`` stand in for the project's own."""
        return datasets.build(self._runtime, canaries)

    @needs(Action.ASSESS)
    def find_canaries(self, path: Path) -> CanariesFound:
        """The planted answers of any version that stand in a text file. Raises ConfigProblem."""
        return canaries_.find(self._runtime, Path(path))

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

    @needs(Action.USE_DATA)
    def use_data(self, version: str) -> DatasetVersion:
        """Make an earlier dataset version the current one again. Raises ConfigProblem."""
        return datasets.use(self._runtime, lineage.version_named(self._runtime, version))

    def trace_row(self, place: str) -> RowLineage:
        """Everything that a source row reached. Raises ConfigProblem for an unknown row."""
        return lineage.row_lineage(self._runtime, place)

    @needs(Action.DRILL)
    def drill_poison(self) -> PoisonDrill:
        """Plant known poison into copies of the dataset, and record what the checks block."""
        return poison_drill.run(self._runtime)

    @needs(Action.EXPORT_DATA)
    def export_data(self, folder: str | Path, form: str = "", trainer: str = "") -> Export:
        """Write the current version's splits as files, with its card.

        Args:
            folder: Where to.
            form: ``openai_chat``, ``sharegpt``, ``alpaca``, ``preference``, ``kto``, ...
            trainer: ``trl``, ``axolotl``, ``llama_factory``, ``unsloth`` or ``oumi``, to write its
                configuration too.

        Raises:
            UsageProblem: No such format or trainer.
            ConfigProblem: There is no dataset yet, or the folder cannot be written to.
        """
        return exporting.export_data(self._runtime, Path(folder), form, trainer)

    @needs(Action.ASSESS)
    def price_data(
        self, prices: Path | None = None, *, tokenizer: str = "", epochs: float = 0.0
    ) -> PriceTag:
        """Tokens of the training rows, and their price at the providers in a YAML file."""
        return pricing.price_version(self._runtime, prices, tokenizer=tokenizer, epochs=epochs)

    def data_card(self) -> str:
        """The card of the current dataset version, as Markdown."""
        return markdown(self._runtime.project, self.data())

    def data_croissant(self) -> dict[str, Any]:
        """The card of the current dataset version for machines: Croissant with its RAI fields."""
        return cards.for_machines(self._runtime, self.data())

    @needs(Action.ASSESS)
    def draw_residual(
        self,
        out: Path,
        *,
        version: str = "current",
        most: float = 0.01,
        size: int = 0,
        seed: int = 7,
    ) -> ResidualSample:
        """Write sampled rows of a version as a sheet, for a person to look for personal data."""
        return residual_review.draw(
            self._runtime, Path(out), name=version, most=most, size=size, seed=seed
        )

    @needs(Action.REVIEW_ROWS, by="person")
    def record_residual(
        self, sheet: Path, person: str, *, key: Path | None = None
    ) -> ResidualReview:
        """Keep a filled-in sheet as signed evidence, with the bound that follows from it."""
        return residual_review.record(self._runtime, Path(sheet), person, key)

    @needs(Action.COLLECT)
    def collect(
        self, *, since: str = "", min_rating: float | None = None, preview: bool = False
    ) -> tuple[Collection, list[InteractionFate]]:
        """Put production answers that may be learned from into quarantine; every one has a fate."""
        return collecting.collect(
            self._runtime, since=since, min_rating=min_rating, preview=preview
        )

    def collections(self) -> list[Collection]:
        """Every collecting of production answers, oldest first."""
        return collecting.collections(self._runtime)

    def collected(self) -> list[Held]:
        """Every collected row as it stands: waiting, accepted or rejected."""
        return collecting.held(self._runtime)

    def collected_row(self, name: str) -> Held:
        """The collected row with this id or interaction id. Raises ConfigProblem."""
        return quarantine.row_named(self._runtime, name)

    @needs(Action.REVIEW_ROWS, by="person")
    def review_rows(
        self,
        rows: Sequence[str],
        decision: Decision,
        person: str,
        reason: str,
        *,
        key: Path | None = None,
    ) -> list[QuarantineReview]:
        """A person's signed decision over collected rows. Raises BlockedProblem for the author."""
        return quarantine.review_rows(self._runtime, rows, decision, person, reason, key)

    @needs(Action.REVIEW_ROWS, by="person")
    def review_batch(
        self,
        collection: str,
        decision: Decision,
        person: str,
        reason: str,
        *,
        key: Path | None = None,
    ) -> QuarantineReview:
        """The same over a whole collecting; to accept, its sample must be accepted first."""
        return quarantine.review_batch(self._runtime, collection, decision, person, reason, key)

    def audit_sample(self, collection: str, person: str) -> AuditSample:
        """The rows that a person must accept before they may accept the batch."""
        return quarantine.sample(self._runtime, collection, person)

    @needs(Action.COLLECT)
    def write_collected(self, path: Path) -> Written:
        """Write the accepted rows as a source file. Raises NeedsPersonProblem when none is."""
        return collected_file.write(self._runtime, path)
