"""The part of a Workspace that watches production: drift, quality, alerts, proposals."""

from datetime import datetime

from tuneworthy.core.nouns.monitoring import (
    Alert,
    DriftResult,
    LiveQuality,
    LiveReview,
    OverrideReview,
    Proposal,
)
from tuneworthy.govern import Action
from tuneworthy.lifecycle import live_quality, live_review, monitoring, override_rate
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.cadence_verbs import CadenceVerbs
from tuneworthy.lifecycle.wiring import Runtime


class WatchVerbs(CadenceVerbs):
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.MONITOR)
    def check_drift(
        self, *, window: int = monitoring.WINDOW, since: str = ""
    ) -> tuple[DriftResult, Alert | None, Proposal | None]:
        """Live requests against the training requests; alert and proposal on drift."""
        return monitoring.check(self._runtime, window=window, since=since)

    @needs(Action.MONITOR)
    def review_live(self) -> LiveReview | None:
        """Live answers against the version's release; alerts and proposal when they are worse."""
        return live_review.review(self._runtime)

    def live_quality(self) -> tuple[LiveQuality, ...]:
        """What the newest review found of accuracy and satisfaction."""
        return live_quality.newest(self._runtime)

    def override_rate(self) -> OverrideReview | None:
        """What the newest review found of answers that people replaced."""
        return override_rate.newest(self._runtime)

    def drift_windows(self) -> int:
        """How many full windows of requests have been recorded."""
        return monitoring.windows(self._runtime)

    def last_watch(self) -> datetime | None:
        """When the monitors ran last."""
        return monitoring.last_watch(self._runtime)

    @needs(Action.MONITOR)
    def sign_of_life(self) -> None:
        """Say that a gateway keeps watch, unless that was said within twelve hours."""
        monitoring.sign_of_life(self._runtime)

    def alerts(self) -> list[Alert]:
        """Every alert, oldest first."""
        return monitoring.alerts(self._runtime)

    def proposals(self) -> list[Proposal]:
        """Every proposal, oldest first."""
        return monitoring.proposals(self._runtime)
