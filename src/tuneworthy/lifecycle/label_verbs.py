"""The part of a Workspace in which people label rows."""

from collections.abc import Mapping
from pathlib import Path

from tuneworthy.core.nouns.label_settings import QueueSettings
from tuneworthy.core.nouns.labelling import (
    Adjudication,
    Annotation,
    Gold,
    Handed,
    LabelConflict,
    LabelledFile,
    LabelQueue,
    LabelReport,
    LabelValue,
    WeakReport,
)
from tuneworthy.data.labelling import LabellingFunction
from tuneworthy.govern import Action
from tuneworthy.lifecycle import label_exchange, label_ledger, label_results, labelling
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.label_exchange import Exported, Imported
from tuneworthy.lifecycle.wiring import Runtime


class LabelVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.OPEN_QUEUE, by="person")
    def open_label_queue(self, name: str, settings: QueueSettings, person: str) -> LabelQueue:
        """Open a queue over the rows of a file."""
        return labelling.create(self._runtime, name, settings, person)

    def label_queues(self) -> list[LabelQueue]:
        """Every labelling queue, oldest first."""
        return label_ledger.queues(self._runtime)

    @needs(Action.LABEL, by="person")
    def next_to_label(self, queue: str, person: str) -> Handed | None:
        """The next item for a person; None when nothing is left for them."""
        return labelling.hand_out(self._runtime, queue, person)

    @needs(Action.LABEL, by="person")
    def label(
        self, queue: str, item: str, person: str, value: LabelValue, *, again: bool = False
    ) -> Annotation:
        """Keep a person's label; ``again`` replaces their own."""
        return labelling.submit(self._runtime, queue, item, person, value, again=again)

    @needs(Action.LABEL, by="person")
    def skip_label(self, queue: str, item: str, person: str, reason: str) -> Annotation:
        """Pass an item on to others."""
        return labelling.skip(self._runtime, queue, item, person, reason)

    @needs(Action.SETTLE_LABELS, by="person")
    def add_gold(
        self, queue: str, item: str, value: LabelValue, person: str, reason: str = ""
    ) -> Gold:
        """Say what the right label of an item is, to ask people about it among the others."""
        return labelling.add_gold(self._runtime, queue, item, value, person, reason)

    @needs(Action.ASSESS)
    def label_conflicts(self, queue: str) -> list[LabelConflict]:
        """The items that people judged differently and that nobody has settled."""
        return label_results.conflicts(self._runtime, queue)

    @needs(Action.SETTLE_LABELS, by="person")
    def adjudicate(
        self, queue: str, item: str, value: LabelValue, person: str, reason: str
    ) -> Adjudication:
        """The last word on an item, by a lead who did not judge it."""
        return labelling.adjudicate(self._runtime, queue, item, value, person, reason)

    @needs(Action.SETTLE_LABELS, by="person")
    def guide_still_valid(self, queue: str, person: str, reason: str) -> LabelQueue:
        """A lead's word that labels under earlier guides stand as they are."""
        return labelling.still_valid(self._runtime, queue, person, reason)

    @needs(Action.ASSESS)
    def agreement(self, queue: str) -> LabelReport:
        """How the queue stands and how far people agree, kept as evidence."""
        return label_results.report(self._runtime, queue)

    @needs(Action.ASSESS)
    def guide_signed(self, queue: str) -> bool:
        """Whether somebody has signed the guide under which the queue stands."""
        return label_results.guide_signed(self._runtime, queue)

    @needs(Action.ASSESS)
    def weak_labels(
        self, queue: str, functions: Path | Mapping[str, LabellingFunction]
    ) -> WeakReport:
        """What labelling functions say, each with its coverage, conflicts and accuracy."""
        return label_results.weak(self._runtime, queue, functions)

    @needs(Action.SETTLE_LABELS, by="person")
    def apply_labels(
        self, queue: str, person: str, *, out: str = "", by_majority: bool = False
    ) -> LabelledFile:
        """Write the rows that have one label, with it as their target."""
        return label_results.apply(self._runtime, queue, person, out=out, by_majority=by_majority)

    @needs(Action.EXPORT_DATA)
    def export_labels(self, queue: str, folder: Path) -> Exported:
        """Write the files that Label Studio takes in."""
        return label_exchange.export(self._runtime, queue, folder)

    @needs(Action.SETTLE_LABELS, by="person")
    def import_labels(
        self, queue: str, path: Path, person: str, authors: Mapping[str, str]
    ) -> Imported:
        """Take in what Label Studio exported."""
        return label_exchange.take_in(self._runtime, queue, path, person, authors)
