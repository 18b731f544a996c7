"""The part of a Workspace in which people judge answers blind."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.online import OnlineAgreement, Source
from tuneworthy.core.nouns.review import Handed, Review, ReviewStatus, Task
from tuneworthy.core.nouns.review_result import PairsResult, RatingsResult
from tuneworthy.core.nouns.review_settings import ReviewSettings
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    online,
    review_ledger,
    review_opening,
    review_results,
    review_sheets,
    reviewing,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.review_sheets import Sheet, TakenIn
from tuneworthy.lifecycle.reviewing import Said
from tuneworthy.lifecycle.wiring import Runtime

PLAIN = ReviewSettings()


class ReviewVerbs:
    """One short method a use case; ``task`` is ``pairs`` or ``ratings``."""

    _runtime: Runtime

    @needs(Action.LABEL, by="person")
    def open_pairs(
        self,
        name: str,
        baseline: str,
        candidate: str,
        person: str,
        settings: ReviewSettings = PLAIN,
    ) -> Review:
        """Let people judge two runs' answers beside each other, blind."""
        return review_opening.open_pairs(self._runtime, name, baseline, candidate, settings, person)

    @needs(Action.LABEL, by="person")
    def open_ratings(
        self,
        name: str,
        runs: Sequence[str],
        guide: str,
        person: str,
        settings: ReviewSettings = PLAIN,
    ) -> Review:
        """Let people rate the answers of a run, or of two in one mixed queue, by a guide."""
        return review_opening.open_ratings(self._runtime, name, runs, guide, settings, person)

    def write_rating_guide(self, path: Path) -> Path:
        """Write a guide to begin with: accuracy, completeness, clarity, tone, 1 to 5."""
        return review_opening.write_guide(path)

    def reviews(self, task: Task) -> list[Review]:
        """Every review of this kind, oldest first."""
        return review_ledger.reviews(self._runtime, task)

    @needs(Action.LABEL, by="person")
    def next_to_review(self, name: str, task: Task, person: str) -> Handed | None:
        """The next item for a person; None when nothing is left for them."""
        return reviewing.hand_out(self._runtime, name, task, person)

    @needs(Action.LABEL, by="person")
    def submit_review(
        self, name: str, task: Task, item: str, person: str, said: Said, *, again: bool = False
    ) -> Annotation:
        """Keep what a person said: a word on a pair, or a score for each criterion."""
        return reviewing.submit(self._runtime, name, task, item, person, said, again=again)

    @needs(Action.LABEL, by="person")
    def skip_review(self, name: str, task: Task, item: str, person: str, reason: str) -> Annotation:
        """Pass an item on to others."""
        return reviewing.skip(self._runtime, name, task, item, person, reason)

    @needs(Action.ASSESS)
    def review_status(self, name: str, task: Task) -> ReviewStatus:
        """How far a review is; nothing of who is ahead."""
        return reviewing.status(self._runtime, name, task)

    @needs(Action.LABEL, by="person")
    def review_result(self, name: str, task: Task, person: str) -> PairsResult | RatingsResult:
        """How a review stands; who looks before the end judges no more in it."""
        return review_results.result(self._runtime, name, task, person)

    @needs(Action.LABEL, by="person")
    def close_review(self, name: str, task: Task, person: str) -> PairsResult | RatingsResult:
        """End a review and keep what it says as evidence."""
        return review_results.close(self._runtime, name, task, person)

    @needs(Action.LABEL, by="person")
    def export_review(self, name: str, task: Task, person: str, path: Path) -> Sheet:
        """Write a person's blind sheet, JSON Lines or CSV."""
        return review_sheets.export(self._runtime, name, task, person, path)

    @needs(Action.LABEL, by="person")
    def import_review(self, name: str, task: Task, path: Path, person: str) -> TakenIn:
        """Take in a filled sheet, all of it or nothing."""
        return review_sheets.take_in(self._runtime, name, task, path, person)

    @needs(Action.LABEL, by="person")
    def export_key(self, name: str, task: Task, person: str, path: Path) -> Sheet:
        """Write which answer is whose; who does so judges no more in it."""
        return review_sheets.write_key(self._runtime, name, task, person, path)

    @needs(Action.LABEL, by="person")
    def export_verdicts(self, name: str, person: str, path: Path) -> Sheet:
        """Write the verdicts of a closed review of pairs, as model judges are held against."""
        return review_sheets.write_verdicts(self._runtime, name, person, path)

    @needs(Action.ASSESS)
    def online_agreement(self, source: Source = "check") -> OnlineAgreement:
        """Scores on the suite beside what was said of live answers, kept as evidence."""
        return online.agreement(self._runtime, source)
